"""Intents on their way to the journal: all at once, while the decisions stand in line.

Only the waiting for the journal belongs here. A crowd of decisions must not wait for a disk that
stalls one after the other, a tenth of a second each, and in one transaction they cost one sync.
"""

from collections.abc import Awaitable, Callable

import trio

from reactor.core.decisions import Decision
from reactor.core.ports import Journal


class Intents:
    """Has intents written from the moment of the decision on; ``settled`` waits for one of them."""

    def __init__(self, journal: Journal, nursery: trio.Nursery) -> None:
        self._journal = journal
        self._nursery = nursery
        self._under_way: dict[Decision, trio.Event] = {}
        self._written: set[Decision] = set()

    def begin(self, decision: Decision, on_written: Callable[[], None] | None = None) -> None:
        """Have an intent written; ``on_written`` is called before it is synced."""
        self._under_way[decision] = trio.Event()
        written = self._journal.intend(decision, trio.current_time(), on_written)
        self._nursery.start_soon(self._wait, decision, written)

    async def settled(self, decision: Decision) -> bool:
        """Wait until an intent is written, or the journal's patience is over; whether it was."""
        await self._under_way[decision].wait()
        del self._under_way[decision]
        written = decision in self._written
        self._written.discard(decision)
        return written

    async def note_asked(self, decision: Decision) -> None:
        """Have it written that the engine is told to stop the run, right before it is."""
        await self._journal.note_asked(decision)

    async def _wait(self, decision: Decision, written: Awaitable[bool]) -> None:
        if await written:
            self._written.add(decision)
        self._under_way[decision].set()
