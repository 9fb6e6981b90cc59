"""One file that frames are appended to: begun where nothing was, and never left with half a frame.

What frames hold, and when the next file is begun, is decided elsewhere. All of this blocks.
"""

import os
from contextlib import suppress
from pathlib import Path

from reactor.recording.errors import NoRoom, Occupied
from reactor.recording.frames import MAGIC, to_frame

RESERVE = 64 * 1024 * 1024
"""Bytes that a recording leaves to others on its disk, if that is not more than a tenth of it."""

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class RecordingFile:
    """A new file for this header, readable for its owner alone. Raises Occupied, NoRoom or OSError."""

    def __init__(self, path: Path, header: bytes) -> None:
        self.path = path
        _demand_room(path.parent, len(header))
        try:
            self._descriptor = os.open(path, _NEW, 0o600)
        except FileExistsError:
            raise Occupied(path) from None
        self.size = 0
        try:
            self._write(MAGIC + to_frame(header))
        except OSError:
            self.close()
            with suppress(OSError):
                path.unlink()
            raise

    def append(self, payload: bytes) -> None:
        """One more frame. If that fails, what was written of it is taken back."""
        frame = to_frame(payload)
        _demand_room(self.path.parent, len(frame))
        self._write(frame)

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._descriptor, self.size)
                os.lseek(self._descriptor, self.size, os.SEEK_SET)
            raise
        self.size += len(data)

    def close(self) -> None:
        """Nothing more comes."""
        with suppress(OSError):
            os.close(self._descriptor)


def _demand_room(folder: Path, wanted: int) -> None:
    """A recording must never fill a disk: the journal may lie on the same one."""
    disk = os.statvfs(folder)
    left = disk.f_bavail * disk.f_frsize - wanted
    if left < min(RESERVE, disk.f_blocks * disk.f_frsize // 10):
        raise NoRoom(folder, max(0, left))
