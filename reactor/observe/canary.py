"""How canaries fare: the one door by which whoever sends them tells the metrics.

Sending them is the business of others. A canary is a container that breaks a rule on purpose and has to be
ended in time: as long as the last success is young, everything from the event to the end of a run works.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reactor.observe.tally import Exemplar, Tally

RESULTS = ("ended", "late", "held", "failed")


@dataclass(frozen=True, slots=True)
class CanaryStanding:
    """How often one is sent, in seconds, and when one was last ended in time, by the wall clock."""

    interval: float | None = None
    last_success: float | None = None


class CanaryBook:
    """Told by whoever sends them: ``sending`` once, and ``ended``, ``held`` or ``failed`` for each canary."""

    def __init__(self, tally: Tally, wall: Callable[[], float]) -> None:
        self._tally = tally
        self._wall = wall
        self._standing = CanaryStanding()

    def standing(self) -> CanaryStanding:
        """How it stands."""
        return self._standing

    def sending(self, interval: float) -> None:
        """From now on there is one every so many seconds."""
        self._standing = CanaryStanding(interval, self._standing.last_success)
        for result in RESULTS:
            self._tally.count("reactor_canary_runs_total", 0, result=result)

    def ended(self, took: float, decision: str = "", trace: str = "", *, late: bool = False) -> None:
        """One was ended ``took`` seconds after it broke its rule, by this decision, in time or ``late``."""
        exemplar = Exemplar(took, self._wall(), decision, trace) if decision else None
        self._tally.observe("reactor_canary_duration_seconds", took, exemplar)
        self._tally.count("reactor_canary_runs_total", result="late" if late else "ended")
        if late:
            self._tally.count("reactor_canary_failures_total", reason="late")
        else:
            self._standing = CanaryStanding(self._standing.interval, self._wall())

    def held(self) -> None:
        """One was not ended since somebody held the monitor: that is no failure, and no success."""
        self._tally.count("reactor_canary_runs_total", result="held")

    def failed(self, why: str = "") -> None:
        """One could not be started, or was not seen to end; ``why`` in one word."""
        self._tally.count("reactor_canary_runs_total", result="failed")
        if why:
            self._tally.count("reactor_canary_failures_total", reason=why)
