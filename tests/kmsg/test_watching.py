"""What is fed of what the log says: whose kill it was, when, and what is held until somebody is seen."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.cgroups import beginnings
from reactor.cgroups.mounts import Trees
from reactor.core.container import ContainerId
from reactor.core.facts import Happened, Happening, Witness
from reactor.core.notes import Adopted, Cause, Ended, Note
from reactor.core.protection import Standing
from reactor.core.state import State, Step
from reactor.kmsg.births import Births
from reactor.kmsg.log import KernelLog
from reactor.kmsg.watching import HOLD, OomStatistics, OomWatch
from tests.core.build import box, cid
from tests.kernel.build import FakeProc, v1, v2
from tests.kernel.test_memory import OURS
from tests.kmsg.build import USER, FakeLog, killed, line, named, open_log, v1_path

ONE, TWO, OTHER = cid(1), cid(2), cid(3)
WALL = 1_700_000_000 * 10**9
ENDING = "4:memory:/\n0::/\n"
"""What version 1 shows for a process that is ending."""


@dataclass
class Stand:
    """A watch over a made-up log and ``/proc``; ``known`` are the containers the engine has told of."""

    log: FakeLog
    proc: FakeProc
    trees: Trees = field(default_factory=Trees)
    known: set[ContainerId] = field(default_factory=lambda: {ONE, TWO})
    fed: list[Happened] = field(default_factory=list)

    def __post_init__(self) -> None:
        namespace = self.proc.path / "self/ns"
        namespace.mkdir(parents=True)
        (namespace / "pid").symlink_to("pid:[4026531836]")
        self.watch = self.made()

    def made(self) -> OomWatch:
        self.births = Births(self.trees, self.proc.path)
        watch = OomWatch(
            self.fed.append,
            lambda key: key in self.known,
            self.births,
            proc=self.proc.path,
            wall=lambda: WALL,
        )
        watch.connected(OURS)
        return watch

    def told(self, *notes: Note) -> None:
        self.watch.step(Step(State(), (), notes))

    def began(self, n: int, pid: int) -> None:
        self.told(Adopted(0.0, box(n, pid=pid), Standing.MAIN))

    async def run(self, seconds: float = 1.0) -> None:
        """Read for so long."""
        with trio.move_on_after(seconds):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.watch.run)
                nursery.start_soon(self.watch.settle)

    async def counted(self, seconds: float = 1.0) -> OomStatistics:
        await self.run(seconds)
        return self.watch.statistics()

    def kills(self) -> list[tuple[ContainerId, Witness]]:
        return [(fact.id, fact.by) for fact in self.fed]


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    with open_log() as made:
        monkeypatch.setattr(KernelLog, "open", made.open)
        yield Stand(made, FakeProc(tmp_path))


async def test_the_line_before_names_the_container(autojump_clock: MockClock, stand: Stand) -> None:
    """Whoever is named otherwise in the line of another process is not meant."""
    stand.log.write(named(v1_path(ONE), 100))
    stand.log.write(killed(100))
    stand.log.write(named(v1_path(TWO), 101))
    stand.log.write(killed(102))
    stats = await stand.counted(2 * HOLD)
    assert stand.kills() == [(ONE, Witness.LOG)]
    assert (stats.kills, stats.known, stats.untold) == (2, 1, 1)
    (fact,) = stand.fed
    assert (fact.what, fact.time_nano) == (Happening.OOM, WALL)


@pytest.mark.parametrize("cgroup", [v1(ONE), v2(ONE), f"4:memory:/\n0::/docker/{ONE}\n"])
async def test_without_that_line_the_process_is_looked_at(
    autojump_clock: MockClock, stand: Stand, cgroup: str
) -> None:
    """The kernel writes that line ten times in five seconds at most, for all together."""
    stand.proc.process(100, 1, cgroup)
    stand.log.write(killed(100))
    assert (await stand.counted()).known == 1
    assert stand.kills() == [(ONE, Witness.LOG)]


async def test_a_number_that_is_anothers_by_now_says_nothing(autojump_clock: MockClock, stand: Stand) -> None:
    """Neither another container's, which would be ended for it, nor the host's: then it would be nobody's."""
    stand.proc.process(100, 1, v1(ONE))
    stand.began(1, 100)
    stand.began(2, 200)
    later = beginnings.now() + 100
    stand.proc.process(100, 1, v1(TWO), began=later)
    stand.proc.process(200, 1, "0::/system.slice/cron.service\n", began=later)
    stand.proc.process(300, 1, v1(TWO), began=later)
    for pid in (100, 200, 300):
        stand.log.write(killed(pid))
    stats = await stand.counted(2 * HOLD)
    assert stand.kills() == [(ONE, Witness.LOG), (TWO, Witness.LOG)]
    assert (stats.known, stats.foreign, stats.untold) == (2, 0, 1)


async def test_who_is_gone_is_known_by_the_first_processes_of_runs(
    autojump_clock: MockClock, stand: Stand
) -> None:
    """As long as they are under way, and if one of them proved that we number them as the engine does."""
    stand.proc.process(100, 1, v1(ONE))
    stand.began(1, 100)
    stand.proc.process(100, 1, ENDING)
    stand.began(2, 200)
    stand.log.write(killed(100))
    stand.log.write(killed(200))
    await stand.run()
    assert stand.kills() == [(ONE, Witness.LOG), (TWO, Witness.LOG)]
    stand.told(Ended(trio.current_time(), box(2).run, "c2", Cause.ITSELF))
    await trio.sleep(1)
    stand.log.write(killed(200), later=3 * 10**6)
    assert (await stand.counted(2 * HOLD)).untold == 1
    assert len(stand.fed) == 2


async def test_an_engine_that_numbers_processes_otherwise_is_not_believed(
    autojump_clock: MockClock, stand: Stand
) -> None:
    """It may run in a namespace of its own, and its numbers are others' here."""
    stand.proc.process(100, 1, "0::/system.slice/cron.service\n")
    stand.began(1, 100)
    stand.proc.process(100, 1, ENDING)
    stand.log.write(killed(100))
    assert (await stand.counted(2 * HOLD)).untold == 1
    assert stand.fed == []


async def test_in_a_namespace_of_our_own_only_the_line_counts(
    autojump_clock: MockClock, stand: Stand
) -> None:
    namespace = stand.proc.path / "self/ns/pid"
    namespace.unlink()
    namespace.symlink_to("pid:[4026532000]")
    stand.watch = stand.made()
    assert not stand.watch.is_enough
    stand.proc.process(100, 1, v1(TWO))
    stand.began(2, 100)
    stand.log.write(killed(100))
    stand.log.write(named(v1_path(ONE), 100))
    stand.log.write(killed(100))
    assert (await stand.counted(2 * HOLD)).untold == 1
    assert stand.kills() == [(ONE, Witness.LOG)]


async def test_others_are_counted_and_left_alone(autojump_clock: MockClock, stand: Stand) -> None:
    """Another engine's container, a service of the host, and what somebody wrote to the log himself."""
    stand.log.write(named(v1_path(OTHER), 100))
    stand.log.write(killed(100))
    stand.proc.process(101, 1, "0::/system.slice/cron.service\n")
    stand.log.write(killed(101))
    stand.log.write(named("/system.slice/a.service", 102))
    stand.log.write(killed(102))
    stand.log.write(named(v1_path(ONE), 103), priority=USER)
    stand.log.write(killed(103), priority=USER)
    stats = await stand.counted(2 * HOLD)
    assert (stats.kills, stats.foreign, stats.known) == (3, 3, 0)
    assert stand.fed == []


async def test_the_want_of_the_host_is_told_as_that(autojump_clock: MockClock, stand: Stand) -> None:
    stand.log.write(named(v1_path(ONE), 100, limit=""))
    stand.log.write(killed(100, host=True))
    await stand.run()
    assert stand.kills() == [(ONE, Witness.HOST)]


async def test_who_was_not_seen_yet_is_waited_for(autojump_clock: MockClock, stand: Stand) -> None:
    """A container that dies within milliseconds is read of before the engine has told of it."""
    stand.known = {TWO}
    stand.proc.process(300, 1, v1(TWO))
    stand.began(2, 300)
    stand.log.write(named(v1_path(ONE), 100))
    stand.log.write(killed(100))
    stand.log.write(killed(200))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stand.run, HOLD / 2)
        await trio.sleep(1)
        assert stand.fed == []
        stand.known = {ONE, TWO, OTHER}
        stand.began(1, 0)
        await trio.sleep(1)
        assert stand.kills() == [(ONE, Witness.LOG)]
        stand.began(3, 200)
    assert stand.kills() == [(ONE, Witness.LOG), (OTHER, Witness.LOG)]
    assert {fact.time_nano for fact in stand.fed} == {WALL}, "the moment of the kill"


async def test_an_engine_elsewhere_has_nothing_to_do_with_this_log(
    autojump_clock: MockClock, stand: Stand
) -> None:
    stand.watch.connected(replace(OURS, memory=1))
    stand.log.write(named(v1_path(ONE), 100))
    stand.log.write(killed(100))
    assert (await stand.counted()).kills == 0
    assert stand.fed == []


async def test_the_moment_is_that_of_the_kill_and_not_of_the_reading(
    autojump_clock: MockClock, stand: Stand
) -> None:
    """We stood still for three seconds: what was written first is so much older."""
    stand.log.write("something")
    await stand.run()
    await trio.sleep(3)
    stand.log.write(named(v1_path(ONE), 100), later=10**6)
    stand.log.write(killed(100), later=0)
    await stand.run()
    (fact,) = stand.fed
    assert fact.time_nano == pytest.approx(WALL - 3 * 10**9, abs=5 * 10**7)


async def test_what_is_too_old_is_counted_and_not_told(autojump_clock: MockClock, stand: Stand) -> None:
    stand.log.write("something")
    await stand.run()
    await trio.sleep(100)
    stand.log.write(named(v1_path(ONE), 100), later=10**6)
    stand.log.write(killed(100), later=0)
    stand.log.write(named(v1_path(ONE), 100), later=0)
    stand.log.write(killed(100), later=0)
    stats = await stand.counted()
    assert (stats.untold, stats.known) in {(0, 2), (1, 1)}


async def test_what_was_overwritten_is_counted(autojump_clock: MockClock, stand: Stand) -> None:
    stand.log.write("one")
    stand.log.write("five", skip=3)
    stand.log.write("six")
    assert (await stand.counted()).lost == 3


def test_a_broken_pipe_is_a_gap_and_not_the_end() -> None:
    """That is how the kernel says that the next record is not there any more."""
    answers: list[bytes | OSError] = [
        line(1, "one"),
        BrokenPipeError(errno.EPIPE, "overwritten"),
        line(9, "nine"),
        b"no record",
        BlockingIOError(),
    ]

    def read(_file: int, _most: int) -> bytes:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    log = KernelLog(-1, read)
    assert [record.text for record in log.records(100)] == ["one", "nine"]
    assert log.lost == 7


def test_a_log_is_opened_at_its_end(tmp_path: Path) -> None:
    """History kills nobody."""
    file = tmp_path / "log"
    file.write_bytes(line(1, killed(5)))
    log = KernelLog.open(file)
    with pytest.raises(OSError, match="come to an end"):
        list(log.records(1))
    log.close()


async def test_where_it_cannot_be_read_that_is_said_and_tried_again(
    autojump_clock: MockClock, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_path: Path) -> KernelLog:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(KernelLog, "open", refused)
    stats = await stand.counted()
    assert not stats.reading
    assert "Operation not permitted" in stats.why
    monkeypatch.setattr(KernelLog, "open", stand.log.open)
    assert (await stand.counted(120)).reading
