"""How long after its start a container is read by the fast lane: until then nobody guards it so closely.

Half of all that goes wrong does so right at the start. What belongs here is the taking of that time, for
those that started while we were there: by the engine's own moment of the start, on the clock of the host that
both are on. That is what the lane needs anyhow.
"""

import time
from collections.abc import Callable, Iterable

from reactor.core.container import Run
from reactor.core.facts import Sample
from reactor.engine.times import seconds

ARMED = "reactor_lane_arming_duration_seconds"


class Arming:
    """Stands between the lane and whoever takes its readings: the first of a run tells that it is armed."""

    def __init__(
        self,
        feed: Callable[[Sample], None],
        observe: Callable[[str, float], None],
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._feed, self._observe, self._wall = feed, observe, wall
        self._since = wall()
        self._read = set[Run]()

    def want(self, wanted: Iterable[Run]) -> None:
        """These may be read, and no others: who is not there any more is forgotten."""
        self._read.intersection_update(wanted)

    def take(self, sample: Sample) -> None:
        """Hand a reading on."""
        self._feed(sample)
        if sample.run not in self._read:
            self._read.add(sample.run)
            self._armed(sample.run)

    def _armed(self, run: Run) -> None:
        started = seconds(run.started_at)
        if started is not None and started >= self._since:
            self._observe(ARMED, self._wall() - started)
