"""When something was written to the kernel's log, by our own clock.

The log has a clock of its own, which nobody sets right: in a week it can be seconds away from ours.
"""

DRIFT = 0.0005
"""By how much the two clocks may go apart, in seconds for each second; usual is a tenth of that."""
OLDEST = 60.0
"""Seconds; what is read so late is too old to be acted on."""


class LogClock:
    """Knows how far the two clocks are apart, by the record that was read the soonest.

    Nothing can be read before it was written. So the least that our clock was ahead at any reading is the
    best guess; the older that reading, the less it says.
    """

    def __init__(self) -> None:
        self._ahead: float | None = None
        self._as_of = 0.0

    def age(self, micros: int, now: float) -> float | None:
        """How many seconds ago this was written; None if that is longer than anybody should act on."""
        ahead = now - micros / 1e6
        known = self._ahead
        if known is not None:
            known += (now - self._as_of) * DRIFT
        if known is None or ahead <= known:
            self._ahead, self._as_of = ahead, now
            return 0.0
        if ahead - known > OLDEST:
            # Either we stood still, or that clock did: what comes next tells.
            self._ahead, self._as_of = ahead, now
            return None
        return ahead - known
