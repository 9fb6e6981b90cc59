"""Who is read by the lane, and who is not: found, proved, handed over, taken back.

Whoever has no cgroup here that is proved to be its own is left to somebody else, who reads the engine's
streams; and so is everybody while there is no lane. Nothing is decided here.
"""

import logging
import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import trio

from reactor.cgroups.finding import PROC
from reactor.cgroups.mounts import Trees
from reactor.core.beats import next_beat
from reactor.core.container import Run
from reactor.core.facts import Sample, Still
from reactor.core.watched import Watched
from reactor.lane.precedence import stand_down
from reactor.lane.process import LaneEnded, LaneProcess, open_lane
from reactor.lane.proving import Confirm, Proofs
from reactor.lane.roll import LOOK_AGAIN, Roll
from reactor.lane.terms import LaneStatistics, LaneTerms
from reactor.lane.words import Arm, Beat, Disarm, News, Told

log = logging.getLogger("reactor.lane")

Others = Callable[[frozenset[Run]], None]
_AT_ONCE = 20


class FastLane:
    """Reads the runs that it can, and leaves the others to ``others``.

    ``feed`` takes the samples, ``vouch`` up to when those that last are evidence: without it all are told
    again and again. ``confirm`` says whether the engine knows a run still as the present one of
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
        vouch: Callable[[Still], None] | None = None,
        proc: Path = PROC,
    ) -> None:
        self._proofs = Proofs(trees, confirm, proc)
        self._feed, self._others = feed, others
        self._terms = terms or LaneTerms()
        self._host_memory = 0
        self._roll = Roll(lasting=vouch is not None)
        self._vouch = vouch
        # Each lane vouches for what it told itself, and for nothing else.
        self._by, self._as_of = 0, 0.0
        self._woken = trio.Event()
        self._stats = LaneStatistics()

    def statistics(self) -> LaneStatistics:
        """How it goes."""
        return replace(self._stats, here=self._roll.here, elsewhere=self._roll.elsewhere)

    def answers_for(self, run: Run) -> bool:
        """Whether a lane that lives has told of this run: then nobody else's readings of it count.

        The engine's stream may have one more on its way when a run is handed over. Taken for the last word,
        it would stand there alone, while the lane vouches for what it told, and tells it no more.
        """
        return self._stats.on and self._roll.has_heard_of(run)

    def connected(self, host_memory: int) -> None:
        """The engine said how much memory its host has, in bytes: a limit beyond that is none."""
        self._host_memory = host_memory

    def want(self, wanted: frozenset[Watched]) -> None:
        """Read these runs and no others from now on."""
        self._roll.want(wanted)
        if not self._stats.on:
            self._leave_to_others()
        self._woken.set()

    async def run(self) -> None:
        """Keep a lane, for ever: one that ends is started anew, later each time."""
        try:
            await self._keep_one()
        finally:
            # It may have lifted us just now, and nobody hears it any more: the process may go on without us.
            stand_down()

    async def _keep_one(self) -> None:
        pause = self._terms.first_pause
        while True:
            began = trio.current_time()
            try:
                async with _open_lane(self._terms) as lane:
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
        self._by, self._as_of = self._by + 1, 0.0
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
        stand_down()
        log.warning("the fast lane is down; the engine's streams are read instead", extra={"why": why})
        self._stats = replace(self._stats, on=False, pid=0, deaths=self._stats.deaths + 1, why=why, beat=None)
        self._roll.clear()
        self._leave_to_others()

    def _leave_to_others(self) -> None:
        self._others(self._roll.others(on=self._stats.on))

    # To the lane

    async def _hand_over(self, lane: LaneProcess) -> None:
        """Whoever is wanted and is not read, or no more; and again when there is a reason to look again."""
        while True:
            self._woken = trio.Event()
            dropped = self._roll.no_longer_wanted()
            words: list[Arm | Disarm] = [*dropped.values()]
            # It is not looked at from now on, also if somebody remembers its last reading.
            self._say_still(dropped.keys())
            for watched in self._roll.not_read(trio.current_time()):
                word = await self._arm(watched)
                words += [word] if word is not None else []
                if len(words) >= _AT_ONCE:
                    await lane.say(words)
                    words.clear()
                    if self._woken.is_set():
                        # Whoever came meanwhile may have begun just now, and is not to wait for all others.
                        break
            if words:
                await lane.say(words)
            self._leave_to_others()
            with trio.move_on_at(next_beat(trio.current_time(), LOOK_AGAIN)):
                await self._woken.wait()

    async def _arm(self, watched: Watched) -> Arm | None:
        run, old = watched.run, self._roll.armed(watched.run)
        home = old.home if old is not None else await self._proofs.home(watched)
        if not self._roll.is_wanted(watched):
            return None
        if home is None:
            self._roll.leave(run, trio.current_time(), gone=False)
            return None
        fresh = self._proofs.is_fresh(watched, home) if old is None else old.fresh
        return self._roll.arm(watched, home, fresh=fresh)

    # From the lane

    def _hear(self, words: list[News], offset: float) -> None:
        self._take_in(words, offset)
        # What was pressing is decided now, and what is to be done at once is done.
        stand_down()

    def _take_in(self, words: list[News], offset: float) -> None:
        for said in words:
            for told in said.told:
                self._take(told, offset)
            lapsed = {run for key in (*said.gone, *said.moved) if (run := self._roll.run_of(key))}
            for key in said.gone:
                self._roll.lose(key, trio.current_time())
            self._say_still(lapsed, said.beat.as_of + offset if said.beat is not None else 0.0)
            if said.beat is not None:
                self._say_how(said.beat)
                before = self._stats.beat.slowed if self._stats.beat is not None else 0
                slowed = self._stats.slowed + said.beat.slowed - before
                self._stats = replace(self._stats, beat=said.beat, slowed=slowed)

    def _say_still(self, lapsed: AbstractSet[Run], as_of: float = 0.0) -> None:
        """Vouch for what was told, but for those; there is nothing to say before there is a first word."""
        as_of = max(self._as_of, as_of)
        if self._vouch is not None and as_of and (lapsed or as_of > self._as_of):
            self._as_of = as_of
            self._vouch(Still(trio.current_time(), self._by, as_of, frozenset(lapsed)))

    def _say_how(self, beat: Beat) -> None:
        """Say in the log by what forks are noticed, when that is another way than before."""
        old = self._stats.beat
        if old is not None and old.forks is beat.forks and old.missed == beat.missed:
            return
        if beat.missed > (old.missed if old is not None else 0):
            log.warning("the kernel did not tell of forks that there were: it is looked for them meanwhile")
        elif old is None or old.forks is not beat.forks:
            log.info("forks are told of by the kernel" if beat.forks else "forks are found by looking")

    def _take(self, told: Told, offset: float) -> None:
        run = self._roll.run_of(told.key)
        if run is None:
            return
        self._stats = replace(self._stats, told=self._stats.told + 1)
        self._roll.hear_of(run)
        limit, host = told.memory_limit, self._host_memory
        memory_limit = None if limit is not None and 0 < host <= limit else limit
        numbers = told.pids, told.pids_limit, told.memory, memory_limit, told.cpu
        self._feed(Sample(told.at + offset, run, *numbers, by=self._by if told.lasts else 0))


def _open_lane(terms: LaneTerms) -> AbstractAsyncContextManager[LaneProcess]:
    return open_lane(terms.rate, terms.calm, terms.share, forks=terms.forks, realtime=terms.realtime)
