"""Whether a monitor works: what its watchdog is fed by.

Only judging belongs here. That the loop turns is known from being asked at all. What must not count is
anything outside of us: an engine that is down, a disk that hangs or rules with a mistake are not mended by
starting the monitor again, and a monitor that is started again and again sees less than one that waits.
"""

from dataclasses import dataclass

from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers

CLOCK = "clock"
"""The source of ticks (``arrivals``)."""
TICKS_APART = 10.0
"""Seconds without a tick after which the graph's pump is taken for dead; there is one each second."""
BESIDE_PERIOD = 60.0
"""Seconds that one look at the engine may take beyond two periods: its deadlines, all together, take less."""


@dataclass(slots=True)
class Works:
    """Judges one monitor, from the moment ``since`` on.

    ``period`` is how often the engine is listed, in seconds. A list that fails is as good as one that comes:
    whoever fails still tries.
    """

    monitor: Monitor
    numbers: Numbers
    period: float
    since: float
    _looks: int = -1
    _looked_at: float = 0.0

    def why_not(self, now: float) -> str:
        """What does not work, as a sentence; empty if all does. ``now`` is on our monotonic clock."""
        if now - max(self.monitor.arrivals.get(CLOCK, self.since), self.since) > TICKS_APART:
            return f"the clock of the graph has stood still for more than {TICKS_APART:g} s"
        watch = self.numbers.sources.watch()
        looks = watch.snapshots + watch.list_failures
        if looks != self._looks:
            self._looks, self._looked_at = looks, now
        longest = 2 * self.period + BESIDE_PERIOD
        if now - self._looked_at > longest:
            return f"nobody has tried to list the engine's containers for more than {longest:g} s"
        return ""
