"""The last minutes of each run, coarse: what a small line beside a number is drawn from.

Kept whether somebody looks or not, so that whoever opens the page sees what was before: two numbers of each
run every few seconds, no rule is asked for it. Bounded in points and in runs; unknown stays unknown.
"""

import math
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import perf_counter, thread_time

import trio

from reactor.core.container import ContainerId, Run
from reactor.core.judging import fresh_sample
from reactor.core.lasting import renewed
from reactor.core.state import Entry, Setup, State

POINTS = 60
MOST_RUNS = 5000
"""Of so many runs at most something is kept: whoever comes later has no line."""
EVERY, RESTS = 5.0, 400.0
"""Seconds between two points, at least, and so many times what a round took: a 400th of a core at most."""
SLICE = 0.0005


@dataclass(slots=True)
class _Line:
    """Points of one run, the last of them of round ``upto``; what is not known is not a number."""

    run: Run
    upto: int = 0
    memory: "array[float]" = field(default_factory=lambda: array("f"))
    pids: "array[float]" = field(default_factory=lambda: array("f"))


@dataclass(frozen=True, slots=True)
class Points:
    """Some points of one run up to round ``upto``, the oldest first."""

    upto: int
    memory: list[float | None]
    pids: list[float | None]


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
        number = self.round + 1
        began, used, pause = thread_time(), 0.0, perf_counter() + SLICE
        for entry in state.living():
            self._take(setup, renewed(state, entry), at, number)
            if perf_counter() >= pause:
                used += thread_time() - began
                await trio.lowlevel.checkpoint()
                began, pause = thread_time(), perf_counter() + SLICE
        self._drop_old(number)
        self.round = number
        used += thread_time() - began
        self.every = max(EVERY, RESTS * used)
        return self.every

    def of(self, wanted: Iterable[ContainerId], after: int = 0) -> dict[str, Points]:
        """The points since a round, of those that have any."""
        found: dict[str, Points] = {}
        for key in wanted:
            line = self._lines.get(key)
            missing = 0 if line is None else min(len(line.pids), line.upto - after)
            if line is not None and missing > 0:
                found[key] = Points(line.upto, _told(line.memory[-missing:]), _told(line.pids[-missing:]))
        return found

    def _take(self, setup: Setup, entry: Entry, at: float, number: int) -> None:
        line = self._lines.get(entry.run.id)
        if line is None or line.run != entry.run:
            if entry.sample is None or (line is None and len(self._lines) >= MOST_RUNS):
                return
            line = self._lines[entry.run.id] = _Line(entry.run)
        sample = fresh_sample(setup, entry, at)
        _add(line.memory, sample.memory if sample else None)
        _add(line.pids, sample.pids if sample else None)
        line.upto = number

    def _drop_old(self, number: int) -> None:
        for key in [key for key, line in self._lines.items() if line.upto != number]:
            del self._lines[key]


def _add(points: "array[float]", value: float | None) -> None:
    points.append(math.nan if value is None else value)
    if len(points) > POINTS:
        del points[0]


def _told(points: "array[float]") -> list[float | None]:
    return [None if math.isnan(point) else round(point) for point in points]
