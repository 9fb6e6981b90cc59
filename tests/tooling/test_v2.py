"""What `make test-v2` makes of its list, of apt's words and of what a machine says; none is started."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.real.waiting import until
from tools import vm_machine
from tools.v2 import LIST, listed, passes
from tools.vm_commands import KINDS, Command, command
from tools.vm_guest import DONE, FILES, PART, SILENCED, ended_with, script
from tools.vm_machine import VmFailedError
from tools.vm_pace import factor
from tools.vm_packages import RELEASES, mirror_in, requirements
from tools.vm_results import Heard, Records, Row, table

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
    assert len(contract) == 6
    assert max(contract) < min(whole_folders)
    assert given[given.index("-m") + 1] == "not podman"


def test_tests_that_are_named_stand_in_place_of_the_list() -> None:
    ((driver, given),) = passes(["systemd"], ["-k", "x"], TEXT)
    assert (driver, given[-4:]) == ("systemd", ["-k", "x", "tests/a", "tests/b.py::test_c"])
    ((_driver, given),) = passes(["systemd"], ["tests/e"], TEXT)
    assert [each for each in given if "tests/" in each] == ["tests/e"]


def test_the_worst_code_is_that_of_the_machine() -> None:
    text = script([("systemd", ["-k", "a b"]), ("cgroupfs", ["-x"])], 4, "2/3")
    assert "=systemd REACTOR_TEST_DOCKER_HOST=unix:///run/docker.sock python3 -m pytest -k 'a b'" in text
    assert f"env {DONE}=/srv/done-cgroupfs REACTOR_TEST_CGROUP_DRIVER=cgroupfs python3 -m pytest -x" in text
    assert f"{PART}=2/3\n" in text
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


def told(*words: str) -> str:
    return f"reactor-v2: {chr(9).join(words)}"


def test_what_counts_is_kept(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    records = Records(tmp_path / "results", "abc1234+")
    heard = Heard("20.10", records, lambda: 0.0)
    lines = (
        "reactor-v2: driver systemd", told("chosen", "4"),
        told("begun", "a.py::b[c d]"), told("passed", "3.2", "a.py::b[c d]", ""),
        told("begun", "a.py::e"), "a.py::e, call:", told("failed", "4.0", "a.py::e", ""),
        told("begun", "a.py::f"), told("skipped", "0.1", "a.py::f", "no zsh"),
        "reactor-v2: driver cgroupfs", told("chosen", "2"), told("begun", "a.py::g"),
        # A second pytest goes on behind the one that hung.
        told("chosen", "1"), told("begun", "a.py::h"),
    )  # fmt: skip
    for line in lines:
        heard(line)
    heard.over()
    assert heard.trouble == [
        "systemd: failed a.py::e",
        "systemd: skipped a.py::f no zsh",
        "cgroupfs: failed a.py::g hung",
        "in the middle of a.py::h",
    ]
    assert table(heard.rows).splitlines()[1:] == [
        "20.10   systemd   1       1       1        1        7        0",
        "20.10   cgroupfs  0       1       0        1        0        0",
    ]
    assert records.passed("20.10", "systemd") == ["a.py::b[c d]"]
    assert "passed [1/4]   3.2 s  a.py::b[c d]\n" in capsys.readouterr().out


def test_what_passed_is_known_to_the_next_run_by_the_last_word_about_it(tmp_path: Path) -> None:
    records = Records(tmp_path, "abc1234")
    row = Row("26.1", "systemd")
    assert records.passed("26.1", "systemd") == []
    for each in ("failed a", "passed b", "passed a", "passed c", "failed c"):
        outcome, test = each.split()
        records.add(row, outcome, "1.0", test, "")
    assert records.passed("26.1", "systemd") == ["a", "b"]
    records.forget("26.1", "systemd")
    assert records.passed("26.1", "systemd") == []


TESTS = """
import pytest

@pytest.mark.parametrize("kind", ["docker", "embedded"])
def test_a(kind): pass

def test_b(): assert "b" == "wrong"

def test_c(): pytest.skip("not   here")

@pytest.fixture
def broken():
    yield
    raise ValueError

def test_d(broken): pass

def test_e(): pass
"""


def machine_lines(folder: Path, **environment: str) -> list[list[str]]:
    """What a pytest with the plugin tells of these tests."""
    (folder / "test_x.py").write_text(TESTS)
    command = (sys.executable, "-m", "pytest", "-q", "-p", "tools.vm_telling", f"--rootdir={folder}", folder)
    ended = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode in {0, 1}, ended
    lines = [line for line in ended.stdout.splitlines() if line.startswith("reactor-v2: ")]
    return [line.removeprefix("reactor-v2: ").split("\t") for line in lines]


def test_a_machine_tells_of_each_test_and_leaves_out_what_is_done(tmp_path: Path) -> None:
    done = tmp_path / "done"
    done.write_text("test_x.py::test_e\n")
    lines = machine_lines(tmp_path, **{DONE: str(done)})
    assert lines[0] == ["chosen", "4"]
    assert [words[1] for words in lines if words[0] == "begun"] == done.read_text().splitlines()[1:]
    ends = {words[2].partition("::")[2]: (words[0], words[3]) for words in lines if len(words) == 4}
    assert Counter(outcome for outcome, _why in ends.values()) == {"passed": 1, "failed": 2, "skipped": 1}
    assert ends["test_a[docker]"] == ("passed", "")
    assert "not here" in ends["test_c"][1]
    assert (tmp_path / "done.ended").exists()


def test_the_parts_together_are_the_whole(tmp_path: Path) -> None:
    begun = [
        words[1]
        for part in ("1/3", "2/3", "3/3")
        for words in machine_lines(tmp_path, **{DONE: str(tmp_path / part[0]), PART: part})
        if words[0] == "begun"
    ]
    names = [each.partition("::")[2] for each in begun]
    assert names == ["test_a[docker]", "test_b", "test_c", "test_d", "test_e"]


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
def machine(tmp_path: Path) -> Iterator[Callable[[str, float], tuple[int, list[str]]]]:
    """Runs a script in place of an emulator, and gives the exit code and what was heard."""

    def played(text: str, within: float) -> tuple[int, list[str]]:
        heard = list[str]()
        # What it starts is to end with it: its name tells it from all others.
        child = f"python3 -c 'import time; time.sleep(1000)' {tmp_path} &"
        line = ("sh", "-c", f"{child} echo so it ends >&2; {text}")
        code = vm_machine.run(Command(line), tmp_path / "console", within, heard.append)
        return code, heard

    yield played
    until(lambda: not named(tmp_path), 10, "nothing of it runs any more")


def named(folder: Path) -> list[str]:
    """The processes that have this folder in their command line."""
    lines = Path("/proc").glob("[0-9]*/cmdline")
    found = []
    for line in lines:
        with suppress(OSError):
            if str(folder).encode() in line.read_bytes():
                found.append(line.parent.name)
    return found


def test_a_machine_is_heard_until_it_says_its_code(
    machine: Callable[[str, float], tuple[int, list[str]]],
) -> None:
    said = "printf 'one\\r\\ntw'; echo o; echo 'reactor-v2: ended with 7'; exec sleep 1000"
    assert machine(said, 30) == (7, ["one", "two"])


@pytest.mark.parametrize(
    ("text", "within", "why"),
    [("echo one", 30, "ended before its tests did"), ("exec sleep 1000", 4, "took too long")],
)
def test_a_machine_that_does_not_come_to_its_end_is_told_with_its_console(
    machine: Callable[[str, float], tuple[int, list[str]]], text: str, within: float, why: str
) -> None:
    with pytest.raises(VmFailedError, match=rf"{why}; the end of its console:\nso it ends"):
        machine(text, within)


@pytest.mark.parametrize("kind", KINDS)
def test_either_kind_has_both_disks_and_says_the_rest_where_it_is_looked_for(
    kind: str, tmp_path: Path
) -> None:
    line = " ".join(command(kind, RELEASES[0], tmp_path / "tests.img", tmp_path / "console").line)
    for part in ("bookworm.img", f"{tmp_path}/tests.img", "root=/dev/", "console=ttyS0", "2048"):
        assert part in line
