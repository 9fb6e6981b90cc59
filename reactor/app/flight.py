"""One canary on its way, and where canaries come from. When one is sent, and why, is in ``canary``."""

from dataclasses import dataclass, field
from typing import Protocol

import trio

from reactor.core.container import ContainerId
from reactor.core.decisions import Decision, Outcome


@dataclass(slots=True)
class Flight:
    """What is seen of one canary: when it was let go, by which decision it is to end, and what came of it."""

    canary: ContainerId
    began: float
    decision: Decision | None = None
    outcome: Outcome | None = None
    fell: bool = False
    over: trio.Event = field(default_factory=trio.Event)


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
