"""Mistakes in test files: each with its place and a remedy, all of them at once."""

import re
from pathlib import Path

import pytest

from reactor.app.cli import main
from tests.ruletest.build import case, run, said, write

PARTS = {"containers": "{job: {}}", "expect": "[]"}


def read_mistakes() -> dict[str, list[str]]:
    """From ``mistakes.txt``: what is written in a test, and below it what is said of that."""
    found: dict[str, list[str]] = {}
    for line in (Path(__file__).parent / "mistakes.txt").read_text().splitlines():
        if line.startswith("  "):
            found[next(reversed(found))].append(line.strip())
        else:
            found[line] = []
    return found


MISTAKES = read_mistakes()


@pytest.mark.parametrize("written", MISTAKES)
def test_one_mistake(tmp_path: Path, written: str) -> None:
    """Exactly this is told, in exactly this place."""
    key, _, value = written.partition(": ")
    body = "".join(f"{name}: {part}\n" for name, part in {**PARTS, key: value}.items())
    assert said(case(tmp_path, body), tmp_path) == [f"limits.test.yaml:{line}" for line in MISTAKES[written]]


def test_all_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Mistakes do not hide each other, and those of the rules are told, too."""
    tests = """\
        tests:
          - name: one
            containers: {job: {pids: x}}
            expect: [{at: 1s, kill: jab, rule: limits/pids}]
          - name: one
            containers: {job: {}}
        more: 1
        """
    rules = "groups:\n  - name: limits\n    rules:\n      - {name: pids, when: pid > 3}\n"
    assert said(run(tmp_path, tests, rules), tmp_path) == [
        "limits.test.yaml:3:30: 'pids' is a count such as 200, or unknown, or from 10 to 300 in 60s",
        "limits.test.yaml:4:29: there is no container 'jab' in this test: did you mean 'job'?",
        "limits.test.yaml:5:5: a test needs the key 'expect'",
        "limits.test.yaml:5:11: there is a test of this name already, in line 2",
        "limits.test.yaml:7:1: unknown key 'more' in a test file: known are config, rules, tests",
        "limits.yaml:4:28: unknown name 'pid': did you mean 'pids'?",
    ]


@pytest.mark.parametrize(
    ("text", "said_of_it"),
    [
        ("", "x.test.yaml: this file is empty: write 'tests:' with tests below it, or remove the file"),
        ("tests: []", "x.test.yaml:1:8: 'tests' is empty: write a test"),
        ("a: [", "x.test.yaml:1:5: the file ends before a bracket is closed"),
        ("- a", "x.test.yaml:1:1: a test file is a map with the keys rules, config, tests"),
        ("tests: 3", "x.test.yaml:1:8: 'tests' is a list: each entry begins with '- ' on a line of its own"),
    ],
)
def test_files_that_are_no_test_files(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    said_of_it: str,
) -> None:
    """A file can be wrong as a whole."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, text, name="x")
    assert main(["test", "x.test.yaml"]) == 2
    told, *shown = capsys.readouterr().err.splitlines()
    assert told == said_of_it
    # Where there is a line to show, it is shown.
    assert [line.strip() for line in shown[1:]] == (["^"] if re.search(r":\d+:\d+: ", told) else [])


@pytest.mark.parametrize(
    ("arguments", "said_of_it"),
    [
        (["nowhere"], "nowhere: there is no such file or folder: check the path"),
        (["."], ".: there is no test file in this folder: test files end in .test.yaml"),
        (["alone.yaml"], "alone.yaml: there is no test file beside this: write alone.test.yaml"),
        (
            ["lost.d/lost.test.yaml"],
            "lost.d/lost.test.yaml:1:1: there is no rule file lost.yaml: name others with 'rules: [...]'",
        ),
    ],
)
def test_paths_that_name_no_tests(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said_of_it: str,
) -> None:
    """Nothing to test is a mistake, and never a success."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lost.d").mkdir()
    if "lost" in arguments[0]:
        (tmp_path / "lost.d" / "lost.test.yaml").write_text(
            "tests: [{name: it, containers: {job: {}}, expect: []}]\n"
        )
    (tmp_path / "alone.yaml").write_text("groups: [{name: a, rules: [{name: b, when: pids > 3}]}]\n")
    assert main(["test", *arguments]) == 2
    told, *shown = capsys.readouterr().err.splitlines()
    assert told == said_of_it
    # Where there is a line to show, it is shown.
    assert [line.strip() for line in shown[1:]] == (["^"] if re.search(r":\d+:\d+: ", told) else [])
