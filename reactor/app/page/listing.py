"""Which rows somebody sees: filtered, sorted, cut to a number.

None comes last, whichever way it is sorted. Ten thousand rows are put into an order once for all who want
that order, and only when somebody does; whoever asks for the same gets the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from reactor.app.page.overview import Overview
from reactor.app.page.rows import ORDER, Row
from reactor.app.page.slices import Slices
from reactor.app.page.sorting import in_order
from reactor.web.queries import Wanted

KEYS: Mapping[str, Callable[[Row], Any]] = MappingProxyType(
    {
        "name": lambda row: row.name.casefold(),
        "task": lambda row: row.task.casefold() or None,
        "status": lambda row: ORDER[row.status],
        "pids": attrgetter("pids"),
        "memory": attrgetter("memory"),
        "cpu": attrgetter("cpu"),
        "age": attrgetter("age"),
    }
)
"""What can be sorted by, beside the distance."""
MOST_KEPT = 64
"""Lists of one overview that are kept."""

Listing = tuple[Sequence[Row], int]
"""Some rows, and how many there would be without a limit."""


@dataclass(frozen=True, slots=True)
class _Order:
    """The places of rows in an overview: of those that can be sorted, and of the others."""

    known: Sequence[int]
    unknown: Sequence[int] = ()

    def places(self, *, reverse: bool) -> Sequence[int]:
        """All of them."""
        if not self.unknown and not reverse:
            return self.known
        return [*(self.known[::-1] if reverse else self.known), *self.unknown]


class Listings:
    """The lists of the latest overview."""

    def __init__(self) -> None:
        self._number = -1
        self._orders: dict[str, _Order] = {}
        self._lists: dict[Wanted, Listing] = {}

    def forget(self) -> None:
        """Nobody looks any more."""
        self._number, self._orders, self._lists = -1, {}, {}

    async def listed(self, overview: Overview, wanted: Wanted, slices: Slices) -> Listing:
        """The rows that are wanted of this overview."""
        if overview.number != self._number:
            self._number, self._orders, self._lists = overview.number, {}, {}
        found = self._lists.get(wanted)
        if found is None:
            found = await self._made(overview, wanted, slices)
            # Meanwhile it may have become that of an overview before.
            if overview.number == self._number and len(self._lists) < MOST_KEPT:
                self._lists[wanted] = found
        return found

    async def _made(self, overview: Overview, wanted: Wanted, slices: Slices) -> Listing:
        order = await self._order(overview, wanted.sort, slices)
        start, end = wanted.offset, wanted.offset + wanted.limit
        places = order.places(reverse=wanted.reverse)
        if not (wanted.text or wanted.status or wanted.rule):
            return [overview.rows[place] for place in places[start:end]], len(places)
        found, total = [], 0
        for place in places:
            if _is_wanted(overview, place, wanted):
                if start <= total < end:
                    found.append(overview.rows[place])
                total += 1
            if slices.over:
                await slices.pause()
        return found, total

    async def _order(self, overview: Overview, sort: str, slices: Slices) -> _Order:
        if sort == "distance":
            return _Order(range(len(overview.rows)))
        number, order = overview.number, self._orders.get(sort)
        if order is None:
            order = await _sorted(overview.rows, KEYS[sort], slices)
            if number == self._number:
                self._orders[sort] = order
        return order


async def _sorted(rows: Sequence[Row], key: Callable[[Row], Any], slices: Slices) -> _Order:
    known: list[int] = []
    unknown: list[int] = []
    keys: list[Any] = []
    for place, row in enumerate(rows):
        value = key(row)
        keys.append(value)
        (unknown if value is None else known).append(place)
        if slices.over:
            await slices.pause()
    return _Order(await in_order(known, keys.__getitem__, slices), unknown)


def _is_wanted(overview: Overview, place: int, wanted: Wanted) -> bool:
    if wanted.text and wanted.text not in overview.words[place]:
        return False
    row = overview.rows[place]
    if wanted.status and row.status not in wanted.status:
        return False
    return not wanted.rule or _is_about(row, wanted.rule)


def _is_about(row: Row, rule: str) -> bool:
    return rule in row.holds or (row.nearest is not None and row.nearest.rule == rule)
