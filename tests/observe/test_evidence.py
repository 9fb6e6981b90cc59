"""Gathering evidence: what the kernel shows, what the engine says, and never for longer than the budget."""

import threading
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.core.container import Container, ContainerId, Run, State
from reactor.core.evidence import EvidenceTerms, Process
from reactor.core.ports import EngineUnreachable
from reactor.observe import evidence
from reactor.observe.evidence import gather, hear_last_lines, see_processes
from reactor.observe.processes import processes_of

ID = ContainerId("ab" * 32)
OTHER = ContainerId("ab" * 31 + "ac")
FOREVER = float("inf")


def box(pid: int = 0) -> Container:
    return Container(Run(ID, "s"), "c", "i", State.RUNNING, pid=pid)


class Talking:
    """An engine that says these words after so many seconds."""

    def __init__(self, words: str, after: float = 0.0) -> None:
        self._words, self._after = words, after
        self.asked: list[tuple[str, int, int]] = []

    async def tail(self, container: ContainerId, lines: int, most: int) -> str:
        self.asked.append((container, lines, most))
        await trio.sleep(self._after)
        if not self._words:
            raise EngineUnreachable("nobody listens")
        return self._words


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """Three processes of the container, one of a near-miss, and one without a container."""
    cgroups = {1: "0::/init", 10: _of(ID), 11: _of(ID), 12: _of(OTHER), 13: _of(ID)}
    for pid, cgroup in cgroups.items():
        place = tmp_path / "proc" / str(pid)
        place.mkdir(parents=True)
        (place / "cgroup").write_text(cgroup)
        (place / "comm").write_text(f"name{pid}\n")
        (place / "cmdline").write_bytes(b"sh\0-c\0\x1b[31m\xff" + b"x" * 10_000)
    (tmp_path / "proc" / "self").mkdir()
    return tmp_path / "proc"


def _of(container: str) -> str:
    return f"12:pids:/docker/{container}\n1:name=systemd:/docker/{container}\n0::/docker/{container}\n"


def see(proc: Path, pid: int, most: int = 50, until: float = FOREVER) -> tuple[list[int], bool] | None:
    found = processes_of(ID, pid, most, until=until, proc=proc, cgroups=proc.parent / "cg", now=lambda: 0.0)
    return ([each.pid for each in found[0]], found[1]) if found else None


def test_processes_are_those_whose_cgroup_names_the_full_id(proc: Path) -> None:
    found = see(proc, 0)
    assert found is not None
    assert (sorted(found[0]), found[1]) == ([10, 11, 13], False)


def test_the_list_of_the_cgroup_is_a_shorter_way_and_is_not_believed(proc: Path) -> None:
    listed = proc.parent / "cg" / "pids" / "docker" / ID
    listed.mkdir(parents=True)
    (listed / "cgroup.procs").write_text("11\n12\n99999\nx\n13\n")
    assert see(proc, 10) == ([11, 13], False)
    assert see(proc, 12) != ([11, 13], False), "the number was given to somebody else"


def test_processes_are_bounded_in_number_and_length(proc: Path) -> None:
    found = processes_of(ID, 0, 2, until=FOREVER, proc=proc, cgroups=proc.parent)
    assert found is not None
    assert (len(found[0]), found[1]) == (2, True)
    assert all(len(each.command) <= 310 for each in found[0])
    assert all(each.name == f"name{each.pid}" for each in found[0])


def test_where_none_can_be_seen_nothing_is_known(tmp_path: Path, proc: Path) -> None:
    assert see(tmp_path / "nothing", 10) is None
    assert see(proc, 0, until=-1.0) is None


async def test_our_own_processes_are_no_containers() -> None:
    found = await see_processes(box(pid=1), 5.0, EvidenceTerms())
    assert found.processes is None


async def test_both_are_gathered_within_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = ((Process(1, "sh", "sh"),), False)
    monkeypatch.setattr(evidence, "processes_of", lambda *_, **__: seen)
    engine = Talking("last\nwords")
    found = await gather(engine, box(), 5.0)
    assert (found.processes, found.log) == (seen[0], "last\nwords")
    assert (found.unseen, found.unheard) == ("", "")
    assert engine.asked == [(ID, 20, 16_384)]


async def test_a_process_that_hangs_its_readers_costs_half_the_budget_and_not_the_last_lines(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing but the clock ends the wait for a thread that hangs, so time passes for that alone."""
    freed = threading.Event()
    monkeypatch.setattr(evidence, "processes_of", lambda *_, **__: freed.wait(60) and None)
    try:
        began = trio.current_time()
        found = await gather(Talking("words"), box(), 0.2)
        assert trio.current_time() - began == pytest.approx(0.1)
        assert (found.processes, found.log) == (None, "words")
        assert (found.unseen, found.unheard) == ("not read in time", "")
        # Those that hang keep their places, and the next ones are not kept by that either.
        for _ in range(evidence.THREADS):
            await see_processes(box(), 0.01, EvidenceTerms())
        assert (await see_processes(box(), 0.01, EvidenceTerms())).unseen
    finally:
        freed.set()


async def test_an_engine_that_does_not_answer_in_time_or_at_all_is_named(autojump_clock: MockClock) -> None:
    began = trio.current_time()
    slow = await hear_last_lines(Talking("words", after=9), box(), 0.3, EvidenceTerms())
    assert trio.current_time() - began == pytest.approx(0.3)
    assert (slow.log, slow.unheard) == (None, "no answer in time")
    down = await hear_last_lines(Talking(""), box(), 0.3, EvidenceTerms())
    assert (down.log, down.unheard) == (None, "nobody listens")


async def test_what_is_not_wanted_is_not_asked_for(autojump_clock: MockClock) -> None:
    engine = Talking("words")
    found = await gather(engine, box(), 0.3, EvidenceTerms(log_lines=0, processes=0))
    assert (found.processes, found.log, engine.asked) == (None, None, [])
    assert (found.unseen, found.unheard) == ("", "")


def test_one_that_ends_while_it_is_read_is_left_out(proc: Path) -> None:
    (proc / "11" / "comm").unlink()
    found = see(proc, 0)
    assert found is not None
    assert sorted(found[0]) == [10, 13]
