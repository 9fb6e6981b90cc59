"""OOM kills by the counters of cgroups, for where the kernel's log cannot be read.

A counter is as exact as the log, but it goes with its cgroup: who is dead at once was never read. So it is
a second best, and nothing is read here while the log is.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import trio

from reactor.cgroups.files import NAME, What
from reactor.cgroups.finding import PROC, Home, find
from reactor.cgroups.mounts import Trees
from reactor.cgroups.parsing import keyed
from reactor.core.container import Run
from reactor.core.decisions import Outcome
from reactor.core.facts import Happened, Happening, Witness
from reactor.core.notes import Adopted, Ended
from reactor.core.state import Step

EVERY = 2.0
"""Seconds between two readings; what two witnesses say within five is taken to be about one kill."""
FRESH = 5.0
"""Seconds for which a run that began is young: its counter began with it, and not with us."""
AT_ONCE = 100
_LONGEST = 4096


@dataclass(slots=True)
class _Counter:
    """The file of one run, and what it said last; None if it was not read yet and may hold history."""

    path: str
    last: int | None


class CounterWatch:
    """Feeds a kill for each run whose counter has risen; an observer of the monitor's, as ``OomWatch`` is.

    ``is_needed`` says whether nobody else tells of kills.
    """

    def __init__(
        self,
        trees: Trees,
        feed: Callable[[Happened], None],
        is_needed: Callable[[], bool],
        *,
        proc: Path = PROC,
        wall: Callable[[], int] = time.time_ns,
    ) -> None:
        self._trees, self._feed, self._is_needed = trees, feed, is_needed
        self._proc, self._wall = proc, wall
        self._wanted: dict[Run, Adopted] = {}
        self._counters: dict[Run, _Counter] = {}
        self._since = math.inf
        self.risen = 0

    def step(self, step: Step) -> None:
        """Who has begun, and who is over."""
        for note in step.notes:
            if isinstance(note, Adopted) and note.container.alive:
                self._wanted[note.container.run] = note
            elif isinstance(note, Ended):
                self._wanted.pop(note.run, None)
                self._counters.pop(note.run, None)

    def outcome(self, outcome: Outcome) -> None:
        """What came of a decision changes nothing here."""

    async def run(self) -> None:
        """Read for ever, as long as it is needed."""
        self._since = trio.current_time()
        while True:
            await trio.sleep(EVERY)
            if self._is_needed():
                self._since = min(self._since, trio.current_time())
                await self.look()
            else:
                self._since = math.inf
                self._counters.clear()

    async def look(self) -> None:
        """Read every counter once."""
        for number, (run, note) in enumerate([*self._wanted.items()], 1):
            self._read(run, note)
            if not number % AT_ONCE:
                # A few microseconds each; with thousands, others come in between.
                await trio.lowlevel.checkpoint()

    def _read(self, run: Run, note: Adopted) -> None:
        counter = self._counters.get(run) or self._found(run, note)
        if counter is None:
            return
        kills = _kills(counter.path)
        if kills is None:
            # Gone, most likely; if it is there again, it is found again.
            self._counters.pop(run, None)
            return
        if counter.last is not None and kills > counter.last:
            self.risen += 1
            self._feed(Happened(trio.current_time(), Happening.OOM, run.id, self._wall(), Witness.COUNTER))
        counter.last = kills

    def _found(self, run: Run, note: Adopted) -> _Counter | None:
        home = find(self._trees, run, note.container.pid, proc=self._proc)
        place = home.places.get("memory") if isinstance(home, Home) else None
        if place is None:
            return None
        born = note.container.born
        # What was counted before anybody counted here is history, unless it all began just now, and for the
        # first time: what a run before has left behind has the same path, and its counter may go on.
        first = not note.container.finished_at
        young = first and born is not None and note.at - born < FRESH and note.at >= self._since
        counter = _Counter(f"{place.path}/{NAME[place.version][What.OOM]}", 0 if young else None)
        self._counters[run] = counter
        return counter


def _kills(path: str) -> int | None:
    try:
        with open(path, "rb", buffering=0) as file:
            return keyed(file.read(_LONGEST), b"oom_kill")
    except OSError:
        return None
