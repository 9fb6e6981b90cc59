"""How much memory a container has in use, before it is given a limit.

On cgroups of version 1 the kernel refuses a limit below what is in use. On version 2 it takes it, drops what
it can, and then ends processes until the limit is kept: to set a limit would be to kill, and nobody decided
that. Does not belong here: setting it (acting.py).
"""

import math
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import trio

from reactor.core.container import Container, ContainerId, Run, State
from reactor.core.facts import Sample


class Looking(Protocol):
    """The part of an engine that is needed for it."""

    async def inspect(self, container: ContainerId) -> Container:
        """How it is now."""
        ...

    def open_stats(self, run: Run) -> AbstractAsyncContextManager[AsyncIterator[Sample | None]]:
        """Its readings."""
        ...


async def memory_held(engine: Looking, container: ContainerId, within: float) -> float:
    """What it has in use and cannot drop, in bytes; more than any limit if that is not said in time."""
    found = await engine.inspect(container)
    if found.state not in {State.RUNNING, State.PAUSED}:
        return 0
    with trio.move_on_after(within):
        async with engine.open_stats(found.run) as readings:
            async for reading in readings:
                if reading is not None and reading.memory is not None:
                    return reading.memory
    return math.inf
