"""Rounds: everybody has his turn within some time, a few at each look, as far as there is time for it.

Only the order of turns is here; what is done at a turn is in ``crew``, what it may cost in ``purse``.
"""

import heapq
from collections.abc import Iterable
from typing import Final, Generic, TypeVar

PEAKS_EVERY = 1.0
PEAKS_AT_ONCE = 100
TURNS_AT_ONCE, DUE_AT_ONCE = 200, 20
"""So many have their turn at one look at most; and so many are read whole, which takes longer."""
GATHERED = 0.2
"""Seconds by which a turn may come early, so that some come together: the first costs most."""
LEAST_PAUSE = 0.05
INFINITE = float("inf")
BEAT: Final = 0.5
"""Seconds: what is due now and then is done together, so that there is less to wake for."""
T = TypeVar("T")


def on_beat(at: float) -> float:
    """The last beat that is not later than this; also if this is a little before it."""
    return (at + BEAT / 10) // BEAT * BEAT


class Peaks(Generic[T]):
    """A look at each peak, once in a second or as often as may be; the kernel keeps them until then."""

    def __init__(self) -> None:
        self.at = 0.0
        self._left: list[T] = []

    def turn(self, everybody: Iterable[T]) -> list[T]:
        """Who has his turn now."""
        if not self._left:
            self._left = [*everybody]
        turn, self._left = self._left[-PEAKS_AT_ONCE:], self._left[:-PEAKS_AT_ONCE]
        return turn

    def done(self, now: float, everybody: int, least: float) -> None:
        """It was had; ``least`` is what the purse says must lie between two turns."""
        rounds = max(1, -(-everybody // PEAKS_AT_ONCE))
        self.at = now + max(PEAKS_EVERY / rounds, LEAST_PAUSE, least)
        if rounds == 1:
            self.at = max(on_beat(self.at), now + LEAST_PAUSE)


class Turns:
    """Who is told of by when, at the latest."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []

    @property
    def at(self) -> float:
        """When the next turn is."""
        return self._heap[0][0] if self._heap else INFINITE

    def add(self, at: float, key: int) -> None:
        """This one has a turn then."""
        heapq.heappush(self._heap, (at, key))

    def now(self, now: float) -> list[int]:
        """Whose turn has come, or will soon: some of them, the others with the next look."""
        found: list[int] = []
        if self.at > now:
            return found
        while self._heap and self._heap[0][0] <= now + GATHERED and len(found) < TURNS_AT_ONCE:
            found.append(heapq.heappop(self._heap)[1])
        return found
