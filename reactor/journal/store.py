"""The file itself: opened, written, found broken, moved aside, begun anew.

Everything here blocks and, but for ``sync`` and ``checkpoint``, is called from one thread at a time; nothing
here waits, retries or logs. What fails comes out as sqlite3.Error, OSError or JournalError.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from reactor.journal import expiring, reading, schema
from reactor.journal.aside import make_private, move_aside
from reactor.journal.lock import Lock
from reactor.journal.memory import Recollection
from reactor.journal.rows import Moment, Row
from reactor.journal.visiting import visit

BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
CHECKED_BELOW = 64 << 20
"""A larger file is not read through at the start: that would take longer than starting may."""


@dataclass(frozen=True, slots=True)
class Opened:
    """How the file was found. ``moved_to`` is where a broken one was put; ``anew`` if it was empty."""

    anew: bool
    moved_to: Path | None = None


class JournalTakenAway(OSError):
    """The file that we write is not at its path any more: somebody moved or removed it."""


class Store:
    """One connection to one file."""

    def __init__(self, path: Path, *, container: str = "", wall: Callable[[], float]) -> None:
        self._path = path
        self._wall = wall
        self._lock = Lock(path, container)
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._broken = False

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._connection is not None

    def open(self) -> Opened:
        """Lock and open the file, and bring it to the present version; a broken one is moved aside.

        A try that nobody waited for may have come off meanwhile: then it begins anew from the file as it is.
        """
        self.disconnect()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._lock.acquire()
        moved_to = move_aside(self._path, self._wall()) if self._broken else None
        try:
            return Opened(self._connect(), moved_to)
        except sqlite3.DatabaseError as error:
            if not is_broken(error):
                raise
        moved_to = move_aside(self._path, self._wall())
        return Opened(self._connect(), moved_to)

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows in one transaction. They outlive us then, and the machine as soon as they are synced.

        Every statement costs a change of threads, so there are no more of them than it takes.
        """
        with self._using() as connection:
            if len(rows) == 1:
                connection.execute(rows[0].statement, rows[0].values)
                return
            connection.execute("BEGIN IMMEDIATE")
            for row in rows:
                connection.execute(row.statement, row.values)
            connection.execute("COMMIT")

    def sync(self) -> None:
        """Have on the disk what was written: the log before the file is all that a commit adds to.

        It may be called in another thread than everything else, beside it.
        """
        # SQLite keeps no lock on this file, so closing it takes none away.
        descriptor = os.open(f"{self._path}-wal", os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)

    def checkpoint(self) -> None:
        """Carry over from the log before the file what can be without anybody's waiting.

        Like ``sync`` it may be called in another thread, beside everything else: its connection is its own.
        """
        where = f"file:{quote(str(self._path.absolute()))}?mode=rw"
        with closing(sqlite3.connect(where, uri=True, timeout=0.0, isolation_level=None)) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def recall(self, now: Moment, capacity: int) -> Recollection:
        """What an earlier monitor left behind."""
        with self._using() as connection:
            return reading.recall(connection, now, capacity)

    def peek(self, now: Moment, capacity: int) -> Recollection:
        """The same of a file that can be read and not be written, a disk that became read-only for instance.

        Raises JournalError.
        """
        with visit(self._path) as connection:
            return reading.recall(connection, now, capacity)

    def expire(self, keep: float, chunk: int) -> int:
        """Delete some of what is older than ``keep`` seconds; how many rows that was."""
        with self._using() as connection:
            return expiring.expire(connection, self._wall(), keep, chunk)

    def disconnect(self) -> None:
        """Drop the connection and whatever it had not committed; the lock stays."""
        connection, self._connection = self._connection, None
        if connection is not None:
            # Closing may write once more to a disk that does not take it; the connection is gone either way.
            with suppress(sqlite3.Error):
                connection.close()

    def close(self) -> None:
        """Drop the connection and the lock."""
        self.disconnect()
        self._lock.release()

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        """The connection; after an error there is none, and the next one is opened with open eyes."""
        try:
            yield self._checked()
        except sqlite3.Error as error:
            self._broken = is_broken(error)
            self.disconnect()
            raise

    def _checked(self) -> sqlite3.Connection:
        """The connection, if its file is still where it was: SQLite would write on into a removed one."""
        try:
            inode = self._path.stat().st_ino
        except FileNotFoundError:
            inode = 0
        if self._connection is None or inode != self._inode:
            self.close()
            raise JournalTakenAway(f"{self._path} was moved or removed")
        return self._connection

    def _connect(self) -> bool:
        make_private(self._path)
        connection = sqlite3.connect(self._path, timeout=1.0, isolation_level=None, check_same_thread=False)
        try:
            anew = schema.prepare(connection, self._path)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            # A commit has to be quick: what is in the log is carried over by ``checkpoint``.
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            if self._path.stat().st_size < CHECKED_BELOW:
                _check(connection)
        except BaseException:
            connection.close()
            raise
        self._connection, self._inode, self._broken = connection, self._path.stat().st_ino, False
        return anew


def is_broken(error: sqlite3.Error) -> bool:
    """Whether the file's content is damaged, which no further try can mend."""
    code = getattr(error, "sqlite_errorcode", 0) or 0
    return code & 0xFF in BROKEN


def _check(connection: sqlite3.Connection) -> None:
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        error = sqlite3.DatabaseError(f"damaged: {verdict}")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error
