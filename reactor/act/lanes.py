"""Slots that cannot be held hostage: how many tries go on at once.

A slot is lent for a time. Whoever has not given it back by then goes on without it, and the
next in line gets it: ten calls that hang never keep an eleventh waiting for long.
"""

import math
import statistics
from collections import deque
from types import TracebackType
from typing import Self

import trio

SLOW = 2.0
"""Who takes so many times what is usual is slow."""
REMEMBERED = 9


class Lease:
    """A slot that was lent; leaving the ``with`` block gives it back. ``since`` is when it was lent, or when
    whoever has it was to begin to hurry."""

    def __init__(self, lane: "Lane", since: float, until: float) -> None:
        self._lane = lane
        self.since = since
        self.until = until

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lane.give_back(self)


class Lane:
    """A number of slots, lent in the order in which they were asked for, each for twice the usual time.

    What is usual is learned from those that were given back: an engine with much to do is slow for everybody,
    and more calls would not make it quicker. The time is at most ``patience`` and at least ``least``.
    """

    def __init__(self, slots: int, patience: float = math.inf, least: float = math.inf) -> None:
        self._slots = slots
        self._patience = patience
        self._least = min(least, patience)
        self._took: deque[float] = deque(maxlen=REMEMBERED)
        self._lent: set[Lease] = set()
        self._given_back = trio.Event()
        # Only the first in line watches the slots, so that a long line costs nothing.
        self._head_of_line = trio.StrictFIFOLock()

    @property
    def overdue(self) -> int:
        """How many go on without their slot."""
        now = trio.current_time()
        return sum(lease.until <= now for lease in self._lent)

    async def acquire(self, longer: float = 0.0) -> Lease:
        """Wait for a slot; it is lent for the lane's patience and ``longer``."""
        async with self._head_of_line:
            while not self._is_free():
                with trio.move_on_at(self._next_due()):
                    await self._given_back.wait()
            since = trio.current_time() + longer
            lease = Lease(self, since, since + self._lent_for())
            self._lent.add(lease)
            return lease

    def give_back(self, lease: Lease) -> None:
        """The slot is free again, or was already."""
        if lease in self._lent:
            self._took.append(max(0.0, trio.current_time() - lease.since))
        self._lent.discard(lease)
        self._given_back.set()
        self._given_back = trio.Event()

    def _lent_for(self) -> float:
        usual = statistics.median(self._took) if self._took else 0.0
        return min(max(self._least, SLOW * usual), self._patience)

    def _is_free(self) -> bool:
        return len(self._lent) - self.overdue < self._slots

    def _next_due(self) -> float:
        now = trio.current_time()
        return min(lease.until for lease in self._lent if lease.until > now)
