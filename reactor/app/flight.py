"""One canary on its way, and where canaries come from. When one is sent, and why, is in ``aviary``."""

import math
from dataclasses import dataclass, field
from typing import Protocol

import trio

from reactor.core.container import ContainerId
from reactor.core.decisions import Decision, Outcome, Result


@dataclass(slots=True)
class Flight:
    """What is seen of one canary: by which decision it is to end, and what came of it.

    ``asked`` is when the engine was told to let it go, ``began`` when it said that it had; ``held`` tells
    that somebody held the monitor meanwhile, ``fell`` that it ended by something else.
    """

    canary: ContainerId
    asked: float
    began: float = math.inf
    decision: Decision | None = None
    outcome: Outcome | None = None
    fell: bool = False
    held: bool = False
    over: trio.Event = field(default_factory=trio.Event)

    @property
    def took(self) -> float | None:
        """How long it lived, None if we did not end it.

        The engine may say that it lives when it is over already: then it lived no longer than since it was
        told to begin.
        """
        outcome = self.outcome
        if outcome is None or outcome.result is not Result.DONE:
            return None
        return outcome.at - (self.began if self.began <= outcome.at else self.asked)


class Cage(Protocol):
    """Where canaries come from. All calls raise EngineError, ``make`` also NoSuchImage."""

    async def make(self, image: str, name: str) -> ContainerId:
        """Make one that is known as ours from then on."""
        ...

    async def start(self, canary: ContainerId) -> None:
        """Let it go."""
        ...

    async def take_away(self, canary: ContainerId) -> bool:
        """Remove it; True once it is not there any more."""
        ...

    async def left(self) -> tuple[ContainerId, ...]:
        """Those that an earlier monitor left."""
        ...
