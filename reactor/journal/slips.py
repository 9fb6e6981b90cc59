"""The slip: intents that outlive us although the journal has no row of them yet, on no disk.

A file in memory, beside the journal in meaning and not in place: an intent of somebody who is to be ended
directly goes into it with one write that no disk can delay, and is off it again as soon as the journal has
its row. What a monitor that was killed has left on it is entered by the next one. Where such a file may lie
is in ``shelter``, who holds its file in ``slipfiles``; a crash of the host takes it along, and the
containers, too.
"""

import json
import os
import stat
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from reactor.journal.intents import enter, slipped
from reactor.journal.lock import mark_of
from reactor.journal.rows import Row
from reactor.journal.shelter import slips_below
from reactor.journal.slipfiles import locked, sweep

MOST = 1 << 20
"""Bytes; a journal that takes no rows for so long is waited for again, as if there were no slip."""
_HEAD = struct.Struct("<I8s")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW


class Slip:
    """The slip of one journal. ``folder`` is on a file system in memory; None for no slip at all."""

    def __init__(self, folder: Path | None, journal: Path) -> None:
        self._folder = folder
        self._journal = journal
        self._file = -1
        self._place: Path | None = None
        self._size = 0
        self._waiting: set[Row] = set()
        self._why_not = "" if folder else "there is no memory that outlives this monitor, or it is not wanted"

    @property
    def place(self) -> Path | None:
        """Where it is, if it is used."""
        return self._place if self.is_open else None

    @property
    def why_not(self) -> str:
        """Why it is not used, if it is not."""
        return "" if self.is_open else self._why_not

    @property
    def is_open(self) -> bool:
        """Whether intents can be put on it."""
        return self._file >= 0

    def open(self) -> tuple[Row, ...]:
        """Begin to use it; what an earlier monitor left on it, to be entered. Nothing is raised for it.

        Only for who has the journal: two of them would take each other's intents for left behind.
        """
        if self._folder is None or self.is_open:
            return ()
        try:
            file = self._opened(self._folder)
        except OSError as error:
            self._why_not = error.strerror or str(error)
            return ()
        try:
            left = self._left(file)
        except OSError as error:
            os.close(file)
            self._why_not = error.strerror or str(error)
            return ()
        self._file = file
        self._waiting.update(left)
        if not left:
            self._wipe()
        return left

    def put(self, row: Row) -> bool:
        """Put an intent on it, in one go; False if it is not there, and the journal is to be waited for."""
        if not self.is_open:
            return False
        body = json.dumps(slipped(row)).encode()
        record = _HEAD.pack(len(body), _checksum(body)) + body
        if self._size + len(record) > MOST or not self._write(record):
            return False
        self._size += len(record)
        self._waiting.add(row)
        return True

    def settle(self, rows: Iterable[Row]) -> None:
        """The journal has these rows: they outlive us there. With the last of them it is wiped."""
        if self._waiting:
            self._waiting.difference_update(rows)
            if not self._waiting:
                self._wipe()

    def close(self) -> None:
        """Use it no more. Left behind it is only if something is on it."""
        if not self.is_open:
            return
        if not self._waiting and self._place is not None:
            with suppress(OSError):
                self._place.unlink()
        os.close(self._file)
        self._file = -1

    def _opened(self, folder: Path) -> int:
        """The file, locked, in a folder that is ours alone. Raises OSError.

        It goes by the journal's lock, which stays where it is: in two containers two journals may be called
        the same.
        """
        called = f"{self._journal.absolute()}\n{mark_of(self._journal)}"
        ours = slips_below(folder)
        with suppress(FileExistsError):
            ours.mkdir(0o700)
        self._place = ours / f"{sha256(called.encode()).hexdigest()[:32]}.slip"
        place = os.open(ours, _FOLDER)
        try:
            seen = os.fstat(place)
            if seen.st_uid != os.geteuid() or stat.S_IMODE(seen.st_mode) & 0o077:
                raise PermissionError(f"{ours} is not ours alone")
            file = locked(place, self._place.name)
            sweep(place, self._place.name)
            return file
        finally:
            os.close(place)

    def _left(self, file: int) -> tuple[Row, ...]:
        """What is on it; whatever is torn behind that is cut off, so that what follows can be read."""
        records = list(_records(os.pread(file, MOST, 0)))
        self._size = sum(_HEAD.size + len(body) for body in records)
        os.ftruncate(file, self._size)
        return tuple(row for body in records if (row := _intent(body)) is not None)

    def _write(self, record: bytes) -> bool:
        try:
            whole = os.write(self._file, record) == len(record)
        except OSError:
            whole = False
        if not whole:
            # What follows a torn record would not be read.
            with suppress(OSError):
                os.ftruncate(self._file, self._size)
        return whole

    def _wipe(self) -> None:
        # What cannot be wiped is entered once more by the next monitor, which does no harm.
        with suppress(OSError):
            os.ftruncate(self._file, 0)
            self._size = 0


def _checksum(body: bytes) -> bytes:
    return sha256(body).digest()[:8]


def _records(text: bytes) -> Iterator[bytes]:
    """Each whole record. Behind one that is torn there is nothing: we were killed there."""
    at = 0
    while at + _HEAD.size <= len(text):
        length, checksum = _HEAD.unpack_from(text, at)
        body = text[at + _HEAD.size : at + _HEAD.size + length]
        if not length or len(body) < length or _checksum(body) != checksum:
            return
        at += _HEAD.size + length
        yield body


def _intent(body: bytes) -> Row | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return enter(found) if isinstance(found, dict) else None
