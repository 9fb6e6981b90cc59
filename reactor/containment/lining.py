"""Who stands in line to be held: the youngest first, whoever is to be tried again behind them.

Only the order and the pauses belong here; what holding somebody means is in ``keeping``.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import trio

from reactor.core.container import Container, Run

_AGAIN_AFTER, _LONGEST_AGAIN = 1.0, 60.0


@dataclass(frozen=True, slots=True)
class _Again:
    """When the engine is asked about a run once more, and how long that pause is."""

    at: float
    pause: float


class Line:
    """The runs that are to be held, and are not yet."""

    def __init__(self) -> None:
        # The youngest first: who was there already has been seen to behave for a while.
        self._waiting: dict[Run, None] = {}
        self._under_way: set[Run] = set()
        self._again: dict[Run, _Again] = {}
        self._crowded: dict[Run, None] = {}
        self._idle = trio.lowlevel.ParkingLot()

    @property
    def known(self) -> set[Run]:
        """Everybody who stands in it, or is being seen to."""
        return self._under_way.union(self._waiting, self._again, self._crowded)

    def keep(self, wanted: Mapping[Run, Container]) -> None:
        """Nobody else need stand in it any longer."""
        self._waiting = {run: None for run in self._waiting if run in wanted}
        self._crowded = {run: None for run in self._crowded if run in wanted}
        self._again = {run: again for run, again in self._again.items() if run in wanted}

    def put(self, run: Run) -> None:
        """Somebody new, or one who has to be seen to anew."""
        self._waiting[run] = None
        self._idle.unpark()

    def try_again(self, run: Run) -> None:
        """It did not come off: after a pause, which is longer each time."""
        before = self._again.get(run)
        pause = _AGAIN_AFTER if before is None else min(2 * before.pause, _LONGEST_AGAIN)
        self._again[run] = _Again(trio.current_time() + pause, pause)

    def settle(self, run: Run) -> None:
        """There is an answer: it need not be tried again."""
        self._again.pop(run, None)

    def crowd(self, run: Run) -> None:
        """There is no room for it, until somebody goes."""
        self.settle(run)
        self._crowded[run] = None

    def is_crowded(self, run: Run) -> bool:
        """Whether there is no room for it."""
        return run in self._crowded

    def make_room(self) -> None:
        """Somebody went: the one who came last without a place is seen to."""
        if self._crowded:
            self.put(self._crowded.popitem()[0])

    async def next(self) -> Run:
        """Wait for somebody to be seen to."""
        while (run := self._first()) is None:
            # While there is nobody to be tried again, nobody wakes for it.
            with trio.move_on_at(self._next_try()):
                await self._idle.park()
        return run

    def _next_try(self) -> float:
        waiting = (again.at for run, again in self._again.items() if run not in self._under_way)
        return min(waiting, default=math.inf)

    @contextmanager
    def under_way(self, run: Run) -> Iterator[None]:
        """While somebody is seen to."""
        self._under_way.add(run)
        try:
            yield
        finally:
            self._under_way.discard(run)
            if run in self._again:
                # Whoever saw to it may be busy with somebody else by then.
                self._idle.unpark()

    def _first(self) -> Run | None:
        """Who is waiting, and else who is due for another try: those never stand before somebody new."""
        if self._waiting:
            return self._waiting.popitem()[0]
        now = trio.current_time()
        due = (run for run, again in self._again.items() if again.at <= now and run not in self._under_way)
        return next(due, None)
