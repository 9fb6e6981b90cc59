"""Everything that is alive at one moment, as rows: taken for all who look, and seldom enough.

The loop that takes decisions is the one that this runs on, so it is taken in slices, from one state that
does not change meanwhile, and not again before many times as long as it took. How a row is made is in
``rows``, how work is cut into slices in ``slices``.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter

import trio

from reactor.app.page.nearest import Measures, Stands
from reactor.app.page.rows import Row, nearness, row_of, words_of
from reactor.app.page.slices import RESTS, Slices, let_go
from reactor.app.page.sorting import in_order
from reactor.core.rules import Rule
from reactor.core.state import Entry, Setup, State

YOUNGEST = 1.0
"""An overview is good for so many seconds at least; for longer if it took long."""


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
        self,
        setup: Callable[[], Setup],
        state: Callable[[], State],
        wall: Callable[[], float],
        slices: Callable[[], Slices] = Slices,
    ) -> None:
        self._setup, self._state, self._wall, self._slices = setup, state, wall, slices
        self._measures = Measures()
        self._taking = trio.Lock()
        self._latest = Overview()
        self._good_until = -math.inf

    async def latest(self) -> Overview:
        """One that is young enough."""
        if trio.current_time() >= self._good_until:
            async with self._taking:
                if trio.current_time() >= self._good_until:
                    await self._replace(await self._take())
        return self._latest

    @property
    def seen(self) -> Overview:
        """The one that was taken last, however old it is."""
        return self._latest

    def row(self, setup: Setup, state: State, entry: Entry, at: float) -> Row:
        """One container as a row, at this moment."""
        return row_of(setup, state, entry, at, self._measures)[0]

    async def forget(self) -> bool:
        """Keep it no longer if nobody looks any more; gives whether that is so."""
        if trio.current_time() < self._good_until + RESTS * YOUNGEST:
            return False
        before, self._latest = [*self._latest.rows], Overview(self._latest.number)
        await let_go(before, self._slices())
        return True

    async def _take(self) -> Overview:
        setup, state, at = self._setup(), self._state(), trio.current_time()
        made: list[tuple[float, str, Row]] = []
        rules: dict[str, Tally] = {}
        counts: Counter[str] = Counter()
        wall, slices = self._wall(), self._slices()
        for entry in state.living():
            row, stands = row_of(setup, state, entry, at, self._measures)
            made.append((nearness(row), words_of(row), row))
            counts[row.status] += 1
            _count(rules, entry.rules, stands)
            if slices.over:
                await slices.pause()
        rows, words = await _ordered(made, slices)
        used = slices.used
        return Overview(self._latest.number + 1, wall, used, rows, words, counts, rules)

    async def _replace(self, overview: Overview) -> None:
        before, self._latest = [*self._latest.rows], overview
        self._good_until = trio.current_time() + max(YOUNGEST, RESTS * overview.took)
        await let_go(before, self._slices())


async def _ordered(
    made: list[tuple[float, str, Row]], slices: Slices
) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """The rows in the order of their distance, and their words likewise."""
    ordered = await in_order(made, itemgetter(0, 1), slices)
    made.clear()
    ordered.reverse()
    rows, words = [], []
    while ordered:
        _, word, row = ordered.pop()
        rows.append(row)
        words.append(word)
        if slices.over:
            await slices.pause()
    return tuple(rows), tuple(words)


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
