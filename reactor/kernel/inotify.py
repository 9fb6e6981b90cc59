"""Directories in which something is made or removed, told of by the kernel (inotify).

Only the file that tells of it is here, a descriptor that can be waited for; what it means is for those who
watch. Trees of cgroups tell of their directories, too, but not of what the kernel itself writes there.
"""

import ctypes
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, Self

_CREATE, _DELETE, _IGNORED, _OVERFLOW = 0x100, 0x200, 0x8000, 0x4000
_ONLY_DIRECTORIES, _NO_LINKS, _IS_DIRECTORY = 0x01000000, 0x02000000, 0x40000000
_HEAD: Final = struct.Struct("iIII")
"""Watch, mask, cookie, and the length of the name behind it, filled up with zeros."""
_LARGEST = 64 * 1024


class Change(Enum):
    """What became of a directory: ``GONE`` of one that was watched, ``LOST`` tells that some are not told.

    A tree of cgroups never tells that one is gone (seen with Linux 6.18): only the one above it, that it was
    removed.
    """

    MADE = "made"
    REMOVED = "removed"
    GONE = "gone"
    LOST = "lost"


_CHANGES: Final = {
    _CREATE | _IS_DIRECTORY: Change.MADE,
    _DELETE | _IS_DIRECTORY: Change.REMOVED,
    _IGNORED: Change.GONE,
    _OVERFLOW: Change.LOST,
}


@dataclass(frozen=True, slots=True)
class Told:
    """One change: in the directory with this number, of the one with this name."""

    what: Change
    watch: int
    name: str = ""


class Inotify:
    """Tells of directories that are made and removed in others. To be closed by whoever opened it."""

    def __init__(self, file: int) -> None:
        self.file = file

    @classmethod
    def open(cls) -> Self:
        """Raises OSError where a user has no more of them (``fs.inotify.max_user_instances``)."""
        return cls(_checked(_libc().inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)))

    def close(self) -> None:
        """Watch nothing any more."""
        os.close(self.file)

    def watch(self, path: str) -> int:
        """The number under which this directory is told of from now on. Raises OSError."""
        mask = _CREATE | _DELETE | _ONLY_DIRECTORIES | _NO_LINKS
        return _checked(_libc().inotify_add_watch(self.file, os.fsencode(path), mask))

    def forget(self, number: int) -> None:
        """Be told of that directory no more, which may be gone."""
        _libc().inotify_rm_watch(self.file, number)

    def changes(self) -> Iterator[Told]:
        """What is there to be read now, some hundreds at most. Raises OSError."""
        try:
            data = os.read(self.file, _LARGEST)
        except BlockingIOError:
            return
        yield from parse_changes(data)


def parse_changes(data: bytes) -> Iterator[Told]:
    """The changes in what was read; what is no directory is left out."""
    at = 0
    while at + _HEAD.size <= len(data):
        watch, mask, _, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        name = data[at : at + length].rstrip(b"\0")
        at += length
        what = _CHANGES.get(mask)
        if what is not None:
            yield Told(what, watch, os.fsdecode(name))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(got: int) -> int:
    if got < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return got
