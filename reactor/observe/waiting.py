"""A line of bounded length for what waits to be sent. Whoever puts something in never waits.

What finds no room is counted and gone. Who empties it is in ``batches``.
"""

from collections import deque
from math import inf
from typing import Generic, Protocol, TypeVar

import trio


class Sized(Protocol):
    """Something that takes so much room."""

    @property
    def size(self) -> int:
        """How much, at most."""
        ...


Waiting = TypeVar("Waiting", bound=Sized)


class Line(Generic[Waiting]):
    """The line. What is in it has a size of ``most`` together; one alone is taken however large it is."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._line: deque[Waiting] = deque()
        self._wake = trio.Event()
        self.queued = 0
        self.dropped = 0

    def put(self, one: Waiting, enough: float = inf) -> None:
        """Add one, if there is room; whoever waits is woken when there is ``enough``."""
        if self._line and self.queued + one.size > self._most:
            self.dropped += one.size
            return
        self._line.append(one)
        self.queued += one.size
        if self.queued >= enough:
            self._wake.set()

    def take(self, most: int) -> tuple[Waiting, ...]:
        """The first of them, of about so much together, and one at least."""
        taken: list[Waiting] = []
        room = most
        while self._line and (not taken or self._line[0].size <= room):
            one = self._line.popleft()
            room -= one.size
            self.queued -= one.size
            taken.append(one)
        return tuple(taken)

    async def wait(self, seconds: float) -> None:
        """Wait so long, or until there is enough."""
        with trio.move_on_after(seconds):
            await self._wake.wait()
        self._wake = trio.Event()
