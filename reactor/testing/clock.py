"""The embedded engine's wall clock and the text in which an engine writes moments.

Only the engine's idea of the time belongs here. What happens when is in ``timers``.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import trio

NEVER = "0001-01-01T00:00:00Z"
"""How an engine writes a moment that has not come."""

DEFAULT_EPOCH = 1_767_225_600.0
"""The first second of 2026: a world says the same in every test unless it is told the real time."""

SECOND = 1_000_000_000


class EngineClock:
    """Turns our monotonic seconds into the engine's wall clock, which may lie and may jump."""

    def __init__(self, epoch: float = DEFAULT_EPOCH, now: Callable[[], float] = trio.current_time) -> None:
        self._epoch = round(epoch * SECOND)
        self._now = now
        # The origin is taken at the first use: a world may be built before trio runs.
        self._origin: float | None = None
        self._last = 0

    def now(self) -> float:
        """Our monotonic clock, in seconds."""
        return self._now()

    def nanos(self, at: float | None = None) -> int:
        """The engine's wall clock in nanoseconds, now or at a moment of our monotonic clock."""
        moment = self._now() if at is None else at
        if self._origin is None:
            self._origin = moment
        return self._epoch + round((moment - self._origin) * SECOND)

    def stamp(self, at: float | None = None) -> int:
        """Like ``nanos``, and never the same value twice.

        On a real engine two things never happen in the same nanosecond. Under a virtual
        clock they would, and two runs of one container could not be told apart.
        """
        self._last = max(self.nanos(at), self._last + 1)
        return self._last

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward, or back if negative, as a wrong or corrected host clock does."""
        self.nanos()
        self._epoch += round(seconds * SECOND)
        self._last = 0

    def at(self, nanos: int) -> float:
        """The moment of our monotonic clock at which the engine's present clock showed ``nanos``."""
        now = self._now()
        return now - (self.nanos(now) - nanos) / SECOND


def written(nanos: int) -> str:
    """A moment as RFC3339Nano: the way Go writes it, without trailing zeros."""
    seconds, rest = divmod(nanos, SECOND)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{rest:09d}".rstrip("0").rstrip(".")
    return f"{text}{fraction}Z"
