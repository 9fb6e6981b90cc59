"""The kernel's log as a file: opened at its end, read without waiting, and what was lost in it.

What its records say is in ``kills``, when they are read in ``watching``.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

from reactor.kmsg.records import Record, parse_record

KMSG = Path("/dev/kmsg")
_LARGEST = 8192
"""Bytes of a record; the kernel refuses to give one that does not fit."""


class KernelLog:
    """Reads what is written from now on. What was there before is history, and nobody acts on that.

    ``lost`` counts records that were overwritten before they were read.
    """

    def __init__(self, file: int, read: Callable[[int, int], bytes] = os.read) -> None:
        self.file = file
        self.lost = 0
        self._read = read
        self._next: int | None = None

    @classmethod
    def open(cls, path: Path = KMSG) -> Self:
        """Open it at its end. Raises OSError where that is not allowed."""
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.lseek(file, 0, os.SEEK_END)
        except BaseException:
            os.close(file)
            raise
        return cls(file)

    def close(self) -> None:
        """Read no more."""
        os.close(self.file)

    def records(self, most: int) -> Iterator[Record]:
        """What is there to be read, so many at most. Raises OSError if it cannot be read any more."""
        for _ in range(most):
            try:
                data = self._read(self.file, _LARGEST)
            except BlockingIOError:
                return
            except BrokenPipeError:
                # What comes next was overwritten; the next number tells how much that was.
                continue
            if not data:
                raise OSError("it has come to an end")
            record = parse_record(data)
            if record is not None:
                self._count(record)
                yield record

    def _count(self, record: Record) -> None:
        if self._next is not None and record.number > self._next:
            self.lost += record.number - self._next
        self._next = record.number + 1
