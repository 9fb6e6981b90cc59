"""Slots that cannot be held hostage: how many tries go on at once.

A slot is lent for a time. Whoever has not given it back by then goes on without it, and the
next in line gets it: ten calls that hang never keep an eleventh waiting for long.
"""

import math
from types import TracebackType
from typing import Self

import trio


class Lease:
    """A slot that was lent; leaving the ``with`` block gives it back."""

    def __init__(self, lane: "Lane", until: float) -> None:
        self._lane = lane
        self.until = until

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lane.give_back(self)


class Lane:
    """A number of slots, lent in the order in which they were asked for."""

    def __init__(self, slots: int, patience: float = math.inf) -> None:
        self._slots = slots
        self._patience = patience
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
            lease = Lease(self, trio.current_time() + self._patience + longer)
            self._lent.add(lease)
            return lease

    def give_back(self, lease: Lease) -> None:
        """The slot is free again, or was already."""
        self._lent.discard(lease)
        self._given_back.set()
        self._given_back = trio.Event()

    def _is_free(self) -> bool:
        return len(self._lent) - self.overdue < self._slots

    def _next_due(self) -> float:
        now = trio.current_time()
        return min(lease.until for lease in self._lent if lease.until > now)
