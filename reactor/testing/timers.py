"""What is due when: one heap for everything in a world that happens by itself.

Only the order of moments belongs here; what happens at one is the caller's function.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush

import trio


@dataclass(order=True, slots=True)
class Timer:
    """Something that is going to happen; ``cancelled`` ones are passed over."""

    due: float
    number: int
    action: Callable[[float], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Let it not happen."""
        self.cancelled = True


class Timers:
    """A heap of timers, fired in order, each told the moment it was due."""

    def __init__(self) -> None:
        self._heap: list[Timer] = []
        self._count = 0
        self._earlier = trio.Event()
        self._firing = False

    def add(self, due: float, action: Callable[[float], None]) -> Timer:
        """Let ``action(due)`` happen at ``due``, after what was added before for the same moment."""
        self._count += 1
        timer = Timer(due, self._count, action)
        heappush(self._heap, timer)
        if self._heap[0] is timer:
            self._earlier.set()
        return timer

    def next_due(self) -> float:
        """When the next timer is due; infinity if there is none."""
        while self._heap and self._heap[0].cancelled:
            heappop(self._heap)
        return self._heap[0].due if self._heap else math.inf

    def fire(self, now: float) -> None:
        """Let everything happen that is due by now; what it adds for now happens, too."""
        # An action may ask the world something, and the world settles its timers first:
        # without the flag a later timer would overtake the one at work.
        if self._firing:
            return
        self._firing = True
        try:
            while self.next_due() <= now:
                timer = heappop(self._heap)
                timer.action(timer.due)
        finally:
            self._firing = False

    async def wait_next(self) -> None:
        """Wait until the next timer is due, or an earlier one was added."""
        self._earlier = trio.Event()
        with trio.move_on_at(self.next_due()):
            await self._earlier.wait()
