"""Reading rule files while the monitor runs, on a thread of its own: one that hangs holds up nobody.

What is read, and what becomes of it, is the business of ``reloading`` and ``controlling``.
"""

from collections.abc import Callable
from typing import TypeVar

import trio

T = TypeVar("T")

WITHIN = 20.0
"""Seconds for all rule files: less than whoever asks for a reload waits for the answer."""


_WHY = "does the file system that they lie on hang?"


class ReadingHangs(Exception):
    """The files could not be read in time."""


class Reading:
    """One piece of reading at a time, each for ``within`` seconds at most.

    What hangs is left behind in its thread; until it comes back from there, nothing else is begun.
    """

    def __init__(self, within: float = WITHIN) -> None:
        self._within = within
        # A thread that is left behind keeps its token for as long as it hangs.
        self._limiter = trio.CapacityLimiter(1)
        self._began = 0.0

    @property
    def busy_for(self) -> float | None:
        """For how many seconds a piece of reading, waited for or left behind, has been going on."""
        return trio.current_time() - self._began if self._limiter.borrowed_tokens else None

    async def run(self, read: Callable[[], T]) -> T:
        """What ``read`` gives. It may block; if it takes too long or this is cancelled it is left behind."""
        busy = self.busy_for
        if busy is not None:
            raise ReadingHangs(f"an earlier reading of them has gone on for {busy:.0f} s: {_WHY}")
        self._began = trio.current_time()
        try:
            with trio.fail_after(self._within):
                return await trio.to_thread.run_sync(read, limiter=self._limiter, abandon_on_cancel=True)
        except trio.TooSlowError:
            raise ReadingHangs(f"they could not be read within {self._within:.0f} s: {_WHY}") from None
