"""Places that cannot be held hostage: how many tries go on at once.

What belongs here is who may begin, and when. A try that will never come back looks like one that is under
way, so whoever waits does not wait to be sure: when nobody has come back for a fraction of what is usual,
those who hold the places are doubted, and others begin beside them. What happens in a try is in ``trying``.
"""

import math
import statistics
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import trio

DOUBTED_AFTER = 0.25
"""The part of the usual time after which a place is doubted: two rounds of doubt are half of that time."""
SLOW = 2.0
"""Where nobody comes back, a place is lost after so many times what is usual, or later."""
BESIDE = 3
"""So many times its places a lane lets go on at once while there is only doubt."""
AT_MOST = 10
"""So many times its places a lane ever lets go on at once, whatever hangs."""
REMEMBERED = 9


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds; by default without an end.

    ``doubt`` is when a place is doubted while it is not known what is usual, and at the earliest; ``longest``
    when it is lost where nobody comes back at all.
    """

    doubt: float = math.inf
    longest: float = math.inf


class Lease:
    """A place that was lent; leaving the ``with`` block gives it back.

    ``since`` is when it was lent, or when whoever has it was to begin to hurry. ``hung`` is set by who
    found that the engine did not answer: how long that took says nothing of what is usual.
    """

    def __init__(self, lane: "Lane", since: float) -> None:
        self._lane = lane
        self.since = since
        self.hung = False
        self.lost = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lane.give_back(self)


@dataclass(frozen=True, slots=True)
class LaneStatistics:
    """``beside`` are those under way in excess of the places, ``overdue`` those who have lost theirs.
    ``at_bound`` is how often somebody had to wait because there were as many beside as may be."""

    beside: int = 0
    overdue: int = 0
    at_bound: int = 0


class Lane:
    """A number of places, lent in the order in which they were asked for.

    A place is *doubted* while nobody has come back for a quarter of the usual time since it was lent: then
    another may begin beside it, up to ``BESIDE`` times the places. What is usual is what those took who
    came back since the lane was last at rest: an engine that is slow for everybody is given more time, and
    one that was slow an hour ago is not. A place is *lost* when somebody who began later has come back
    earlier, or when it takes too long where nobody comes back. It does not count any more, up to ``AT_MOST``
    times the places.
    """

    def __init__(self, slots: int, patience: Patience | None = None) -> None:
        self._slots = slots
        self._patience = patience or Patience()
        self._took: deque[float] = deque(maxlen=REMEMBERED)
        self._lent: set[Lease] = set()
        self._came_back_at = -math.inf
        self._at_bound = 0
        self._changed = trio.Event()
        # Only the first in line watches the places, so that a long line costs nothing.
        self._head_of_line = trio.StrictFIFOLock()

    def statistics(self) -> LaneStatistics:
        """How it goes, now."""
        beside = max(0, len(self._lent) - self._slots)
        return LaneStatistics(beside, len(self._lent) - len(self._live()), self._at_bound)

    async def acquire(self, longer: float = 0.0) -> Lease:
        """Wait for a place; its holder is to begin to hurry after ``longer``."""
        async with self._head_of_line:
            was_at_bound = False
            while not self._is_free():
                if not was_at_bound and self._is_at_bound():
                    was_at_bound = True
                    self._at_bound += 1
                with trio.move_on_at(self._next_change()):
                    await self._changed.wait()
            lease = Lease(self, trio.current_time() + longer)
            self._lent.add(lease)
            return lease

    def give_back(self, lease: Lease) -> None:
        """The place is free again, or was already."""
        if lease not in self._lent:
            return
        self._lent.discard(lease)
        if not lease.hung:
            self._came_back(lease)
        if not self._live():
            self._took.clear()
        self._changed.set()
        self._changed = trio.Event()

    def _came_back(self, lease: Lease) -> None:
        now = self._came_back_at = trio.current_time()
        self._took.append(max(0.0, now - lease.since))
        for other in self._lent:
            # Of two that began in one moment either may be first; who is polite still has its time.
            if other.since <= min(now, lease.since - self._patience.doubt / 2):
                other.lost = True

    def _is_free(self) -> bool:
        now = trio.current_time()
        sure = sum(self._doubted_at(lease) > now for lease in self._live())
        return sure < self._slots and not self._is_at_bound()

    def _is_at_bound(self) -> bool:
        return len(self._live()) >= BESIDE * self._slots or len(self._lent) >= AT_MOST * self._slots

    def _live(self) -> list[Lease]:
        """Those who have not lost their places. What is lost stays lost, whatever is usual afterwards."""
        now = trio.current_time()
        for lease in self._lent:
            lease.lost = lease.lost or self._lost_at(lease) <= now
        return [lease for lease in self._lent if not lease.lost]

    def _next_change(self) -> float:
        """When the next place is doubted or lost, if nobody comes back until then."""
        now = trio.current_time()
        moments = [moment(lease) for lease in self._live() for moment in (self._doubted_at, self._lost_at)]
        return min((moment for moment in moments if moment > now), default=math.inf)

    def _doubted_at(self, lease: Lease) -> float:
        since = max(lease.since, self._came_back_at)
        return since + max(self._patience.doubt, DOUBTED_AFTER * self._usual())

    def _lost_at(self, lease: Lease) -> float:
        return lease.since + max(self._patience.longest, SLOW * self._usual())

    def _usual(self) -> float:
        return statistics.median(self._took) if self._took else 0.0
