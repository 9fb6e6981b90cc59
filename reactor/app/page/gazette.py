"""Whoever tells the status page: joins what the monitor knows to the paths that are asked.

It is told of steps as an observer is, and keeps the last minutes of everybody in a task of its own. What
``web.page_api`` asks is answered in ``desk``.
"""

import time
from collections import deque
from collections.abc import Callable

import trio

from reactor.app.numbers import Numbers
from reactor.app.page.desk import Desk
from reactor.core.beats import next_beat
from reactor.core.decisions import Outcome
from reactor.core.notes import Reconciled
from reactor.core.state import Step
from reactor.http.server_routes import Routes
from reactor.observe.own import read_own
from reactor.observe.tally import Tally
from reactor.web.api import Feed
from reactor.web.page_api import page

MOST_RECONCILES = 50


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

    def routes(self, numbers: Numbers, tally: Tally) -> Routes:
        """The page, and all that it asks for."""

        def turned_away() -> None:
            tally.count("reactor_web_refused_total", reason="seat")

        return page(self._open(numbers), self._feed, turned_away)

    async def keep_lines(
        self, numbers: Numbers, _: Tally, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Keep the last minutes of everybody, for ever."""
        desk = self._open(numbers)
        task_status.started()
        while True:
            pause = await desk.lines.keep()
            desk.note_cost(await trio.to_thread.run_sync(read_own, limiter=self._limiter))
            await desk.forget()
            await trio.sleep_until(next_beat(trio.current_time() + pause))

    def _open(self, numbers: Numbers) -> Desk:
        if self._desk is None:
            self._desk = Desk(self._engine, numbers, self._reconciles, self._wall)
        return self._desk
