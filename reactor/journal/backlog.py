"""What is still to be written, in memory: bounded, and intents always first.

Only the order and the bound belong here; how a batch gets to the disk is in ``writer``.
Putting never waits. When it is full the oldest is dropped that is not an intent: an
outcome that is lost is found again by looking at the engine, a lost intent is not.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import trio

from reactor.journal.rows import Row


class Receipt:
    """Told once whether an intent is on the disk; ``on_written`` is called when it is only written."""

    def __init__(self, on_written: Callable[[], None] | None = None) -> None:
        self._told = trio.Event()
        self._on_written = on_written
        self.written = False

    def tell_written(self) -> None:
        """It is written and not yet synced."""
        tell, self._on_written = self._on_written, None
        if tell is not None:
            tell()

    def tell(self, written: bool) -> None:
        """Say it; whoever waits goes on."""
        if written:
            self.tell_written()
        self.written = written
        self._told.set()

    async def wait(self) -> None:
        """Wait until it was told."""
        await self._told.wait()


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows for one transaction; ``synced`` if they must be on the disk before anyone goes on."""

    rows: tuple[Row, ...]
    receipts: tuple[Receipt, ...] = ()
    synced: bool = False

    def tell_written(self) -> None:
        """It is written and not yet synced."""
        for receipt in self.receipts:
            receipt.tell_written()


class Backlog:
    """Two queues under one bound: intents, and everything else."""

    def __init__(self, capacity: int = 65_536, batch: int = 512) -> None:
        self._capacity = capacity
        self._batch = batch
        self._intents: deque[Row] = deque()
        self._others: deque[Row] = deque()
        self._receipts: list[Receipt] = []
        self._came = trio.Event()
        self._intent_came = trio.Event()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._intents) + len(self._others)

    def put(self, rows: Iterable[Row]) -> None:
        """Add what can wait."""
        self._others.extend(rows)
        self._keep_bound()
        self._came.set()

    def put_intent(self, row: Row, on_written: Callable[[], None] | None = None) -> Receipt:
        """Add an intent, to be written before everything else."""
        receipt = Receipt(on_written)
        self._intents.append(row)
        self._receipts.append(receipt)
        self._keep_bound()
        self._came.set()
        self._intent_came.set()
        return receipt

    def take(self) -> Batch:
        """The next batch: all intents, or else some of the rest. They never share one,
        so that an intent waits for nothing but other intents."""
        self._came, self._intent_came = trio.Event(), trio.Event()
        if self._intents:
            batch = Batch(tuple(self._intents), tuple(self._receipts), synced=True)
            self._intents.clear()
            self._receipts.clear()
            return batch
        count = min(self._batch, len(self._others))
        return Batch(tuple(self._others.popleft() for _ in range(count)))

    def put_back(self, batch: Batch) -> None:
        """A batch that was not written goes to where it came from, ahead of what has come since."""
        for receipt in batch.receipts:
            receipt.tell(written=False)
        queue = self._intents if batch.synced else self._others
        queue.extendleft(reversed(batch.rows))
        self._keep_bound()
        self._came.set()

    async def wait(self) -> None:
        """Wait until there is something to write."""
        if not self:
            await self._came.wait()

    async def wait_intent(self) -> None:
        """Wait until an intent comes that was not in the last batch."""
        await self._intent_came.wait()

    def _keep_bound(self) -> None:
        while len(self) > self._capacity:
            (self._others or self._intents).popleft()
            self.dropped += 1
