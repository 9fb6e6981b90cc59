"""Whoever tells the status page: joins what the monitor knows to the paths that are asked.

It is told of steps as an observer is, keeps the last minutes of everybody in a task of its own, and answers
what ``web.page_api`` asks. What each part of the page is made of is in the modules beside this one.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import trio

from reactor.app.numbers import Numbers, Sources
from reactor.app.page.health import health
from reactor.app.page.lines import Lines
from reactor.app.page.listing import listed
from reactor.app.page.overview import Overviews
from reactor.app.page.rulebook import rulebook
from reactor.app.page.viewing import Viewing
from reactor.core.appraisal import appraise, find
from reactor.core.decisions import Outcome
from reactor.core.language.printing import tame
from reactor.core.notes import Reconciled
from reactor.core.state import Step
from reactor.http.server_routes import Routes
from reactor.observe.own import OwnCost, read_own
from reactor.observe.tally import Tally
from reactor.observe.text import plain
from reactor.web.api import Feed
from reactor.web.control import Refused
from reactor.web.page_api import page
from reactor.web.queries import Wanted

MOST_RECONCILES = 50
LONGEST_NAME, LONGEST_TEXT = 64, 500
_GONE, _CONFLICT = 404, 409

Told = Mapping[str, Any]


class Gazette:
    """The status page of one monitor. ``engine`` is how its engine is called."""

    def __init__(self, feed: Feed, engine: str, wall: Callable[[], float] = time.time) -> None:
        self._feed, self._engine, self._wall = feed, engine, wall
        self._reconciles: deque[tuple[float, Reconciled]] = deque(maxlen=MOST_RECONCILES)
        self._desk: Desk | None = None
        self._limiter = trio.CapacityLimiter(1)

    def step(self, step: Step) -> None:
        """Remember what lists told."""
        for note in step.notes:
            if isinstance(note, Reconciled):
                self._reconciles.append((self._wall(), note))

    def outcome(self, outcome: Outcome) -> None:
        """The journal tells of these."""

    def routes(self, numbers: Numbers) -> Routes:
        """The page, and all that it asks for."""
        return page(self._open(numbers), self._feed)

    async def keep_lines(
        self, numbers: Numbers, _: Tally, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Keep the last minutes of everybody, for ever."""
        desk = self._open(numbers)
        task_status.started()
        while True:
            pause = await desk.lines.keep()
            desk.note_cost(await trio.to_thread.run_sync(read_own, limiter=self._limiter))
            desk.overviews.forget()
            await trio.sleep(pause)

    def _open(self, numbers: Numbers) -> "Desk":
        if self._desk is None:
            self._desk = Desk(self._engine, numbers, self._reconciles, self._wall)
        return self._desk


class Desk:
    """Answers, once there is a monitor to ask."""

    def __init__(
        self,
        engine: str,
        numbers: Numbers,
        reconciles: "deque[tuple[float, Reconciled]]",
        wall: Callable[[], float],
    ) -> None:
        self._engine, self._numbers, self._wall = engine, numbers, wall
        self._sources: Sources = numbers.sources
        self._reconciles = reconciles
        self._own, self._own_at = OwnCost(), 0.0
        self._busy: float | None = None
        self.overviews = Overviews(self._sources.setup, self._sources.state, wall)
        self.lines = Lines(self._sources.setup, self._sources.state)

    def note_cost(self, own: OwnCost) -> None:
        """What the monitor has cost up to now."""
        now, before = self._wall(), self._own
        if own.cpu is not None and before.cpu is not None and now > self._own_at:
            self._busy = (own.cpu - before.cpu) / (now - self._own_at)
        self._own, self._own_at = own, now

    def status(self) -> Told:
        """How the monitor is."""
        return health(self._engine, self._numbers, self._sources, self._own, self._busy, self._wall())

    async def containers(self, wanted: Wanted) -> Told:
        """Some containers as rows."""
        overview = await self.overviews.latest()
        rows, total = listed(overview, wanted)
        return {
            "at": overview.wall,
            "total": total,
            "counts": overview.counts,
            "containers": rows,
            **({"history": self._history([row.id for row in rows])} if wanted.history else {}),
        }

    def container(self, wanted: str) -> Told:
        """One container, and what every rule makes of it."""
        setup, state = self._sources.setup(), self._sources.state()
        found, shown = find(state, wanted), tame(wanted, LONGEST_NAME)
        if not found:
            raise Refused(_GONE, {"error": f"no container is known as {shown}"})
        if len(found) > 1:
            ids = ", ".join(entry.run.id[:12] for entry in found[:5])
            raise Refused(_CONFLICT, {"error": f"{len(found)} containers are meant by {shown}: {ids}"})
        at, (entry,) = trio.current_time(), found
        row = self.overviews.row(setup, state, entry, at)
        return {
            "at": self._wall(),
            "row": row,
            "alive": entry.alive,
            **_tamed(asdict(appraise(setup, state, entry, at))),
            "history": self._history([entry.run.id]),
        }

    async def rules(self) -> Told:
        """The rules in force."""
        overview, setup = await self.overviews.latest(), self._sources.setup()
        told = rulebook(setup, self._sources.state(), overview, trio.current_time())
        return {"at": overview.wall, "version": setup.rules.version, "rules": told}

    def reconciles(self) -> Told:
        """What the latest lists told, the last one first."""
        return {"reconciles": [{**asdict(note), "at": wall} for wall, note in reversed(self._reconciles)]}

    def watch(self, wanted: Wanted) -> Viewing:
        """Some containers and the health, again and again."""
        return Viewing(self.overviews, self.lines, self.status, wanted)

    def _history(self, ids: list[Any]) -> Told:
        return {"every": self.lines.every, "lines": self.lines.of(ids)}


def _tamed(value: Any) -> Any:
    """Strangers' words in it made fit to be shown, wherever they stand."""
    if isinstance(value, str):
        return plain(value, LONGEST_TEXT)
    if isinstance(value, Mapping):
        return {key: _tamed(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_tamed(each) for each in value]
    return value
