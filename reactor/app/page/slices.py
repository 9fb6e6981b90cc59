"""Work on the monitor's own loop that would be long, cut up, and how much of it there may be.

The loop that takes decisions is the one that the page is made on. A thread would not help: whoever sorts or
encodes in one keeps the loop from running all the same. So long work stops every half millisecond for the
loop to go round, one does it at a time, and rests afterwards.
"""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter, thread_time
from typing import Any

import trio

SLICE = 0.0005
"""For so many seconds at a time the loop is held up."""
_AT_ONCE = 128
RESTS = 20.0
"""For so many times what work took nothing more is done: a twentieth of a core at most."""


class Slices:
    """One piece of work: whoever does it asks after every bit ``if slices.over: await slices.pause()``."""

    __slots__ = ("_began", "_length", "_until", "_used")

    def __init__(self, length: float = SLICE) -> None:
        self._length = length
        self._used = 0.0
        self._begin()

    @property
    def over(self) -> bool:
        """Whether the loop should go round now."""
        return perf_counter() >= self._until

    @property
    def used(self) -> float:
        """The seconds of a core that it took up to now; what others did meanwhile is not in it."""
        return self._used + thread_time() - self._began

    async def pause(self) -> None:
        """Let the loop go round."""
        self._used = self.used
        await trio.lowlevel.checkpoint()
        self._begin()

    def _begin(self) -> None:
        self._began = thread_time()
        self._until = perf_counter() + self._length


async def let_go(things: list[Any], slices: Slices) -> None:
    """Empty a list that holds the last of many things: to give ten thousand of them back takes long, too."""
    while things:
        del things[-_AT_ONCE:]
        if slices.over:
            await slices.pause()


class Crowded(Exception):
    """So many wait for their turn that another one is not let in."""


class Turns:
    """One at a time, the first who came first; and after each a rest in proportion to what it took."""

    def __init__(self, length: float = SLICE, rests: float = RESTS) -> None:
        self._length, self._rests = length, rests
        self._lock = trio.Lock()
        self._free_at = -math.inf

    def slices(self) -> Slices:
        """For work that has turns of its own."""
        return Slices(self._length)

    @asynccontextmanager
    async def turn(self, most: float = math.inf) -> AsyncIterator[Slices]:
        """Wait for a turn. Raises Crowded where ``most`` wait already."""
        if self._lock.statistics().tasks_waiting >= most:
            raise Crowded
        async with self._lock:
            await trio.sleep_until(self._free_at)
            slices = self.slices()
            try:
                yield slices
            finally:
                self._free_at = trio.current_time() + self._rests * slices.used
