"""``reactor check``: what is printed where, and with which exit code."""

import json
from pathlib import Path

import pytest

from reactor.app.cli import main

GOOD = "groups:\n  - name: g\n    rules:\n      - name: r\n        when: age > 1h\n"
WARNED = GOOD.replace("age > 1h", "age > 1h\n        keep_for: 5s")
BAD = GOOD.replace("age > 1h", "'\"é日\" == name &&\tag > 1h'\n        limit: 0")
LEVELS = """\
groups:
  - name: g
    rules:
      - name: r
        dry_run: true
        soft: {when: pids > 100, then: [stop]}
        hard: {on: oom, severity: critical}
      - {name: s, when: age > 1h}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("r.yaml")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["check", *arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_all_is_well(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rules on stdout, levels and dry runs named, a summary last, and nothing on stderr."""
    file.write_text(LEVELS)
    code, out, err = run(capsys, "r.yaml")
    *lines, summary = out.splitlines()
    assert (code, err) == (0, "")
    assert lines == [
        "r.yaml:6: g/r (soft): pids > 100 (dry run)",
        "r.yaml:7: g/r (hard): on oom (dry run)",
        "r.yaml:8: g/s: age > 1h",
    ]
    assert summary.startswith("3 rules in 1 file, version ")
    assert summary.endswith(": all is well")


def test_templates(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Templates and sets are named, beside rules or alone, and stand in the JSON."""
    sidecars = "sidecars: [{name: s, asked: true, templates: [db]}]\n"
    file.write_text(f"templates: {{db: {{image: 'db:1'}}}}\n{sidecars}")
    code, out, err = run(capsys, "r.yaml")
    *lines, summary = out.splitlines()
    assert (code, err) == (0, "")
    assert lines == ["r.yaml:1: template db: db:1", "r.yaml:2: sidecars s: db for tasks that ask for them"]
    assert summary.startswith("1 template in 1 file, version ")
    file.write_text(f"{GOOD}{file.read_text()}")
    assert "1 rule, 1 template in 1 file" in run(capsys, "r.yaml")[1]
    found = json.loads(run(capsys, "--json", "r.yaml")[1])
    assert [each["name"] for each in found["templates"] + found["sidecars"]] == ["db", "s"]


def test_mistakes(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each mistake with its line and a caret, on stderr; wide characters do not move the caret."""
    file.write_text(BAD)
    code, out, err = run(capsys, "r.yaml")
    assert (code, out) == (1, "")
    assert err.splitlines() == [
        "r.yaml:5:32: unknown name 'ag': did you mean 'age'?",
        "            when: '\"é日\" == name && ag > 1h'",
        "                                    ^",
        "r.yaml:6:16: 'limit' is a whole number from 1 to 1000000",
        "            limit: 0",
        "                   ^",
        "2 mistakes in 1 file",
    ]


def test_configuration_is_checked_too(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(GOOD)
    Path("c.yaml").write_text("dry_run: maybe\n")
    code, out, err = run(capsys, "r.yaml", "--config", "c.yaml")
    assert (code, out) == (1, "")
    assert err.splitlines() == [
        "c.yaml:1:10: 'dry_run' is true or false",
        "    dry_run: maybe",
        "             ^",
        "1 mistake in 1 file",
    ]


def test_no_such_file(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What concerns a whole file has no line to show."""
    assert run(capsys, "x.yaml") == (
        1,
        "",
        "x.yaml: there is no such file or folder: check the path\n1 mistake in 1 file\n",
    )


def test_warnings(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A warning is said and does not fail, unless that is asked for."""
    file.write_text(WARNED)
    code, out, err = run(capsys, "r.yaml")
    assert code == 0
    assert err.splitlines()[0].startswith("r.yaml:6:9: warning: 'keep_for' changes nothing")
    assert err.splitlines()[1:] == ["            keep_for: 5s", "            ^"]
    assert out.splitlines()[-1].endswith(", 1 warning")
    assert run(capsys, "r.yaml", "--strict")[0] == 1
    file.write_text(GOOD)
    assert run(capsys, "r.yaml", "--strict")[0] == 0


def test_no_path_is_no_way_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 2
    assert "PATH" in capsys.readouterr().err


def test_json_of_rules(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A machine gets the rules if all is well, and nothing but JSON."""
    file.write_text(LEVELS)
    code, out, err = run(capsys, "r.yaml", "--json")
    said = json.loads(out)
    assert (code, err, said["ok"], said["mistakes"], said["warnings"]) == (0, "", True, [], [])
    soft, hard, plain = said["rules"]
    assert len(said["version"]) == 12
    assert len({rule["digest"] for rule in said["rules"]}) == 3
    assert (soft["name"], soft["level"], soft["then"], soft["dry_run"]) == ("g/r", "soft", "stop", True)
    assert (hard["level"], hard["on"], hard["when"], hard["severity"]) == ("hard", "oom", None, "critical")
    assert (plain["place"], plain["when"], plain["for"]) == ("r.yaml:8", "age > 1h", 0.0)


def test_json_of_mistakes(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the mistakes if not, and then no rules: they are not in force."""
    file.write_text(GOOD + "        limit: 0\n        for: 5\n")
    code, out, err = run(capsys, "r.yaml", "--json")
    said = json.loads(out)
    assert (code, err, said["ok"], said["version"], said["rules"]) == (1, "", False, None, [])
    assert said["mistakes"] == [
        {
            "file": "r.yaml",
            "line": 6,
            "column": 16,
            "message": "'limit' is a whole number from 1 to 1000000",
        },
        {
            "file": "r.yaml",
            "line": 7,
            "column": 14,
            "message": "a duration has a unit: write 5s, 5m or 5h",
        },
    ]
    file.write_text(WARNED)
    (warning,) = json.loads(run(capsys, "r.yaml", "--json")[1])["warnings"]
    assert (warning["line"], warning["column"]) == (6, 9)
