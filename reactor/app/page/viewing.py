"""What one viewer of the page is told as time goes on: rows that changed, points of lines, the health.

What changed is found by comparing with what he was sent before; a row whose age alone went on has not
changed. All that is kept for him is that.
"""

from collections.abc import Callable, Mapping
from typing import Any

import trio

from reactor.app.page.lines import Lines, Points
from reactor.app.page.listing import listed
from reactor.app.page.overview import Overview, Overviews
from reactor.app.page.rows import Row
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
        self, overviews: Overviews, lines: Lines, status: Callable[[], Told], wanted: Wanted
    ) -> None:
        self._overviews, self._lines, self._status, self._wanted = overviews, lines, status, wanted
        self._number = -1
        self._ids: list[ContainerId] = []
        self._sent: dict[ContainerId, object] = {}
        self._points: dict[ContainerId, int] = {}
        self._next = self._health_at = trio.current_time()

    async def news(self) -> tuple[Event, ...]:
        """What is new for this viewer; waits until it is time to look again."""
        await trio.sleep_until(self._next)
        self._next = trio.current_time() + EVERY
        overview = await self._overviews.latest()
        return (*self._health(), *self._changes(overview))

    def _health(self) -> list[Event]:
        now = trio.current_time()
        if now < self._health_at:
            return []
        self._health_at = now + HEALTH_EVERY
        return [("status", self._status())]

    def _changes(self, overview: Overview) -> list[Event]:
        if overview.number == self._number:
            return []
        self._number = overview.number
        rows, total = listed(overview, self._wanted)
        prints = {row.id: _print_of(row) for row in rows}
        changed = [row for row in rows if self._sent.get(row.id) != prints[row.id]]
        ids = [row.id for row in rows]
        points = self._new_points(ids)
        told = {
            "at": overview.wall,
            "total": total,
            "counts": overview.counts,
            "ids": ids,
            "containers": changed,
            "history": {"every": self._lines.every, "lines": points},
        }
        same = not changed and not points and ids == self._ids
        self._sent, self._ids = dict(prints), ids
        return [] if same else [("containers", told)]

    def _new_points(self, ids: list[ContainerId]) -> Told:
        # Whoever leaves the list and comes back is sent all of his line again.
        known = {key: self._points.get(key, 0) for key in ids}
        found: dict[str, Points] = {}
        for key, after in known.items():
            found.update(self._lines.of([key], after))
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
