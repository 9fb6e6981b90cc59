"""Rounds: everybody has his turn within some time, a few at each look, as far as there is time for it.

Only the order of turns is here; what is done at a turn is in ``crew``, what it may cost in ``purse``.
"""

import heapq
from collections.abc import Iterable
from typing import Final, Generic, TypeVar

PEAKS_EVERY = 1.0
PEAKS_AT_ONCE = 500
TURNS_AT_ONCE, DUE_AT_ONCE = 200, 20
"""So many have their turn at one look at most; and so many are read whole, which takes longer."""
GATHERED = 0.2
"""Seconds by which a turn may come early, so that some come together: the first costs most."""
LEAST_PAUSE = 0.05
INFINITE = float("inf")
BEAT: Final = 0.5
"""Seconds: what is due now and then is done together, so that there is less to wake for."""
CALM_BEAT: Final = 1.0
"""The same for what is due while nothing forks."""
UNFORKED: Final = 2.0
"""Seconds between two looks at all, or at a peak, while the kernel tells of no fork."""
T = TypeVar("T")


def on_beat(at: float, beat: float = BEAT) -> float:
    """The last beat that is not later than this; also if this is a little before it."""
    return (at + BEAT / 10) // beat * beat


class Sweeps:
    """When all are read next: soon if something may have forked since they were, else seldom."""

    def __init__(self) -> None:
        self._soon = self._late = 0.0
        self._forked = True

    @property
    def at(self) -> float:
        """When that is."""
        return self._soon if self._forked else self._late

    def forked(self) -> None:
        """Something may have forked."""
        self._forked = True

    def done(self, soon: float, late: float) -> None:
        """All were read: when they are next, if something forks and if not."""
        self._soon, self._late = soon, max(soon, late)
        self._forked = False


class Peaks(Generic[T]):
    """A look at each peak, once in a second or as often as may be; the kernel keeps them until then.

    Where nothing has forked since a round began, the next one begins later.
    """

    def __init__(self) -> None:
        self._soon = self._late = 0.0
        self._forked = True
        self._left: list[T] = []

    @property
    def at(self) -> float:
        """When somebody's next turn is."""
        return self._soon if self._forked or self._left else self._late

    def forked(self) -> None:
        """Something may have forked."""
        self._forked = True

    def turn(self, everybody: Iterable[T]) -> list[T]:
        """Who has his turn now."""
        if not self._left:
            self._left, self._forked = [*everybody], False
        turn, self._left = self._left[-PEAKS_AT_ONCE:], self._left[:-PEAKS_AT_ONCE]
        return turn

    def done(self, now: float, everybody: int, least: float) -> None:
        """It was had; ``least`` is what the purse says must lie between two turns."""
        rounds = max(1, -(-everybody // PEAKS_AT_ONCE))
        pause = PEAKS_EVERY / rounds
        self._soon = now + max(pause, LEAST_PAUSE, least)
        if pause >= BEAT:
            self._soon = max(on_beat(self._soon), now + LEAST_PAUSE)
        self._late = max(on_beat(now + UNFORKED - pause, CALM_BEAT), self._soon)


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
