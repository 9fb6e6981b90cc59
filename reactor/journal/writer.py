"""The task that carries the backlog to the disk, whatever the disk does.

Only the writing belongs here: when it is tried, what is said when it fails, and how it
ends. It holds the only thread that touches the file, but for those of ``syncing`` and ``checkpoints``.
No failure of the disk comes out of it; an error that only a person can put right comes out
while starting, and is said later.
"""

import logging
import sqlite3

import trio

from reactor.journal.backlog import Backlog, Batch
from reactor.journal.checkpoints import Checkpointer
from reactor.journal.errors import JournalError
from reactor.journal.opening import Listener, Opening
from reactor.journal.shouting import Shouter
from reactor.journal.slips import Slip
from reactor.journal.store import Store
from reactor.journal.syncing import ROOM, Pending, Syncer
from reactor.journal.thread import OneThread

CANNOT = "the journal cannot be written; acting goes on without it"
DAY = 86_400.0
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
LAST_WORDS = 2.0
"""How long a monitor that ends waits for its last rows to get to the disk."""
START_PATIENCE = 10.0
"""How long a monitor that begins waits for its file: a disk that stalls must not keep it from acting."""
STALLED_AFTER = 1.0
EXPIRE_CHUNK = 500


class Writer:
    """Opens the store, writes batch after batch, and deletes what is old. ``inline`` is for virtual time."""

    def __init__(
        self,
        store: Store,
        slip: Slip,
        backlog: Backlog,
        shouter: Shouter,
        listener: Listener,
        *,
        keep_days: float,
        inline: bool,
    ) -> None:
        self._store = store
        self._slip = slip
        self._backlog = backlog
        self._shouter = shouter
        self._keep = keep_days * DAY
        self._thread = OneThread(inline=inline)
        self._syncer = Syncer(store, done=self._synced, failed=self._not_synced, inline=inline)
        self._checkpointer = Checkpointer(store, self._is_calm, inline=inline)
        self._opening = Opening(store, slip, backlog, shouter, self._thread, listener, opened=self._take_back)
        self._must_rest = False
        self._failing = True
        self._expire_at = 0.0
        self._pause = FIRST_PAUSE
        self.written = 0
        self.failures = 0
        self.last_commit = 0.0

    @property
    def healthy(self) -> bool:
        """Whether the last write went well and none is stuck."""
        return not self._failing and max(self._thread.busy, self._syncer.busy) <= STALLED_AFTER

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Write until cancelled. Started when the file was opened and read, or could not be."""
        self._expire_at = trio.current_time()
        try:
            with trio.move_on_after(START_PATIENCE) as patience:
                await self._start()
            if patience.cancelled_caught:
                self._opening.take_left()
                late = TimeoutError(f"the disk took longer than {START_PATIENCE:g} s")
                self._failed("the journal cannot be opened; acting goes on without it", late)
            task_status.started()
            # Whoever is only to be written waits for no disk. All end with this function.
            async with trio.open_nursery() as beside:
                beside.start_soon(self._syncer.run)
                beside.start_soon(self._checkpointer.run)
                await self._serve()
        finally:
            await self._finish()

    async def wait_written(self) -> None:
        """Wait until nothing is left to write; on a full disk that is for ever."""
        while True:
            if self._backlog or self._thread.is_busy:
                await self._thread.wait_done()
            elif self._syncer:
                await self._syncer.wait_done()
            else:
                return

    async def _start(self) -> None:
        try:
            await self._opening.open()
        except (OSError, sqlite3.Error) as error:
            self._failed("the journal cannot be opened; acting goes on without it", error)
            await self._opening.peek()
        else:
            self._failing = False

    async def _serve(self) -> None:
        while True:
            if self._must_rest:
                self._must_rest = False
                await self._rest()
            elif len(self._syncer) >= ROOM:
                await self._syncer.wait_done()
            elif self._backlog:
                self._must_rest = not await self._write(self._backlog.take())
            elif trio.current_time() >= self._expire_at:
                await self._expire()
            else:
                with trio.move_on_at(self._expire_at):
                    await self._backlog.wait()

    async def _write(self, batch: Batch) -> bool:
        """Write one batch; if it cannot be written it goes back to where it came from."""
        began = trio.current_time()
        try:
            if not self._store.is_open:
                await self._opening.open()
            await self._thread.run(lambda: self._store.write(batch.rows))
        except (OSError, sqlite3.Error, JournalError) as error:
            self._backlog.put_back(batch)
            self._failed(CANNOT, error)
            return False
        except BaseException:
            self._backlog.put_back(batch)
            raise
        self._slip.settle(batch.rows)
        self._checkpointer.wrote(len(batch.rows))
        if batch.synced:
            batch.tell_written()
            self._syncer.add(Pending(batch, began))
        else:
            self._succeeded(batch, began)
        return True

    def _is_calm(self) -> bool:
        return not self._backlog and not self._syncer

    def _synced(self, pending: Pending) -> None:
        self._succeeded(pending.batch, pending.began)

    def _not_synced(self, error: OSError) -> None:
        """What is not on the disk for certain is written once more, which does no harm."""
        self._take_back()
        self._failed(CANNOT, error)
        self._must_rest = True

    def _take_back(self) -> None:
        for batch in reversed(self._syncer.take_back()):
            self._backlog.put_back(batch)

    async def _expire(self) -> None:
        """Delete one chunk of what is old, and come back at once while there is more."""
        deleted = 0
        try:
            if self._store.is_open:
                deleted = await self._thread.run(lambda: self._store.expire(self._keep, EXPIRE_CHUNK))
        except (OSError, sqlite3.Error) as error:
            self._failed("old rows cannot be deleted from the journal", error)
        if deleted == 0:
            self._expire_at = trio.current_time() + DAY

    def _succeeded(self, batch: Batch, began: float) -> None:
        self.written += len(batch.rows)
        self.last_commit = trio.current_time() - began
        self._pause = FIRST_PAUSE
        for receipt in batch.receipts:
            receipt.tell(written=True)
        if self._failing:
            self._shouter.calm()
            self._shouter.shout("the journal is written again", logging.WARNING, lost=self._backlog.dropped)
        self._failing = False

    def _failed(self, what: str, error: Exception) -> None:
        self.failures += 1
        self._failing = True
        self._shouter.shout(what, error=str(error), waiting=len(self._backlog), lost=self._backlog.dropped)

    async def _rest(self) -> None:
        """Wait before the next try; an intent is worth one at once."""
        with trio.move_on_after(self._pause):
            await self._backlog.wait_intent()
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    async def _finish(self) -> None:
        """Write what is left, and close. A thread that hangs is left behind, with the lock, until we exit."""
        with trio.CancelScope(shield=True, deadline=trio.current_time() + LAST_WORDS):
            self._take_back()
            while self._backlog and await self._write(self._backlog.take()):
                pass
            await self._syncer.flush()
            await self._thread.run(self._store.close)
        self._slip.close()
        self._take_back()
        if self._backlog:
            self._shouter.calm()
            self._shouter.shout(
                "the journal is incomplete: the last rows were not written", rows=len(self._backlog)
            )
