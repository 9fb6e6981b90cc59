"""Everything that is alive at one moment, as rows: taken for all who look, and seldom enough.

The loop that takes decisions is the one that this runs on, so it is taken in slices, from one state that
does not change meanwhile, and not again before many times as long as it took. How a row is made is in
``rows``.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from time import perf_counter, thread_time

import trio

from reactor.app.page.nearest import Measures, Stands
from reactor.app.page.rows import Row, nearness, row_of, words_of
from reactor.core.rules import Rule
from reactor.core.state import Entry, Setup, State

SLICE = 0.0005
"""For so many seconds at a time the loop is held up."""
YOUNGEST, RESTS = 1.0, 20.0
"""An overview is good for so many seconds, and for so many times what it took: a twentieth of a core at
most."""


@dataclass(slots=True)
class Tally:
    """Of how many living runs a rule holds, cannot be judged, or is about at all."""

    selects: int = 0
    holds: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """What was there at ``wall``, in seconds since the epoch, the nearest first. ``number`` tells one from
    the next. ``words`` are what a filter looks at, row by row."""

    number: int = 0
    wall: float = 0.0
    took: float = 0.0
    rows: tuple[Row, ...] = ()
    words: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    rules: Mapping[str, Tally] = field(default_factory=dict)


class Overviews:
    """Takes them; whoever asks while one is taken gets that one."""

    def __init__(
        self, setup: Callable[[], Setup], state: Callable[[], State], wall: Callable[[], float]
    ) -> None:
        self._setup, self._state, self._wall = setup, state, wall
        self._measures = Measures()
        self._taking = trio.Lock()
        self._latest = Overview()
        self._good_until = -math.inf

    async def latest(self) -> Overview:
        """One that is young enough."""
        if trio.current_time() >= self._good_until:
            async with self._taking:
                if trio.current_time() >= self._good_until:
                    self._latest = await self._take()
        return self._latest

    def row(self, setup: Setup, state: State, entry: Entry, at: float) -> Row:
        """One container as a row, at this moment."""
        return row_of(setup, state, entry, at, self._measures)[0]

    def forget(self) -> None:
        """Nobody looks any more: thousands of rows need not be kept for that."""
        if trio.current_time() >= self._good_until + RESTS * YOUNGEST:
            self._latest = Overview(self._latest.number)

    async def _take(self) -> Overview:
        setup, state, at = self._setup(), self._state(), trio.current_time()
        rows: list[tuple[float, str, Row]] = []
        rules: dict[str, Tally] = {}
        wall, began, used = self._wall(), thread_time(), 0.0
        pause = perf_counter() + SLICE
        for entry in state.living():
            row, stands = row_of(setup, state, entry, at, self._measures)
            rows.append((nearness(row), words_of(row), row))
            _count(rules, entry.rules, stands)
            if perf_counter() >= pause:
                used += thread_time() - began
                await trio.lowlevel.checkpoint()
                began, pause = thread_time(), perf_counter() + SLICE
        rows.sort(key=itemgetter(0, 1))
        _, words, found = zip(*rows, strict=True) if rows else ((), (), ())
        counts = Counter(map(attrgetter("status"), found))
        used += thread_time() - began
        self._good_until = trio.current_time() + max(YOUNGEST, RESTS * used)
        return Overview(self._latest.number + 1, wall, used, found, words, counts, rules)


def place_of(rule: Rule) -> str:
    """What a rule is counted by: a label that makes it stricter for somebody makes no other rule of it."""
    return f"{rule.name}/{rule.level.value}"


def _count(tallies: dict[str, Tally], rules: tuple[Rule, ...], stands: Stands) -> None:
    for rule in rules:
        tallies.setdefault(place_of(rule), Tally()).selects += 1
    for rule in stands.holding:
        tallies[place_of(rule)].holds += 1
    for rule in stands.unknown:
        tallies[place_of(rule)].unknown += 1
