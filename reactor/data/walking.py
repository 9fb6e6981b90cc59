"""How large a folder is and when something in it changed last, within bounds, whatever containers put there.

No link is followed, and what is mounted from another file system is not entered. One descriptor is open at a
time, however deep it goes. Only looking is here; what is made of it is in ``listing`` and ``choosing``.
"""

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from reactor.data.handles import READ, Identity, identity

_BLOCK = 512
_OFTEN = 1024
"""Entries between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a look ends: after so many entries, or so many seconds."""

    entries: float = math.inf
    seconds: float = math.inf


@dataclass(slots=True)
class Measured:
    """What a look found. ``size`` is what the disk holds for it, in bytes, ``newest`` the last change.

    The change is the kernel's own word (ctime), which no program can set back. ``cut`` is why the look is
    not the whole: empty if it is.
    """

    size: int = 0
    entries: int = 0
    newest: float = 0.0
    cut: str = ""
    linked: set[Identity] = field(default_factory=set)

    def take(self, about: os.stat_result) -> None:
        """Count one in; what has several names counts once."""
        self.entries += 1
        self.newest = max(self.newest, about.st_ctime)
        if about.st_nlink > 1:
            if (about.st_dev, about.st_ino) in self.linked:
                return
            self.linked.add((about.st_dev, about.st_ino))
        self.size += about.st_blocks * _BLOCK


def measure(
    place: int, bounds: Bounds | None = None, tell: Callable[[Measured], None] = lambda _: None
) -> Measured:
    """Look through the folder behind this descriptor, which stays open."""
    walk = _Walk(os.fstat(place).st_dev, bounds or Bounds(), tell)
    try:
        here = os.open(".", READ, dir_fd=place)
    except OSError as error:
        walk.found.cut = f"it cannot be read: {error.strerror}"
        return walk.found
    walk.found.take(os.fstat(here))
    walk.go(here)
    return walk.found


class _Walk:
    """One look. ``above`` holds, for each folder that we are in, which it is and what of it is left."""

    def __init__(self, device: int, bounds: Bounds, tell: Callable[[Measured], None]) -> None:
        self.found = Measured()
        self._device = device
        self._bounds = bounds
        self._until = time.monotonic() + bounds.seconds
        self._tell = tell
        self._ended = False

    def go(self, here: int) -> None:
        above: list[tuple[Identity, list[str]]] = []
        left = self._look(here)
        try:
            while not self._ended:
                if left:
                    inner = self._enter(here, left.pop())
                    if inner is None:
                        continue
                    above.append((identity(here), left))
                    os.close(here)
                    here, left = inner, self._look(inner)
                elif above:
                    which, left = above.pop()
                    here = self._up(here, which)
                else:
                    return
        finally:
            os.close(here)

    def _look(self, here: int) -> list[str]:
        """Count what is in this folder, and say which folders are."""
        inside: list[str] = []
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    self._take(entry, inside)
                    if self._ended:
                        break
        except OSError as error:
            self.found.cut = f"a folder in it cannot be read: {error.strerror}"
        self._tell(self.found)
        return inside

    def _take(self, entry: "os.DirEntry[str]", inside: list[str]) -> None:
        try:
            about = entry.stat(follow_symlinks=False)
            is_folder = entry.is_dir(follow_symlinks=False)
        except OSError:
            return  # It went before our eyes.
        if about.st_dev != self._device:
            self.found.cut = "something is mounted in it"
            return
        self.found.take(about)
        if is_folder:
            inside.append(entry.name)
        late = not self.found.entries % _OFTEN and time.monotonic() >= self._until
        if late or self.found.entries >= self._bounds.entries:
            self._end("there is more in it than was looked at")

    def _enter(self, here: int, name: str) -> int | None:
        try:
            inner = os.open(name, READ, dir_fd=here)
        except FileNotFoundError:
            return None
        except OSError as error:
            self.found.cut = f"a folder in it cannot be read: {error.strerror}"
            return None
        if os.fstat(inner).st_dev == self._device:
            return inner
        os.close(inner)
        self.found.cut = "something is mounted in it"
        return None

    def _up(self, here: int, which: Identity) -> int:
        """The folder above, if it is still the one that we came from."""
        up = os.open("..", READ, dir_fd=here)
        os.close(here)
        if identity(up) != which:
            self._end("it was moved about while we looked")
        return up

    def _end(self, why: str) -> None:
        self.found.cut, self._ended = why, True
