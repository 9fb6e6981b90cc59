"""The shipped rules pass their tests, and a rule that says something else does not."""

import json
import shutil
from pathlib import Path

import pytest

from reactor.app.cli import main

ROOT = Path(__file__).parents[2]
RULES = ROOT / "rules"
GOLDEN = Path(__file__).parent / "golden"


def test_shipped_rules_pass_and_each_has_a_test(capsys: pytest.CaptureFixture[str]) -> None:
    """``reactor test rules/`` is green, and no rule is left without a test."""
    assert main(["test", "--require-tests", str(RULES)]) == 0
    said = capsys.readouterr().out
    number = said.split(" ", maxsplit=1)[0]
    assert int(number) >= 20
    assert said == f"{number} of {number} tests passed\n"


def safety_in(folder: Path) -> Path:
    """A copy of the safety rules and their tests; returns the former."""
    (folder / "rules").mkdir()
    for name in ("safety.yaml", "safety.test.yaml"):
        shutil.copy(RULES / name, folder / "rules")
    return folder / "rules" / "safety.yaml"


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("pids-at-least", "pids > 200", "pids >= 200"),
        ("pids-held", "when: pids > 200", "when: pids > 200\n        for: 3s"),
        ("age-a-second-too-long", "age > 12h", "age > 12h1s"),
        ("memory-at-least", "memory > 80%", "memory >= 80%"),
        ("oom-only-said", "on: oom", "on: oom\n        dry_run: true"),
        ("renamed", "- name: lifetime", "- name: life-time"),
    ],
)
def test_a_broken_rule_fails_with_a_readable_difference(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    right: str,
    wrong: str,
) -> None:
    """Each of these is a slip of one sign or word; the text that follows is kept beside this file."""
    file = safety_in(tmp_path)
    assert file.read_text().count(right) == 1
    file.write_text(file.read_text().replace(right, wrong))
    monkeypatch.chdir(tmp_path)
    code = main(["test", "rules"])
    written = capsys.readouterr()
    assert code == (2 if name == "renamed" else 1)
    assert written.out + written.err == (GOLDEN / f"{name}.txt").read_text()


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same as JSON, with both sides of what differs."""
    file = safety_in(tmp_path)
    file.write_text(file.read_text().replace("pids > 200", "pids > 201"))
    assert main(["test", "--json", "--run", "201 is one too many", str(tmp_path)]) == 1
    written = capsys.readouterr()
    report = json.loads(written.out)
    assert written.err == ""
    assert (report["passed"], report["failed"], report["errors"]) == (0, 1, [])
    (test,) = report["tests"]
    assert test["name"].startswith("pids: 201 is one too many")
    assert [decision["got"] for decision in test["decisions"]] == [None, None]
    first = test["decisions"][0]["expected"]
    assert (first["at"], first["action"], first["container"]) == ("5s", "kill", "bomb")
    assert test["decisions"][0]["why"] == "does not hold: pids 201 > 201"
