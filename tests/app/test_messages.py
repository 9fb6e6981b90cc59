"""What a user is told of a slip: the exact words, and with which exit code."""

import os
from argparse import Namespace
from pathlib import Path

import pytest

from reactor.app.asking import ask
from reactor.app.beginning import make_folder
from reactor.app.cli import main
from reactor.app.complaint import Complaint
from reactor.app.control import open_control
from reactor.app.invocation import find_endpoint
from reactor.app.refusals import in_words
from reactor.app.telling import ROOM_FOR_RULES, some
from reactor.engine import endpoint
from reactor.http.server_listeners import CannotListen
from reactor.journal.errors import JournalError
from reactor.observe.text import LONGEST

GOOD = "groups:\n  - name: g\n    rules:\n      - name: r\n        when: age > 1h\n"
WARNED = GOOD.replace("age > 1h", "age > 1h\n        keep_for: 5s")


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A rule file that is right, in the present folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    Path("r.yaml").write_text(GOOD)
    return Path("r.yaml")


def _complained(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> str:
    """What is said on stderr; the command ends with this code."""
    assert main(arguments) == code
    return capsys.readouterr().err


def _misused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The last line of what is said of a command line that cannot be understood."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_an_engine_that_cannot_be_reached_is_said_by_the_flag_that_named_it(
    rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _complained(capsys, 2, "check", str(rules), "--against", "foo://x") == (
        "reactor: 'foo://x' (from --against) cannot be reached: only unix:///PATH, tcp://HOST:PORT and "
        "ssh://HOST are spoken here\n"
    )


def test_no_engine_to_check_against_names_what_check_has(
    rules: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(endpoint, "DEFAULT_SOCKET", "/nowhere/docker.sock")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert _complained(capsys, 2, "check", str(rules), "--against", "engine") == (
        "reactor: no engine is named, and there is none at unix:///nowhere/docker.sock\n"
        "Write its address, as in --against unix:///run/docker.sock, or name it with DOCKER_HOST\n"
    )
    with pytest.raises(Complaint, match="Name one with --docker-host or DOCKER_HOST"):
        find_endpoint(Namespace(docker_host=None, context=None, tls_insecure=False), {})


async def test_a_control_socket_that_cannot_be_had_is_no_number(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotListen) as refused:
        async with open_control(str(tmp_path / "file" / "a.sock"), tmp_path / "usual.sock"):
            pass
    assert str(refused.value) == (
        f"the control socket: {tmp_path}/file: something else is there already; choose another with --control"
    )


def test_a_journal_whose_folder_cannot_be_made_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalError) as refused:
        make_folder(tmp_path / "file" / "below" / "j.db")
    assert str(refused.value) == (
        f"the journal's folder cannot be had: {tmp_path}/file/below: a part of this path is no folder; "
        "choose another file with --journal"
    )


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (13, "/r/a: permission is lacking: let this user write there"),
        (20, "/r/a: a part of this path is no folder"),
        (28, "/r/a: the disk is full"),
        (30, "/r/a: this file system can only be read"),
        (11, "/r/a: resource temporarily unavailable"),
    ],
)
def test_what_the_system_refuses_is_a_sentence(number: int, said: str) -> None:
    assert in_words(OSError(number, os.strerror(number), "/r/a")) == said
    assert in_words(OSError(number, os.strerror(number))) == said.removeprefix("/r/a: ")


def test_an_error_with_words_of_its_own_keeps_them() -> None:
    assert in_words(CannotListen("a is taken")) == "a is taken"
    assert in_words(ValueError()) == "ValueError"


def test_a_socket_whose_path_is_too_long_is_not_asked_whether_it_runs(tmp_path: Path) -> None:
    path = tmp_path / ("a" * (120 - len(str(tmp_path)) - 6) + ".sock")
    with pytest.raises(Complaint) as refused:
        ask(Namespace(control=path), "GET", "/v1/status")
    size = len(str(path))
    assert refused.value.lines == (
        f"reactor: the path of a socket has at most 107 bytes, this one has {size}: {path}",
        "Give the monitor a shorter one: reactor run --control PATH",
    )


@pytest.mark.parametrize("command", [["status"], ["explain", "web"], ["run"]])
def test_a_socket_without_a_name(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert _misused(capsys, *command, "--control", "") == (
        f"reactor {command[0]}: error: argument --control: a path is needed; leave it out for the usual one"
    )


@pytest.mark.parametrize("name", ["", " "])
def test_a_container_without_a_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _misused(capsys, "explain", name) == (
        "reactor explain: error: argument CONTAINER: a container's name or id is needed, or the beginning of "
        "an id"
    )


def test_a_strict_check_says_that_it_was_the_warning(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules.write_text(WARNED)
    said = _complained(capsys, 1, "check", str(rules), "--strict")
    assert said.splitlines()[-1].endswith(", 1 warning: with --strict a warning fails the check")
    assert main(["check", str(rules), "--strict", "--json"]) == 1
    assert '"ok": false' in capsys.readouterr().out
    assert main(["check", str(rules), "--json"]) == 0
    assert '"ok": true' in capsys.readouterr().out


def test_mistakes_in_a_test_file_are_shown_with_their_line_and_a_caret(
    rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("r.test.yaml").write_text("tests:\n  - name: it\n    containers: {job: {pid: 3}}\n    expect: []\n")
    assert _complained(capsys, 2, "test", "r.test.yaml") == (
        "r.test.yaml:3:24: unknown key 'pid' in a container: did you mean 'pids'?\n"
        "        containers: {job: {pid: 3}}\n"
        "                           ^\n"
    )


def test_the_help_of_run_says_what_run_ends_with(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    told = capsys.readouterr().out
    assert (
        "exit codes: 0 it was told to stop, and did · 2 it could not begin: a mistake in the command line,\n"
        "the configuration or the rules, a place that is taken or cannot be written to, or no engine that "
        "answers\n"
    ) in told
    assert "the check found" not in told


@pytest.mark.parametrize(
    "text",
    [
        "override: replace\n        for: 5s",
        "override: replace\n        soft: {for: 5s}",
    ],
)
def test_an_overlay_alone_is_told_that_its_base_is_missing(
    text: str, rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing of what it would lack if it were a rule."""
    rules.write_text(f"groups:\n  - name: g\n    rules:\n      - name: r\n        {text}\n")
    assert _complained(capsys, 1, "check", str(rules)) == (
        "r.yaml:5:19: there is no rule 'g/r' in an earlier file: this file is an overlay, and the one that "
        "it changes is missing: name that before this one\n"
        "            override: replace\n"
        "                      ^\n"
        "1 mistake in 1 file\n"
    )


def test_a_long_list_of_rules_has_an_end() -> None:
    assert some(()) == ""
    assert some(["g/a", "g/b"]) == "g/a, g/b"
    assert some([f"g/{n}" for n in range(33)]) == (
        "g/0, g/1, g/2, g/3, g/4, g/5, g/6, g/7, g/8, g/9 and 23 more"
    )
    long = some(["g/" + "a" * 100] * 33)
    assert long.endswith("a and 32 more")
    assert ROOM_FOR_RULES + len(" and 1000 more") < LONGEST
