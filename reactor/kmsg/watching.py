"""The task that reads the kernel's log and tells whose processes were killed for want of memory.

What a line says is in ``kills``, whose a process is in ``whose``. Here the two come together, and with what
the engine has told of so far: a kill can be read of before anybody has seen its container.
"""

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import trio

from reactor.cgroups import beginnings
from reactor.core.container import ContainerId
from reactor.core.decisions import Outcome
from reactor.core.facts import Happened, Happening, Witness
from reactor.core.notes import Adopted, Ended
from reactor.core.ports import EngineInfo
from reactor.core.state import Step
from reactor.kernel.memory import why_not_ours
from reactor.kmsg.births import Births
from reactor.kmsg.clock import LogClock
from reactor.kmsg.kills import Killed, Named, parse_kill
from reactor.kmsg.log import KMSG, KernelLog
from reactor.kmsg.records import Record
from reactor.kmsg.whose import NOBODY, PROC, FirstProcesses, container_of, sees_host

log = logging.getLogger("reactor.kmsg")

AT_ONCE = 200
"""Records that are read before somebody else has a turn."""
HOLD = 10.0
"""Seconds for which a kill waits for its container to be seen; an engine that is slow takes seconds."""
MOST_HELD = 1024
AGAIN = 60.0


@dataclass(frozen=True, slots=True)
class OomStatistics:
    """``reading`` tells that the log is read, ``why`` why not. Of all ``kills`` in it, so many were in a
    ``known`` container of this engine, and in none (``foreign``: of another engine, or no container at all);
    of the others nobody can tell. ``lost`` are records that could not be read, of whatever they spoke."""

    reading: bool = False
    why: str = "it was not opened yet"
    kills: int = 0
    known: int = 0
    foreign: int = 0
    untold: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class _Kill:
    """One kill: when it was, by our clock and by the engine's, and whose, as far as that is known."""

    at: float
    time_nano: int
    pid: int
    host: bool
    whose: ContainerId | None


class OomWatch:
    """Feeds the OOM kills of which the kernel's log tells.

    ``is_known`` says whether the engine has told of a container, ``births`` who is in those that it has not
    told of yet. It is an observer of the monitor's: it learns so of the first processes of runs, and whom to
    look for again.
    """

    def __init__(
        self,
        feed: Callable[[Happened], None],
        is_known: Callable[[ContainerId], bool],
        births: Births,
        *,
        path: Path = KMSG,
        proc: Path = PROC,
        wall: Callable[[], int] = time.time_ns,
    ) -> None:
        self._feed, self._is_known, self._births = feed, is_known, births
        self._path, self._proc, self._wall = path, proc, wall
        self._not_ours = "the engine has not answered yet"
        self._engine = ""
        self._host_seen = sees_host(proc)
        self._firsts = FirstProcesses(proc)
        self._clock = LogClock()
        self._named: Named | None = None
        self._held: deque[_Kill] = deque()
        self._news = trio.Event()
        self._stats = OomStatistics()

    def statistics(self) -> OomStatistics:
        """How it goes. What is held is not counted yet."""
        return self._stats

    @property
    def is_enough(self) -> bool:
        """Whether nobody else need tell of kills: where processes cannot be seen, most lines say nothing."""
        return self._stats.reading and self._host_seen

    # What the others know

    def connected(self, info: EngineInfo) -> None:
        """The engine said who it is. Its containers are in this log if it runs on this host."""
        self._not_ours = why_not_ours(info, self._proc)
        if info.id != self._engine:
            self._firsts.forget()
            self._births.forget()
        self._engine = info.id

    def step(self, step: Step) -> None:
        """Who has begun, and who is over."""
        for note in step.notes:
            if isinstance(note, Adopted):
                if self._host_seen:
                    self._firsts.began(note.container.run, note.container.pid)
                    self._births.began(note.container, note.at)
                if self._held:
                    self._news.set()
            elif isinstance(note, Ended):
                self._firsts.ended(note.run, note.at)

    def outcome(self, outcome: Outcome) -> None:
        """What came of a decision changes nothing here."""

    # What the kernel says

    async def run(self) -> None:
        """Read for ever; where the log cannot be had, that is said once, and tried again now and then."""
        while True:
            try:
                kernel_log = KernelLog.open(self._path)
            except OSError as error:
                self._failed(f"{self._path} cannot be read: {error.strerror}")
            else:
                try:
                    await self._read(kernel_log)
                except OSError as error:
                    self._failed(f"{self._path} cannot be read any more: {error.strerror or error}")
                finally:
                    kernel_log.close()
            await trio.sleep(AGAIN)

    async def _read(self, kernel_log: KernelLog) -> None:
        self._stats = replace(self._stats, reading=True, why="")
        log.info("the kernel's log is read for OOM kills")
        lost = 0
        while True:
            await trio.lowlevel.wait_readable(kernel_log.file)
            for record in kernel_log.records(AT_ONCE):
                self._take(record)
            lost, gone = kernel_log.lost, kernel_log.lost - lost
            self._stats = replace(self._stats, lost=self._stats.lost + gone)
            if self._held:
                self._news.set()

    async def settle(self) -> None:
        """Look again at those whose container nobody had seen yet, for ever."""
        while True:
            with trio.move_on_after(HOLD if self._held else float("inf")):
                await self._news.wait()
            self._news = trio.Event()
            self._look_again()

    def _failed(self, why: str) -> None:
        if why != self._stats.why:
            log.info(
                "the kernel's log is not read; counters of cgroups and the engine tell of OOM kills",
                extra={"why": why},
            )
        self._stats = replace(self._stats, reading=False, why=why)

    def _take(self, record: Record) -> None:
        now = trio.current_time()
        age = self._clock.age(record.micros, now)
        said = parse_kill(record.text) if record.by_kernel else None
        if isinstance(said, Named):
            self._named = said
        elif isinstance(said, Killed) and not self._not_ours:
            self._count(kills=1)
            if age is None:
                self._count(untold=1)
                return
            named, self._named = self._named, None
            at, time_nano = now - age, self._wall() - round(age * 1e9)
            kill = _Kill(at, time_nano, said.pid, said.host, _named(named, said))
            self._settle(replace(kill, whose=self._whose(kill, age)))

    def _whose(self, kill: _Kill, age: float) -> ContainerId | None:
        if kill.whose is not None or not self._host_seen:
            return kill.whose
        # Where many processes begin, that number is another's before we have read of the kill.
        began = beginnings.began(self._proc, kill.pid)
        is_another = began is not None and began > beginnings.now() - age
        found = container_of(kill.pid, self._proc) if not is_another else None
        return found if found is not None else self._remembered(kill)

    def _remembered(self, kill: _Kill) -> ContainerId | None:
        """By who was seen in a container before the kill; a number that two had is nobody's."""
        found = {each.whose(kill.pid, kill.at) for each in (self._firsts, self._births)} - {None}
        return found.pop() if len(found) == 1 else None

    def _settle(self, kill: _Kill) -> None:
        if kill.whose is not None and self._is_known(kill.whose):
            self._count(known=1)
            by = Witness.HOST if kill.host else Witness.LOG
            self._feed(Happened(trio.current_time(), Happening.OOM, kill.whose, kill.time_nano, by))
        elif kill.whose == NOBODY:
            self._count(foreign=1)
        else:
            self._held.append(kill)
            if len(self._held) > MOST_HELD:
                self._give_up(self._held.popleft())

    def _look_again(self) -> None:
        """At those whose container nobody had seen yet, and at those whose time is over."""
        now = trio.current_time()
        waiting, self._held = self._held, deque()
        for kill in waiting:
            whose = kill.whose or self._remembered(kill)
            if now - kill.at < HOLD or (whose is not None and self._is_known(whose)):
                self._settle(replace(kill, whose=whose))
            else:
                self._give_up(kill)

    def _give_up(self, kill: _Kill) -> None:
        self._count(**{"foreign" if kill.whose is not None else "untold": 1})

    def _count(self, *, kills: int = 0, known: int = 0, foreign: int = 0, untold: int = 0) -> None:
        now = self._stats
        self._stats = replace(
            now,
            kills=now.kills + kills,
            known=now.known + known,
            foreign=now.foreign + foreign,
            untold=now.untold + untold,
        )


def _named(named: Named | None, killed: Killed) -> ContainerId | None:
    if named is None or named.pid != killed.pid:
        return None
    return named.whose if named.whose is not None else NOBODY
