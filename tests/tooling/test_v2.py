"""What `make test-v2` makes of its list, of apt's words and of what a machine says; none is started."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tools import vm_machine
from tools.v2 import LIST, listed, passes
from tools.vm_guest import FILES, SILENCED, ended_with, script
from tools.vm_machine import VmFailedError
from tools.vm_pace import factor
from tools.vm_packages import RELEASES, mirror_in, requirements
from tools.vm_results import Heard, Row, table

ROOT = Path(__file__).parents[2]
TEXT = "# a comment\nsystemd  tests/a\n\nboth  tests/b.py::test_c\ncgroupfs tests/d\n"


def test_each_driver_has_its_tests() -> None:
    assert listed(TEXT, "systemd") == ["tests/a", "tests/b.py::test_c"]
    assert listed(TEXT, "cgroupfs") == ["tests/b.py::test_c", "tests/d"]


def test_everything_that_is_listed_exists() -> None:
    lines = [line.split() for line in LIST.read_text().splitlines() if line and not line.startswith("#")]
    assert {which for which, _what in lines} <= {"systemd", "cgroupfs", "both"}
    assert [what for _which, what in lines if not (ROOT / what.partition("::")[0]).exists()] == []


def test_what_an_engine_owes_us_is_tried_before_what_is_true_on_every_host() -> None:
    """A machine may take only so long, and podman is not in it."""
    (_driver, given), _ = passes(["systemd", "cgroupfs"], [], LIST.read_text())
    tests = [each for each in given if each.startswith("tests/")]
    contract = [place for place, each in enumerate(tests) if "/contract/" in each]
    whole_folders = [place for place, each in enumerate(tests) if not each.endswith(".py")]
    assert len(contract) == 4
    assert max(contract) < min(whole_folders)
    assert given[given.index("-m") + 1] == "not podman"


def test_tests_that_are_named_stand_in_place_of_the_list() -> None:
    ((driver, given),) = passes(["systemd"], ["-k", "x"], TEXT)
    assert (driver, given[-4:]) == ("systemd", ["-k", "x", "tests/a", "tests/b.py::test_c"])
    ((_driver, given),) = passes(["systemd"], ["tests/e"], TEXT)
    assert [each for each in given if "tests/" in each] == ["tests/e"]


def test_the_worst_code_is_that_of_the_machine() -> None:
    text = script([("systemd", ["-k", "a b"]), ("cgroupfs", ["-x"])], 4)
    assert "=systemd REACTOR_TEST_DOCKER_HOST=unix:///run/docker.sock python3 -m pytest -k 'a b'" in text
    assert "env REACTOR_TEST_CGROUP_DRIVER=cgroupfs python3 -m pytest -x" in text
    assert "REACTOR_TEST_PATIENCE=4\n" in text
    assert text.endswith("exit $worst\n")
    assert "REACTOR_TEST_PATIENCE=$(python3 -m tools.vm_pace)" in script([], None)


def test_who_computes_or_starts_programs_slowly_is_waited_for_longer() -> None:
    assert factor(0.01, 0.01) == 3
    assert factor(0.09, 0.01) == 5
    assert factor(0.01, 0.27) == 9
    assert factor(60, 0.01) == 12


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("reactor-v2: ended with 0", 0),
        ("reactor-v2: ended with 32", 32),
        ("reactor-v2: ended with ", None),
        ("he said reactor-v2: ended with 0", None),
        ("0", None),
    ],
)
def test_only_its_own_line_ends_a_machine(line: str, code: int | None) -> None:
    assert ended_with(line) == code


def test_what_counts_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    heard = Heard("20.10", lambda: 0.0)
    for line in (
        "reactor-v2: driver systemd",
        "tests/a.py::test_b PASSED",
        "FAILED tests/a.py::test_c - assert",
        "== 1 failed, 3 passed, 7 deselected, 2 errors in 65.10s (0:01:05) ==",
        "reactor-v2: driver cgroupfs",
        "===== 4 passed in 5.00s =====",
        "reactor-v2: driver another",
        "tests/a.py::test_b PASSED   [  5%]",
        "tests/a.py::test_b[a b] FAILED [ 6%]",
        "PASSED      [100%]",
        "tests/a.py::test_c he said PASSED",
    ):
        heard(line)
    assert heard.trouble == ["FAILED tests/a.py::test_c - assert"]
    assert heard.rows == [
        Row("20.10", "systemd", 3, 3, 65.1, ended=True),
        Row("20.10", "cgroupfs", 4, 0, 5.0, ended=True),
        Row("20.10", "another", 2, 1),
    ]
    assert capsys.readouterr().out.count("20.10     0s  ") == 11


def test_the_table_has_a_line_for_each_and_no_seconds_of_what_did_not_end() -> None:
    assert table([Row("26.1", "systemd", 30, 2, 65.1, ended=True), Row("26.1", "cgroupfs", 1)]) == (
        "engine  driver    passed  failed  seconds\n"
        "26.1    systemd   30      2       65\n"
        "26.1    cgroupfs  1       0       not ended"
    )


def test_the_mirror_is_that_of_debian_itself() -> None:
    lines = ("a: Other stable main", "b: Debian bookworm-updates main", "c: Debian bookworm contrib")
    assert mirror_in("\n".join((*lines, "d: Debian bookworm main"))) == "d:"
    assert mirror_in("\n".join((*lines, ""))) is None


def test_what_only_a_developer_needs_is_left_out() -> None:
    names = {line.partition("==")[0] for line in requirements((ROOT / "constraints.txt").read_text())}
    assert {"trio", "docker", "pytest", "pydantic_core"} <= names
    assert not {"ruff", "mypy", "hatchling"} & names


def test_nothing_that_is_silenced_is_needed() -> None:
    assert not {Path(name).name for name in FILES} & set(SILENCED)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, float], tuple[int, list[str]]]:
    """Runs a script in place of an emulator, and gives the exit code and what was heard."""

    def played(text: str, within: float) -> tuple[int, list[str]]:
        program, heard = tmp_path / "emulator", list[str]()
        program.write_text(
            f"#!/bin/sh\necho $$ > {tmp_path}/pid\necho so it ends > {tmp_path}/console\n{text}\n"
        )
        program.chmod(0o755)
        monkeypatch.setattr(vm_machine, "emulator", lambda: ((str(program),), {}))
        code = vm_machine.run(RELEASES[0], tmp_path / "disk", tmp_path / "console", within, heard.append)
        return code, heard

    return played


def test_a_machine_is_heard_until_it_says_its_code(
    machine: Callable[[str, float], tuple[int, list[str]]], tmp_path: Path
) -> None:
    said = "printf 'one\\r\\ntw'; echo o; echo 'reactor-v2: ended with 7'; exec sleep 1000"
    assert machine(said, 30) == (7, ["one", "two"])
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()


@pytest.mark.parametrize(
    ("text", "within", "why"),
    [("echo one", 30, "ended before its tests did"), ("exec sleep 1000", 0.3, "took too long")],
)
def test_a_machine_that_does_not_come_to_its_end_is_told_with_its_console(
    machine: Callable[[str, float], tuple[int, list[str]]], tmp_path: Path, text: str, within: float, why: str
) -> None:
    with pytest.raises(VmFailedError, match=rf"{why}; the end of its console:\nso it ends"):
        machine(text, within)
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()
