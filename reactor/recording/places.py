"""Where recordings lie: one file that was named, or a folder of files that is kept within its bounds.

Only names, ages and sizes belong here. In a folder nothing is touched that has not exactly our
kind of name, and no link is followed.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from reactor.recording.errors import Full

ENDING = ".reactor"
DAY = 86_400.0
MOST_FILES = 500
"""Files in a folder, however small: a monitor that crashes again and again begins one each time."""
PARTS = 32
"""Into so many parts the size and the time of a folder are divided: one part is what is deleted at once."""

_NAME = re.compile(r"recording-\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{8}-\d{4,}\.reactor")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept: for so many seconds at the longest, and so many bytes at the most."""

    keep: float = 7 * DAY
    size: int = 256 * 1024 * 1024


class Place(Protocol):
    """Says where the next file goes, and when it is time for one."""

    @property
    def path(self) -> Path:
        """What was named: a file or a folder."""
        ...

    def next_file(self, session: str, part: int, wall: float) -> Path:
        """The path of a new file. Raises Full where there is to be no other."""
        ...

    def is_due(self, size: int, age: float) -> bool:
        """Whether a file of this size and age is to be followed by another."""
        ...


class OneFile:
    """Just this file, up to a size."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self._limits = limits

    def next_file(self, session: str, part: int, wall: float) -> Path:
        """The file, once."""
        del session, wall
        if part > 1:
            raise Full(self.path, self._limits.size)
        return self.path

    def is_due(self, size: int, age: float) -> bool:
        """When it has come to its size."""
        del age
        return size >= self._limits.size


class Folder:
    """A folder of recordings. What is too old or too much is deleted before a new one is begun."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self._limits = limits

    def next_file(self, session: str, part: int, wall: float) -> Path:
        """A new name, which sorts after those before it; the folder has room for it."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._make_room(wall)
        moment = datetime.fromtimestamp(wall, UTC)
        stamp = f"{moment:%Y%m%dT%H%M%S}.{moment.microsecond // 1000:03d}Z"
        return self.path / f"recording-{stamp}-{session[:8]}-{part:04d}{ENDING}"

    def is_due(self, size: int, age: float) -> bool:
        """When it is one part of what may be kept."""
        return size >= self._limits.size / PARTS or age >= max(60.0, self._limits.keep / PARTS)

    def _make_room(self, wall: float) -> None:
        found = list(recordings_in(self.path))
        total = sum(size for _, size, _ in found)
        allowed = self._limits.size * (PARTS - 1) / PARTS
        for number, (path, size, changed) in enumerate(found):
            many = len(found) - number >= MOST_FILES
            if not many and total <= allowed and wall - changed <= self._limits.keep:
                continue
            with suppress(OSError):
                path.unlink()
                total -= size


def recordings_in(folder: Path) -> Iterator[tuple[Path, int, float]]:
    """The recordings in a folder, the oldest first: path, size, and when it was last written."""
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if _NAME.fullmatch(entry.name))
    for name in names:
        with suppress(OSError):
            found = os.lstat(folder / name)
            if stat.S_ISREG(found.st_mode):
                yield folder / name, found.st_size, found.st_mtime


def place_of(name: str, limits: Limits) -> Place:
    """A folder if there is one or the name ends like one's; else a file."""
    is_folder = os.path.isdir(name) or name.endswith(os.sep)
    return Folder(Path(name), limits) if is_folder else OneFile(Path(name), limits)
