"""When what was written to the log before the file is carried over into the file: beside everything else.

SQLite would do it from within a commit, which then takes as long as the disk does, whoever waits for it or
for the next one. Here it has a thread and a connection of its own, and begins when nobody waits for the disk.
"""

import sqlite3
from collections.abc import Callable

import trio

from reactor.journal.store import Store
from reactor.journal.thread import OneThread

AFTER = 400
"""Rows that are written, from which on it is time; each changes a handful of pages."""
LATEST = 10
"""So many times as many rows, and it is not put off any longer."""
_CALM_WITHIN = 0.2
_AGAIN_AFTER = 5.0


class Checkpointer:
    """Carries over every so many rows. ``is_calm`` says whether anybody waits for the disk."""

    def __init__(self, store: Store, is_calm: Callable[[], bool], *, inline: bool) -> None:
        self._store = store
        self._is_calm = is_calm
        self._thread = OneThread(inline=inline)
        self._rows = 0
        self._due = trio.Event()

    def wrote(self, rows: int) -> None:
        """So many more rows were written."""
        self._rows += rows
        if self._rows >= AFTER:
            self._due.set()

    async def run(self) -> None:
        """Do so, for ever."""
        while True:
            await self._due.wait()
            while not self._is_calm() and self._rows < LATEST * AFTER:  # noqa: ASYNC110 - No event is calm.
                await trio.sleep(_CALM_WITHIN)
            self._rows, self._due = 0, trio.Event()
            try:
                await self._thread.run(self._store.checkpoint)
            except (OSError, sqlite3.Error):
                # The log grows meanwhile, and whoever writes it will hear of a disk that is full.
                await trio.sleep(_AGAIN_AFTER)
                self.wrote(AFTER)
