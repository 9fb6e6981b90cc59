"""What is done about a run, stage by stage: the entries of ``then:``, checked and in their order.

Records only. How they are written is the business of the ``ruleset`` room, carrying them out that
of ``act``. A chain has at most one stage that ends the run; those before it never keep it from that
for longer than their timeouts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reactor.core.container import NO_LIMITS, Limits
from reactor.core.verbs import ENDING, Action


class OnFailure(StrEnum):
    """What becomes of the rest of a chain when a stage fails or takes too long."""

    CONTINUE = "continue"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Stage:
    """One entry of ``then:``.

    ``timeout`` is in seconds, None the usual one of the action. ``grace`` belongs to stop and restart,
    ``wait`` to a notice: for how many seconds the chain waits after it was given. ``target`` is the name of
    a webhook, or of a program, in the configuration: a rule file names what an operator allowed there.
    ``missing`` tells that limits are set only where the container has none.
    """

    action: Action
    timeout: float | None = None
    on_failure: OnFailure = OnFailure.CONTINUE
    grace: float | None = None
    wait: float = 0.0
    target: str = ""
    limits: Limits = NO_LIMITS
    missing: bool = False


def principal(stages: Iterable[Stage]) -> Stage | None:
    """The stage by which a chain is known: the one that ends the run, else the first."""
    chain = tuple(stages)
    return next((stage for stage in chain if stage.action in ENDING), chain[0] if chain else None)


def pace(action: Action, stages: Iterable[Stage]) -> Action:
    """How fast a chain ends the run: KILL at once, STOP in its own time, with whatever comes before."""
    first = next(iter(stages), None)
    at_once = action is Action.KILL and (first is None or first.action is Action.KILL)
    return Action.KILL if at_once else Action.STOP
