"""Whom the page asks: what is known at this moment, as answers.

Each answer that takes more than a moment is made in slices, one at a time, and once for all who ask the same.
What the parts of an answer are made of is in the modules beside this one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import msgspec
import trio

from reactor.app.numbers import Numbers, Sources
from reactor.app.page.answers import Answers
from reactor.app.page.encoding import array, table
from reactor.app.page.health import health
from reactor.app.page.lines import Lines
from reactor.app.page.listing import Listings
from reactor.app.page.overview import Overviews
from reactor.app.page.rulebook import rulebook
from reactor.app.page.slices import Slices, Turns
from reactor.app.page.viewing import Viewing
from reactor.core.appraisal import appraise, may_be, meant
from reactor.core.language.printing import tame
from reactor.core.notes import Reconciled
from reactor.core.state import Entry, State
from reactor.observe.own import OwnCost
from reactor.observe.text import plain
from reactor.web.control import Refused
from reactor.web.queries import Wanted

LONGEST_NAME, LONGEST_TEXT = 64, 500
_GONE, _CONFLICT = 404, 409
_RULES_EVERY = 0.5
"""Seconds for which what is told of the rules is good."""

Told = Mapping[str, Any]
Lists = Sequence[tuple[float, Reconciled]]


class Desk:
    """Answers, once there is a monitor to ask."""

    def __init__(
        self,
        engine: str,
        numbers: Numbers,
        lists: Lists,
        wall: Callable[[], float],
        turns: Turns | None = None,
    ) -> None:
        self._engine, self._numbers, self._wall = engine, numbers, wall
        self._sources: Sources = numbers.sources
        self._lists = lists
        self._own, self._own_at = OwnCost(), 0.0
        self._busy: float | None = None
        self._turns = turns or Turns()
        self._answers, self._listings = Answers(self._turns), Listings()
        self.overviews = Overviews(self._sources.setup, self._sources.state, wall, self._turns.slices)
        self.lines = Lines(self._sources.setup, self._sources.state)

    def note_cost(self, own: OwnCost) -> None:
        """What the monitor has cost up to now."""
        now, before = self._wall(), self._own
        if own.cpu is not None and before.cpu is not None and now > self._own_at:
            self._busy = (own.cpu - before.cpu) / (now - self._own_at)
        self._own, self._own_at = own, now

    async def forget(self) -> None:
        """Nobody looks any more: thousands of rows need not be kept for that."""
        if await self.overviews.forget():
            self._answers.forget()
            self._listings.forget()

    def status(self) -> Told:
        """How the monitor is."""
        return health(self._engine, self._numbers, self._sources, self._own, self._busy, self._wall())

    async def containers(self, wanted: Wanted) -> msgspec.Raw:
        """Some containers as rows."""
        await self.overviews.latest()

        def mark() -> tuple[int, int]:
            return self.overviews.seen.number, self.lines.round if wanted.history else 0

        async def made(slices: Slices) -> msgspec.Raw:
            overview = self.overviews.seen
            rows, total = await self._listings.listed(overview, wanted, slices)
            told = {
                "at": overview.wall,
                "total": total,
                "counts": overview.counts,
                "containers": await array(rows, slices),
            }
            if wanted.history:
                lines = await self.lines.of([row.id for row in rows], slices)
                told["history"] = {"every": self.lines.every, "lines": await table(lines, slices)}
            return msgspec.Raw(msgspec.json.encode(told))

        return await self._answers.to(wanted, mark, made)

    async def container(self, wanted: str) -> Told:
        """One container, and what every rule makes of it."""
        async with self._turns.turn() as slices:
            setup, state = self._sources.setup(), self._sources.state()
            found, shown = await _sought(state, wanted, slices), tame(wanted, LONGEST_NAME)
            if not found:
                raise Refused(_GONE, {"error": f"no container is known as {shown}"})
            if len(found) > 1:
                ids = ", ".join(entry.run.id[:12] for entry in found[:5])
                raise Refused(_CONFLICT, {"error": f"{len(found)} containers are meant by {shown}: {ids}"})
            at, (entry,) = trio.current_time(), found
            lines = await self.lines.of([entry.run.id], slices)
            return {
                "at": self._wall(),
                "row": self.overviews.row(setup, state, entry, at),
                "alive": entry.alive,
                **_tamed(asdict(appraise(setup, state, entry, at))),
                "history": {"every": self.lines.every, "lines": lines},
            }

    async def rules(self) -> msgspec.Raw:
        """The rules in force."""
        await self.overviews.latest()

        async def made(slices: Slices) -> msgspec.Raw:
            overview, setup = self.overviews.seen, self._sources.setup()
            told = await rulebook(setup, self._sources.state(), overview, trio.current_time(), slices)
            rules = await array(told, slices)
            body = {"at": overview.wall, "version": setup.rules.version, "rules": rules}
            return msgspec.Raw(msgspec.json.encode(body))

        return await self._answers.to("rules", lambda: trio.current_time() // _RULES_EVERY, made)

    def reconciles(self) -> Told:
        """What the latest lists told, the last one first."""
        return {"reconciles": [{**asdict(note), "at": wall} for wall, note in reversed(self._lists)]}

    def watch(self, wanted: Wanted) -> Viewing:
        """Some containers and the health, again and again."""
        return Viewing(self.overviews, self._listings, self.lines, self._turns, self.status, wanted)


async def _sought(state: State, wanted: str, slices: Slices) -> tuple[Entry, ...]:
    """Those that a person means. All are looked at: one may be called what another's id begins with."""
    found = []
    for entry in state.entries.values():
        if may_be(entry, wanted):
            found.append(entry)
        if slices.over:
            await slices.pause()
    return meant(found, wanted)


def _tamed(value: Any) -> Any:
    """Strangers' words in it made fit to be shown, wherever they stand."""
    if isinstance(value, str):
        return plain(value, LONGEST_TEXT)
    if isinstance(value, Mapping):
        return {key: _tamed(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_tamed(each) for each in value]
    return value
