"""The lane as a process of its own: who is read by it, and who reads the others while it is not there."""

import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Thread

import pytest
import trio

from reactor.cgroups.forks import ForkBell
from reactor.core.container import Run
from reactor.core.facts import Sample
from reactor.core.language.bounds import Bound
from reactor.core.watched import Watched
from reactor.lane import watching as lane_watching
from reactor.lane.pace import UNHEARD
from reactor.lane.terms import LaneTerms
from reactor.lane.watching import FastLane
from tests.cgroups.build import HostV1, HostV2, run_of
from tests.lane.build import path

BOUNDS = frozenset({Bound("pids", 200.0)})


@dataclass
class Seen:
    """What came out, and who is left to others now."""

    lane: FastLane = field(init=False)
    samples: list[Sample] = field(default_factory=list)
    others: frozenset[Run] = frozenset()
    confirmed: list[Run] = field(default_factory=list)
    _more: trio.Event = field(default_factory=trio.Event)

    def feed(self, sample: Sample) -> None:
        self.samples.append(sample)
        self._wake()

    def leave(self, runs: frozenset[Run]) -> None:
        self.others = runs
        self._wake()

    async def confirm(self, run: Run) -> bool:
        """The engine knows of those with an odd number."""
        self.confirmed.append(run)
        return int(run.id, 16) % 2 == 1

    def _wake(self) -> None:
        self._more.set()
        self._more = trio.Event()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for it; what came in may make it true."""
        with trio.fail_after(30):
            while not condition():
                await self._more.wait()


@asynccontextmanager
async def watching(host: HostV1 | HostV2, terms: LaneTerms | None = None) -> AsyncIterator[Seen]:
    seen = Seen()
    terms = terms or LaneTerms(first_pause=0.05)
    seen.lane = FastLane(host.trees(), seen.feed, seen.leave, seen.confirm, terms, proc=host.proc)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(seen.lane.run)
        yield seen
        nursery.cancel_scope.cancel()


def wanted(*numbers: int, pid: int = 0, every: float = 0.2) -> frozenset[Watched]:
    return frozenset(Watched(run_of(number), pid and pid + number, BOUNDS, every) for number in numbers)


@pytest.mark.parametrize("kind", [HostV1, HostV2])
async def test_readings_come_from_cgroups_and_for_the_others_from_elsewhere(
    tmp_path: Path, kind: type[HostV1] | type[HostV2]
) -> None:
    host = kind(tmp_path)
    for number in (1, 2):
        host.container(path(number), pid=100 + number, pids=number + 5)
    async with watching(host) as seen:
        seen.lane.want(wanted(1, 2, 3, pid=100))
        await seen.until(lambda: {sample.run for sample in seen.samples} == {run_of(1), run_of(2)})
        await seen.until(lambda: seen.others == {run_of(3)})
        (sample,) = [each for each in seen.samples if each.run == run_of(2)][:1]
        assert (sample.pids, sample.memory) == (7, 4 << 20)
        assert sample.memory_limit == (64 << 20 if kind is HostV2 else None)
        assert 0 <= trio.current_time() - sample.at < 10, "on our own clock"
        seen.lane.want(wanted(2, pid=100))
        await seen.until(lambda: not seen.others)
        said = len([each for each in seen.samples if each.run == run_of(2)])
        await seen.until(lambda: len([each for each in seen.samples if each.run == run_of(2)]) > said + 2)
        if kind is HostV2:
            seen.lane.connected(64 << 20)
            seen.samples.clear()
            await seen.until(lambda: seen.samples)
            assert seen.samples[0].memory_limit is None, "as much as the host has is no limit"
        stats = seen.lane.statistics()
        assert (stats.on, stats.here, stats.elsewhere, stats.deaths) == (True, 1, 0, 0)
        assert not seen.confirmed, "the first process says it all"
    with pytest.raises(ProcessLookupError):
        os.kill(stats.pid, 0)


async def test_who_ends_without_the_process_is_first_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several monitors of one process one can end, and its lane may have lifted us just before."""
    found: list[str] = []
    async with watching(HostV1(tmp_path)) as seen:
        seen.lane.want(wanted(1))
        await seen.until(lambda: seen.others and seen.lane.statistics().on)
        pid = seen.lane.statistics().pid
        alive = partial(Path.exists, Path(f"/proc/{pid}"))
        monkeypatch.setattr(lane_watching, "stand_down", lambda: found.append("early" if alive() else "then"))
    assert found[-1:] == ["then"]


@pytest.mark.parametrize("forks", [True, False])
async def test_who_passes_a_mark_is_told_whether_the_kernel_tells_of_forks_or_not(
    tmp_path: Path, *, forks: bool
) -> None:
    """With threads of ours in place of a storm's processes: for the kernel these are forks as well."""
    host = HostV1(tmp_path)
    host.container(path(1), pid=101)
    host.write("pids/docker", {"pids.current": "10\n"})
    async with watching(host, LaneTerms(first_pause=0.05, forks=forks)) as seen:
        seen.lane.want(wanted(1, pid=100, every=60))
        await seen.until(lambda: seen.samples and seen.lane.statistics().beat)
        host.write(f"pids{path(1)}", {"pids.current": "250\n"})
        host.write("pids/docker", {"pids.current": "260\n"})
        for _ in range(UNHEARD):
            thread = Thread(target=int)
            thread.start()
            thread.join()
        await seen.until(lambda: seen.samples[-1].pids == 250)
        beat = seen.lane.statistics().beat
        assert beat is not None
        assert beat.forks is (forks and _rings_here())


def _rings_here() -> bool:
    with suppress(OSError):
        bell = ForkBell(UNHEARD)
        bell.close()
        return True
    return False


async def test_where_only_a_place_speaks_for_it_the_engine_is_asked(tmp_path: Path) -> None:
    """The directory of a run that is over may be the next run's by now."""
    host = HostV1(tmp_path)
    for number in (1, 2):
        host.container(path(number))
    async with watching(host) as seen:
        seen.lane.want(wanted(1, 2))
        await seen.until(lambda: seen.samples and seen.others)
        assert {sample.run for sample in seen.samples} == {run_of(1)}
        assert seen.others == {run_of(2)}


@pytest.mark.parametrize("kind", [HostV1, HostV2])
async def test_a_place_with_nobody_in_it_is_no_container_that_runs(
    tmp_path: Path, kind: type[HostV1] | type[HostV2]
) -> None:
    """Left behind, or made by another hand: no processes is what would be read there for good."""
    host = kind(tmp_path)
    host.container(path(1), pids=0)
    host.container(path(3))
    async with watching(host) as seen:
        seen.lane.want(wanted(1, 3))
        await seen.until(lambda: seen.samples and seen.others)
        assert {sample.run for sample in seen.samples} == {run_of(3)}
        assert seen.others == {run_of(1)}
        assert seen.confirmed == [run_of(3)]
        host.container(path(1), pids=2)
        await seen.until(lambda: not seen.others)
        await seen.until(lambda: seen.samples[-1].run == run_of(1))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_lane_that_dies_or_hangs_is_replaced(tmp_path: Path, number: signal.Signals) -> None:
    """Meanwhile somebody else reads everybody."""
    host = HostV1(tmp_path)
    host.container(path(1), pid=101)
    # Nobody else is to be taken for one that hangs: a process may be kept waiting for seconds.
    async with watching(host, LaneTerms(first_pause=0.05, silence=6.0)) as seen:
        seen.lane.want(wanted(1, pid=100))
        assert not seen.lane.answers_for(run_of(1)), "nothing was told of it yet"
        await seen.until(lambda: seen.samples)
        assert seen.lane.answers_for(run_of(1))
        first = seen.lane.statistics().pid
        os.kill(first, number)
        await seen.until(lambda: seen.others == {run_of(1)})
        assert not seen.lane.answers_for(run_of(1)), "others' readings count at once"
        seen.samples.clear()
        await seen.until(lambda: seen.samples and not seen.others)
        assert seen.lane.answers_for(run_of(1))
        stats = seen.lane.statistics()
        assert (stats.on, stats.deaths) == (True, 1)
        assert stats.pid != first
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)


async def test_other_bounds_for_a_run_that_is_read(tmp_path: Path) -> None:
    """A rule file changed: from now on another number is told at once."""
    host = HostV1(tmp_path)
    host.container(path(1), pid=101, pids=150)
    async with watching(host) as seen:
        seen.lane.want(wanted(1, pid=100, every=60))
        await seen.until(lambda: seen.samples)
        again = Watched(run_of(1), 101, frozenset({Bound("pids", 100.0)}), 60)
        seen.samples.clear()
        seen.lane.want(frozenset({again}))
        await seen.until(lambda: seen.samples)
        assert seen.samples[0].pids == 150
        assert seen.lane.statistics().here == 1
