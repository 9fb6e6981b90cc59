"""What one viewer of the page is told as time goes on: rows that changed, points of lines, the health.

What changed is found by comparing with what he was sent before; a row whose age alone went on has not
changed. All that is kept for him is that.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import trio

from reactor.app.page.encoding import array, table
from reactor.app.page.lines import Lines, Points
from reactor.app.page.listing import Listings
from reactor.app.page.overview import Overview, Overviews
from reactor.app.page.rows import Row
from reactor.app.page.slices import Slices, Turns
from reactor.core.container import ContainerId
from reactor.web.queries import Wanted

EVERY = 1.0
"""Seconds between two looks."""
HEALTH_EVERY = 3.0
STALE = 5.0
"""From this age on a reading's age is told again and again."""

Told = Mapping[str, Any]
Event = tuple[str, Told]


class Viewing:
    """What a viewer has got so far."""

    def __init__(
        self,
        overviews: Overviews,
        listings: Listings,
        lines: Lines,
        turns: Turns,
        status: Callable[[], Told],
        wanted: Wanted,
    ) -> None:
        self._overviews, self._listings, self._lines = overviews, listings, lines
        self._turns, self._status, self._wanted = turns, status, wanted
        self._number = -1
        self._ids: list[ContainerId] = []
        self._sent: dict[ContainerId, object] = {}
        self._points: dict[ContainerId, int] = {}
        self._next = self._health_at = trio.current_time()

    async def news(self) -> tuple[Event, ...]:
        """What is new for this viewer; waits until it is time to look again, and for his turn."""
        await trio.sleep_until(self._next)
        self._next = trio.current_time() + EVERY
        await self._overviews.latest()
        if self._overviews.seen.number == self._number:
            return (*self._health(),)
        async with self._turns.turn() as slices:
            changes = await self._changes(self._overviews.seen, slices)
        return (*self._health(), *changes)

    def _health(self) -> list[Event]:
        now = trio.current_time()
        if now < self._health_at:
            return []
        self._health_at = now + HEALTH_EVERY
        return [("status", self._status())]

    async def _changes(self, overview: Overview, slices: Slices) -> list[Event]:
        self._number = overview.number
        rows, total = await self._listings.listed(overview, self._wanted, slices)
        changed, points = await self._changed(rows, slices), await self._new_points(rows, slices)
        ids, before = [row.id for row in rows], self._ids
        self._ids = ids
        if not changed and not points and ids == before:
            return []
        told = {
            "at": overview.wall,
            "total": total,
            "counts": overview.counts,
            "ids": ids,
            "containers": await array(changed, slices),
            "history": {"every": self._lines.every, "lines": await table(points, slices)},
        }
        return [("containers", told)]

    async def _changed(self, rows: Sequence[Row], slices: Slices) -> list[Row]:
        prints: dict[ContainerId, object] = {}
        changed = []
        for row in rows:
            prints[row.id] = mine = _print_of(row)
            if self._sent.get(row.id) != mine:
                changed.append(row)
            if slices.over:
                await slices.pause()
        self._sent = prints
        return changed

    async def _new_points(self, rows: Sequence[Row], slices: Slices) -> Mapping[str, Points]:
        # Whoever leaves the list and comes back is sent all of his line again.
        known = {row.id: self._points.get(row.id, 0) for row in rows}
        found = await self._lines.of(known, slices, known)
        self._points = {key: found[key].upto if key in found else after for key, after in known.items()}
        return found


def _print_of(row: Row) -> object:
    """What two rows have to have in common to look the same."""
    nearest = row.nearest
    return (
        row.name,
        row.status,
        row.state,
        row.task,
        row.owner,
        row.age is None,
        row.pids,
        row.pids_limit,
        row.memory,
        row.memory_limit,
        None if row.cpu is None else round(row.cpu, 2),
        None if row.sample_age is None or row.sample_age < STALE else int(row.sample_age),
        nearest and (nearest.rule, nearest.level, nearest.dry_run, nearest.bound, round(nearest.share, 3)),
        row.holds,
    )
