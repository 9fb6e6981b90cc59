"""The one thread that touches the file.

Only handing it work belongs here, one piece at a time.
"""

from collections.abc import Callable
from typing import TypeVar

import trio

T = TypeVar("T")


class OneThread:
    """Runs blocking work beside the loop, never two pieces at once. ``inline`` runs it on the loop's own."""

    def __init__(self, *, inline: bool = False) -> None:
        self._inline = inline
        self._limiter = trio.CapacityLimiter(1)
        self._began: float | None = None
        self._done = trio.Event()

    @property
    def busy(self) -> float:
        """For how many seconds the present piece of work has been going on; 0 if there is none."""
        return 0.0 if self._began is None else trio.current_time() - self._began

    @property
    def is_busy(self) -> bool:
        """Whether there is a piece of work."""
        return self._began is not None

    async def run(self, work: Callable[[], T]) -> T:
        """Run it. Cancelled, it is left behind in its thread: a stalled disk must not keep us alive."""
        self._began = trio.current_time()
        try:
            if self._inline:
                await trio.lowlevel.checkpoint()
                return work()
            return await trio.to_thread.run_sync(work, limiter=self._limiter, abandon_on_cancel=True)
        finally:
            self._began = None
            self._done.set()
            self._done = trio.Event()

    async def wait_done(self) -> None:
        """Wait until the present piece of work, or the next one, is done."""
        await self._done.wait()
