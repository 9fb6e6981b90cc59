"""What the doctor says of a monitor's surroundings, beside one that runs and where there is none."""

import fcntl
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from reactor.app.hostcheckups import limits, monitors, oom_score, port, running_monitor, surroundings
from reactor.app.options import parser
from reactor.app.others import holder_of, listener_of, unit_of
from reactor.app.patient import Finding, Patient, Verdict
from reactor.app.settings import Settings
from reactor.app.survival import SCORE, outlive_others, score_of
from reactor.app.territory import territory
from reactor.cgroups.mounts import Trees
from reactor.core.ports import EngineInfo
from reactor.journal.lock import Lock

ENGINE = EngineInfo("engine-id", "vm", "20.10", "1.41", 0.0, 1, local=True)


def patient(folder: Path, listen: str = "off", **engine: object) -> Patient:
    made = Patient(parser().parse_args(["doctor"]), Trees())
    settings = replace(
        Settings(), journal=folder / "journal.db", control=str(folder / "control.sock"), listen=listen
    )
    made.__dict__.update(settings=settings, engine=replace(ENGINE, **engine))  # type: ignore[arg-type]
    return made


def only(check: Callable[[Patient], Iterator[Finding]], of: Patient) -> Finding:
    (found,) = check(of)
    return found


@contextmanager
def journal_held(folder: Path) -> Iterator[None]:
    """A monitor that has this journal: ourselves."""
    lock = Lock(folder / "journal.db")
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        made.bind(str(path))
        made.listen()
        yield made


def test_a_limit_that_cannot_be_set_is_named_with_its_remedy(tmp_path: Path) -> None:
    assert only(limits, patient(tmp_path)).verdict is Verdict.OK
    swap, pids = limits(patient(tmp_path, cannot_limit=("swap", "pids")))
    assert {swap.verdict, pids.verdict} == {Verdict.DEGRADED}
    assert "swapaccount=1" in swap.remedy
    assert "cannot limit pids" in pids.said


def test_a_port_is_free_taken_or_the_monitors_own(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        text = "{}:{}".format(*taken.getsockname())
        found = only(port, patient(tmp_path, text))
        assert (found.verdict, "--listen" in found.remedy) == (Verdict.FAILED, True)
        with journal_held(tmp_path):
            found = only(port, patient(tmp_path, text))
            assert (found.verdict, f"process {os.getpid()}" in found.said) == (Verdict.OK, True)
    free = only(port, patient(tmp_path, text))
    assert (free.verdict, free.said) == (Verdict.OK, f"{text} is free")
    assert only(port, patient(tmp_path, "nonsense")).verdict is Verdict.FAILED
    assert only(port, patient(tmp_path, "off")).verdict is Verdict.OK


def test_a_lock_is_known_by_its_holder_and_none_is_taken(tmp_path: Path) -> None:
    """A note in the file of a monitor that is dead means nothing."""
    lock = tmp_path / "journal.db.lock"
    with journal_held(tmp_path):
        assert holder_of(lock) == os.getpid()
    assert "pid" in lock.read_text()
    assert holder_of(lock) is None
    assert holder_of(tmp_path / "none") is None
    with lock.open() as other:
        holder_of(lock)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_one_that_waits_for_a_lock_is_not_its_holder(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.touch()
    about = lock.stat()
    where = f"{os.major(about.st_dev):02x}:{os.minor(about.st_dev):02x}:{about.st_ino}"
    (tmp_path / "locks").write_text(
        f"1: -> FLOCK  ADVISORY  WRITE 7 {where} 0 EOF\n2: POSIX  ADVISORY  WRITE 8 {where} 0 EOF\n"
    )
    assert holder_of(lock, tmp_path) is None


def test_other_monitors_are_told_apart_from_the_one_that_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reactor.app.hostcheckups.control_folder", lambda: tmp_path)
    here = patient(tmp_path)
    assert "none runs" in only(monitors, here).said
    with listening(tmp_path / "control.sock"):
        assert listener_of(tmp_path / "control.sock") == os.getpid()
        stranger = only(monitors, here)
        assert (stranger.verdict, "--control" in stranger.remedy) == (Verdict.DEGRADED, True)
        with journal_held(tmp_path):
            assert only(monitors, here).verdict is Verdict.OK
    with territory(tmp_path, ENGINE.id, here.settings.policy, tmp_path / "other.db"):
        rival = only(monitors, here)
        assert (rival.verdict, "another scope" in rival.remedy) == (Verdict.FAILED, True)
        with journal_held(tmp_path):
            assert only(monitors, here).verdict is Verdict.OK


def test_a_score_that_keeps_the_monitor_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one that runs, its own counts; of none, what one from here could have."""
    here, own = patient(tmp_path), score_of()
    assert own is not None
    with journal_held(tmp_path):
        assert f"(process {os.getpid()}) is {own}" in only(oom_score, here).said
    well, ill = Verdict.OK, Verdict.DEGRADED
    for score, may, verdict in ((0, True, well), (0, False, ill), (-500, False, well)):
        monkeypatch.setattr("reactor.app.hostcheckups.score_of", lambda _=None, score=score: score)
        monkeypatch.setattr("reactor.app.hostcheckups.may_outlive_others", lambda may=may: may)
        found = only(oom_score, here)
        assert found.verdict is verdict
        assert (f"OOMScoreAdjust={SCORE}" in found.remedy) is (verdict is Verdict.DEGRADED)


@pytest.mark.parametrize(("before", "after"), [("0\n", SCORE), ("-500\n", -500), ("200", SCORE)])
def test_a_score_is_lowered_and_one_that_is_low_already_is_left(
    tmp_path: Path, before: str, after: int
) -> None:
    file = tmp_path / "oom_score_adj"
    file.write_text(before)
    assert outlive_others(file)
    assert score_of(file) == after
    assert outlive_others(tmp_path / "none") is False


def test_looking_whether_a_score_may_be_lowered_leaves_it() -> None:
    """In a process of its own, and with and without the right."""
    script = (
        "from reactor.app.survival import may_outlive_others, outlive_others, score_of\n"
        "before = score_of(); may = may_outlive_others(); assert score_of() == before\n"
        "print(may, outlive_others() == may, score_of() == (-900 if may else before))\n"
    )
    for before in ((), ("setpriv", "--bounding-set", "-sys_resource", "--inh-caps", "-sys_resource")):
        done = subprocess.run(
            [*before, sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.stdout in ({"False True True\n"} if before else {"True True True\n", "False True True\n"})


@pytest.mark.parametrize(
    ("cgroup", "unit"),
    [
        ("1:name=systemd:/system.slice/reactor.service\n", "reactor.service"),
        ("0::/system.slice/reactor.service\n", "reactor.service"),
        ("0::/user.slice/user-0.slice/user@0.service/app.slice/reactor.service\n", "reactor.service"),
        ("0::/user.slice/user-0.slice/session-3.scope\n", ""),
        ("0::/\n", ""),
    ],
)
def test_a_unit_is_known_by_the_cgroup(tmp_path: Path, cgroup: str, unit: str) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "cgroup").write_text(cgroup)
    assert unit_of(7, tmp_path) == unit


def test_who_was_started_by_hand_is_told_that_nobody_starts_him_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = patient(tmp_path)
    assert running_monitor(here) is None
    assert "no monitor is seen" in only(surroundings, here).said
    with journal_held(tmp_path):
        for container, unit in (("", ""), ("", "reactor.service"), ("f" * 64, "")):
            monkeypatch.setattr(
                "reactor.app.hostcheckups.container_of", lambda _, is_in=container: is_in or None
            )
            monkeypatch.setattr("reactor.app.hostcheckups.unit_of", lambda _, found=unit: found)
            kept_up = only(surroundings, here).verdict
            assert kept_up is (Verdict.OK if container or unit else Verdict.DEGRADED)
