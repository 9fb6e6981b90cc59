"""The last minutes of each run, coarse: what a small line beside a number is drawn from.

Kept whether somebody looks or not, so that whoever opens the page sees what was before: two numbers of each
run every few seconds, no rule is asked for it. Bounded in points and in runs; unknown stays unknown.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import trio

from reactor.app.page.slices import Slices
from reactor.core.container import ContainerId, Run
from reactor.core.lasting import known_until
from reactor.core.state import Entry, Setup, State

POINTS = 60
MOST_RUNS = 5000
"""Of so many runs at most something is kept: whoever comes later has no line."""
EVERY, RESTS = 5.0, 400.0
"""Seconds between two points, at least, and so many times what a round took: a 400th of a core at most."""
_UNKNOWN, _MOST = -1, 2**62
ALL: Mapping[ContainerId, int] = MappingProxyType({})
"""Nothing is known of anybody: all points are wanted."""


@dataclass(slots=True)
class _Line:
    """Points of one run, the last of them of round ``upto``; what is not known is less than nothing."""

    run: Run
    upto: int = 0
    memory: "array[int]" = field(default_factory=lambda: array("q"))
    pids: "array[int]" = field(default_factory=lambda: array("q"))


@dataclass(frozen=True, slots=True)
class Points:
    """Some points of one run up to round ``upto``, the oldest first."""

    upto: int
    memory: list[int | None]
    pids: list[int | None]


class Lines:
    """Rounds are numbered; ``round`` is the last one."""

    def __init__(self, setup: Callable[[], Setup], state: Callable[[], State]) -> None:
        self._setup, self._state = setup, state
        self._lines: dict[ContainerId, _Line] = {}
        self.round = 0
        self.every = EVERY

    async def keep(self) -> float:
        """One round; gives for how many seconds to wait before the next."""
        setup, state, at = self._setup(), self._state(), trio.current_time()
        number, slices = self.round + 1, Slices()
        for entry in state.living():
            # It is for the last sample only: to renew each entry would take longer than all the rest.
            self._take(entry, at - known_until(state, entry) <= setup.stale_after, number)
            if slices.over:
                await slices.pause()
        self._drop_old(number)
        self.round = number
        self.every = max(EVERY, RESTS * slices.used)
        return self.every

    async def of(
        self, wanted: Iterable[ContainerId], slices: Slices, known: Mapping[ContainerId, int] = ALL
    ) -> dict[str, Points]:
        """The points of those that have any, behind the round that is ``known`` of each."""
        found: dict[str, Points] = {}
        for key in wanted:
            line = self._lines.get(key)
            missing = 0 if line is None else min(len(line.pids), line.upto - known.get(key, 0))
            if line is not None and missing > 0:
                found[key] = Points(line.upto, _told(line.memory[-missing:]), _told(line.pids[-missing:]))
            if slices.over:
                await slices.pause()
        return found

    def _take(self, entry: Entry, is_fresh: bool, number: int) -> None:
        run = entry.container.run
        line = self._lines.get(run.id)
        if line is None or (line.run is not run and line.run != run):
            if entry.sample is None or (line is None and len(self._lines) >= MOST_RUNS):
                return
            line = self._lines[run.id] = _Line(run)
        sample = entry.sample if is_fresh and entry.sample and entry.sample.run == run else None
        _add(line.memory, sample.memory if sample else None)
        _add(line.pids, sample.pids if sample else None)
        line.upto = number

    def _drop_old(self, number: int) -> None:
        for key in [key for key, line in self._lines.items() if line.upto != number]:
            del self._lines[key]


def _add(points: "array[int]", value: int | None) -> None:
    # No engine's number is too large to be kept.
    points.append(_UNKNOWN if value is None else min(max(0, value), _MOST))
    if len(points) > POINTS:
        del points[0]


def _told(points: "array[int]") -> list[int | None]:
    known: list[int | None] = [*points]
    return known if _UNKNOWN not in known else [None if point == _UNKNOWN else point for point in known]
