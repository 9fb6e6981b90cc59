"""Every outcome to the webhooks that are to hear of all of them.

Only what is told belongs here; sending is in ``courier``. Putting a message on its way never waits; one that
does not fit is dropped there, and counted.
"""

from collections.abc import Callable, Sequence

from reactor.act.courier import Courier
from reactor.act.messages import CONCLUDED, event, of_outcome
from reactor.core.decisions import Outcome
from reactor.core.state import Step


class Crier:
    """An observer. ``source`` says who we are, ``wall`` is the time of day."""

    def __init__(self, to: Sequence[str], courier: Courier, source: str, wall: Callable[[], float]) -> None:
        self._to = tuple(to)
        self._courier = courier
        self._source = source
        self._wall = wall

    def step(self, _step: Step) -> None:
        """Only what came of decisions is told."""

    def outcome(self, outcome: Outcome) -> None:
        """Tell it. The same decision can be wedged first and over later: that is two pieces of news."""
        identity = f"{outcome.decision.id}-{outcome.result}-{outcome.why}"
        body = event(CONCLUDED, identity, self._source, self._wall(), of_outcome(outcome))
        for name in self._to:
            self._courier.send_nowait(name, body)
