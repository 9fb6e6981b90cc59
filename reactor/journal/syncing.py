"""What was written and has yet to get to the disk: synced beside the writing, as much at once as there is.

Only the waiting for the disk belongs here, in a thread of its own. A sync takes as long as the disk likes,
and somebody may be waiting for the next intent to be written, which is soon done: it must not stand behind.
"""

from collections.abc import Callable
from dataclasses import dataclass

import trio

from reactor.journal.backlog import Batch
from reactor.journal.store import Store
from reactor.journal.thread import OneThread

ROOM = 256
"""Batches that are written and not synced, at most: a disk that stands still is not written to for ever."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A batch that is written, and when that began."""

    batch: Batch
    began: float


class Syncer:
    """Syncs what it is given; ``done`` is told of each batch, ``failed`` why none of them is on the disk."""

    def __init__(
        self,
        store: Store,
        *,
        done: Callable[[Pending], None],
        failed: Callable[[OSError], None],
        inline: bool,
    ) -> None:
        self._store = store
        self._done = done
        self._failed = failed
        self._thread = OneThread(inline=inline)
        self._waiting: list[Pending] = []
        self._under_way: list[Pending] = []
        self._came = trio.Event()

    def __len__(self) -> int:
        return len(self._waiting) + len(self._under_way)

    @property
    def busy(self) -> float:
        """For how many seconds the present sync has been going on; 0 if there is none."""
        return self._thread.busy

    def add(self, pending: Pending) -> None:
        """Have a batch synced that is written."""
        self._waiting.append(pending)
        self._came.set()

    def take_back(self) -> list[Batch]:
        """All that is not known to be on the disk, the oldest first: it is not answered for any more."""
        left = [*self._under_way, *self._waiting]
        self._under_way, self._waiting = [], []
        return [pending.batch for pending in left]

    async def run(self) -> None:
        """Sync, for ever."""
        while True:
            self._came = trio.Event()
            if not self._waiting:
                await self._came.wait()
            await self.flush()

    async def flush(self) -> None:
        """Sync what there is. What is written meanwhile may come too late for it, and waits for the next."""
        if not self._waiting:
            return
        self._under_way, self._waiting = self._waiting, []
        try:
            await self._thread.run(self._store.sync)
        except OSError as error:
            self._failed(error)
            return
        synced, self._under_way = self._under_way, []
        for pending in synced:
            self._done(pending)

    async def wait_done(self) -> None:
        """Wait until the present sync, or the next one, is done."""
        await self._thread.wait_done()
