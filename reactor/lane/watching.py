"""Who is read by the lane, and who is not: found, proved, handed over, taken back.

Whoever has no cgroup here that is proved to be its own is left to somebody else, who reads the engine's
streams; and so is everybody while there is no lane. Nothing is decided here.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import trio

from reactor.cgroups.finding import PROC, Home, find
from reactor.cgroups.mounts import Trees
from reactor.core.container import Run
from reactor.core.facts import Sample
from reactor.core.watched import Watched
from reactor.lane.marks import Ratio
from reactor.lane.process import LaneEnded, LaneProcess, open_lane
from reactor.lane.words import Arm, Beat, Disarm, News, Told

log = logging.getLogger("reactor.lane")

Others = Callable[[frozenset[Run]], None]
Confirm = Callable[[Run], Awaitable[bool]]
LOOK_AGAIN = 2.0
"""Seconds after which a cgroup that is gone, or was not found, is looked for once more."""
LONGEST_AGAIN = 60.0
_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class LaneStatistics:
    """``on`` tells that there is a lane; ``here`` are the runs that it reads, ``elsewhere`` those it cannot.

    ``slowed`` counts over all lanes there were what a beat counts. ``beat`` is what it said of itself last,
    ``deaths`` how often it ended without having been asked to. ``why`` is why there is none, or why the last
    one ended.
    """

    on: bool = False
    pid: int = 0
    here: int = 0
    elsewhere: int = 0
    told: int = 0
    deaths: int = 0
    slowed: int = 0
    why: str = ""
    beat: Beat | None = None


@dataclass(frozen=True, slots=True)
class LaneTerms:
    """How often it looks each second, how often while all is calm, and what share of a core it has beyond.

    It says something each second; after ``silence`` seconds without a word it is taken for dead.
    """

    rate: float = 200.0
    calm: float = 100.0
    share: float = 0.01
    silence: float = 5.0
    first_pause: float = 0.5
    longest_pause: float = 60.0


class FastLane:
    """Reads the runs that it can, and leaves the others to ``others``.

    ``feed`` takes the samples; ``confirm`` says whether the engine knows a run still as the present one of
    its container: asked where only the place of a cgroup tells whose it is.
    """

    def __init__(
        self,
        trees: Trees,
        feed: Callable[[Sample], None],
        others: Others,
        confirm: Confirm,
        terms: LaneTerms | None = None,
        *,
        proc: Path = PROC,
    ) -> None:
        self._trees, self._proc = trees, proc
        self._feed, self._others, self._confirm = feed, others, confirm
        self._terms = terms or LaneTerms()
        self._host_memory = 0
        self._keys = count(1)
        self._wanted: dict[Run, Watched] = {}
        self._armed: dict[Run, Arm] = {}
        self._runs: dict[int, Run] = {}
        self._left: dict[Run, _Left] = {}
        self._woken = trio.Event()
        self._stats = LaneStatistics()

    def statistics(self) -> LaneStatistics:
        """How it goes."""
        return replace(self._stats, here=len(self._armed), elsewhere=len(self._wanted) - len(self._armed))

    def connected(self, host_memory: int) -> None:
        """The engine said how much memory its host has, in bytes: a limit beyond that is none."""
        self._host_memory = host_memory

    def want(self, wanted: frozenset[Watched]) -> None:
        """Read these runs and no others from now on."""
        self._wanted = {each.run: each for each in wanted}
        self._left = {run: left for run, left in self._left.items() if run in self._wanted}
        if not self._stats.on:
            self._leave_to_others()
        self._woken.set()

    async def run(self) -> None:
        """Keep a lane, for ever: one that ends is started anew, later each time."""
        pause = self._terms.first_pause
        while True:
            began = trio.current_time()
            try:
                async with open_lane(self._terms.rate, self._terms.calm, self._terms.share) as lane:
                    await self._keep(lane)
            except LaneEnded as ended:
                why = str(ended)
            except OSError as error:
                why = f"it cannot be started: {error.strerror}"
            self._ended(why)
            if trio.current_time() - began > self._terms.longest_pause:
                pause = self._terms.first_pause
            await trio.sleep(pause)
            pause = min(2 * pause, self._terms.longest_pause)

    async def _keep(self, lane: LaneProcess) -> None:
        offset = trio.current_time() - time.monotonic()
        # Its first word: only now is it known to look.
        self._hear(await lane.hear(self._terms.silence), offset)
        self._stats = replace(self._stats, on=True, pid=lane.pid, why="")
        log.info("the fast lane looks", extra={"pid": lane.pid, "rate": self._terms.rate})
        # Both ends of one line: whoever fails takes the other along, within this one function.
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._hand_over, lane)
                while True:
                    self._hear(await lane.hear(self._terms.silence), offset)
        except* LaneEnded as group:
            raise group.exceptions[0] from None

    def _ended(self, why: str) -> None:
        log.warning("the fast lane is down; the engine's streams are read instead", extra={"why": why})
        self._stats = replace(self._stats, on=False, pid=0, deaths=self._stats.deaths + 1, why=why, beat=None)
        self._armed.clear()
        self._runs.clear()
        self._leave_to_others()

    def _leave_to_others(self) -> None:
        """Everybody while there is no lane, and else those who were looked for and not found."""
        if self._stats.on:
            self._others(frozenset(run for run, left in self._left.items() if not left.gone))
        else:
            self._others(frozenset(self._wanted))

    # To the lane

    async def _hand_over(self, lane: LaneProcess) -> None:
        """Whoever is wanted and is not read, or no more; and again when there is a reason to look again."""
        while True:
            self._woken = trio.Event()
            words: list[Arm | Disarm] = list(self._no_longer_wanted())
            for watched in self._not_read():
                word = await self._arm(watched)
                words += [word] if word is not None else []
                if len(words) >= _AT_ONCE:
                    await lane.say(words)
                    words.clear()
            if words:
                await lane.say(words)
            self._leave_to_others()
            with trio.move_on_after(LOOK_AGAIN):
                await self._woken.wait()

    def _no_longer_wanted(self) -> Iterable[Disarm]:
        for run in self._armed.keys() - self._wanted.keys():
            key = self._armed.pop(run).key
            del self._runs[key]
            yield Disarm(key)

    def _not_read(self) -> list[Watched]:
        """Those who are not read, or not as it is wanted by now."""
        now = trio.current_time()
        return [
            each
            for run, each in self._wanted.items()
            if _differs(self._armed.get(run), each)
            and (run not in self._left or self._left[run].until <= now)
        ]

    async def _arm(self, watched: Watched) -> Arm | None:
        run, old = watched.run, self._armed.get(watched.run)
        home = old.home if old is not None else await self._find(watched)
        if self._wanted.get(run) is not watched:
            return None
        if home is None:
            self._leave(run, gone=False)
            return None
        self._left.pop(run, None)
        word = _arm(old.key if old is not None else next(self._keys), home, watched)
        self._armed[run] = word
        self._runs[word.key] = run
        return word

    async def _find(self, watched: Watched) -> Home | None:
        """The cgroups of a run, if they are its own for certain: they were found while it was there."""
        await trio.lowlevel.checkpoint()
        found = find(self._trees, watched.run, watched.pid, proc=self._proc)
        if not isinstance(found, Home):
            return None
        if found.by == "pid":
            # Its first process is in there still, so the directory that was seen cannot be a later run's.
            return found if self._is_there(watched) else None
        return found if await self._confirm(watched.run) else None

    def _is_there(self, watched: Watched) -> bool:
        with suppress(OSError):
            return watched.run.id in (self._proc / str(watched.pid) / "cgroup").read_text(errors="replace")
        return False

    # From the lane

    def _hear(self, words: list[News], offset: float) -> None:
        for said in words:
            for told in said.told:
                self._take(told, offset)
            for key in said.gone:
                self._lose(key)
            if said.beat is not None:
                before = self._stats.beat.slowed if self._stats.beat is not None else 0
                slowed = self._stats.slowed + said.beat.slowed - before
                self._stats = replace(self._stats, beat=said.beat, slowed=slowed)

    def _take(self, told: Told, offset: float) -> None:
        run = self._runs.get(told.key)
        if run is None:
            return
        self._stats = replace(self._stats, told=self._stats.told + 1)
        limit, host = told.memory_limit, self._host_memory
        memory_limit = None if limit is not None and 0 < host <= limit else limit
        self._feed(
            Sample(told.at + offset, run, told.pids, told.pids_limit, told.memory, memory_limit, told.cpu)
        )

    def _lose(self, key: int) -> None:
        """Its cgroup is gone: most likely the run is over, and the engine will say so."""
        run = self._runs.pop(key, None)
        if run is not None:
            self._armed.pop(run, None)
            self._leave(run, gone=True)

    def _leave(self, run: Run, *, gone: bool) -> None:
        """Do not look for this one for a while, for longer each time."""
        before = self._left.get(run)
        pause = LOOK_AGAIN if before is None or before.gone else min(2 * before.pause, LONGEST_AGAIN)
        self._left[run] = _Left(trio.current_time() + pause, pause, gone)


@dataclass(frozen=True, slots=True)
class _Left:
    """One who is not read here: until when, how long that is, and whether it was, and its cgroup is gone."""

    until: float
    pause: float
    gone: bool


def _differs(armed: Arm | None, watched: Watched) -> bool:
    return armed is None or armed != _arm(armed.key, armed.home, watched)


def _arm(key: int, home: Home, watched: Watched) -> Arm:
    def of(field: str, *, relative: bool) -> tuple[Ratio, ...]:
        wanted = (bound for bound in watched.bounds if (bound.field, bound.relative) == (field, relative))
        return tuple(sorted(bound.ratio for bound in wanted))

    return Arm(
        key,
        home,
        watched.every,
        pids=of("pids", relative=False),
        memory=of("memory", relative=False),
        pids_shares=of("pids", relative=True),
        memory_shares=of("memory", relative=True),
    )
