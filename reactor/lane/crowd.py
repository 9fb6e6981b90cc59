"""Whether anything stirs among all who are read: what their parents count, looked at now and then.

A sum of many is the same while what their parents count is. So as long as that is about the same, it is
enough to look at those who rest once in some seconds, although somebody wants to know of each who moves
within one. Only that question is here; who passes a mark is found by tripwires and bells, sooner than this.
"""

import os
from collections.abc import Iterable
from contextlib import suppress

from reactor.cgroups.files import What
from reactor.cgroups.finding import Home
from reactor.cgroups.tripwire import Jump, parents

_ENOUGH = 32


class Crowd:
    """The counters of the parents; one that has none, as the root of a tree, is never known to be quiet."""

    def __init__(self) -> None:
        self._paths: tuple[tuple[str, What], ...] = ()
        self._opened: list[str] = []
        self._files: list[tuple[int, int]] = []
        self._levels: list[int] = []
        self._is_blind = True

    def draw(self, homes: Iterable[Home]) -> None:
        """These are read from now on, and no others. What a parent counted last is still held against it."""
        self._paths = tuple((path, what) for path, what in parents(homes) if what in {What.PIDS, What.MEMORY})
        self.renew()

    def renew(self) -> bool:
        """Open the parents' files again: one may have been removed, and made again by the same name.

        Whether all of them are there: else those who are read now may have others.
        """
        known = dict(zip(self._opened, self._levels, strict=True))
        self.close()
        jump, self._is_blind = Jump(), False
        for path, what in self._paths:
            self._open(path, jump.of(what))
        self._levels = [known.get(path, -1) for path in self._opened]
        return not self._is_blind

    def is_loud(self) -> bool:
        """Whether one counts another number than when it last did, by as much as is worth a look at all."""
        if self._is_blind:
            return True
        levels = [self._level(file) for file, _ in self._files]
        known = zip(levels, self._levels, (jump for _, jump in self._files), strict=True)
        if all(now >= 0 and old >= 0 and abs(now - old) < jump for now, old, jump in known):
            return False
        self._levels = levels
        return True

    def close(self) -> None:
        """Close the files."""
        for file, _ in self._files:
            os.close(file)
        self._files, self._opened, self._levels, self._is_blind = [], [], [], True

    def _open(self, path: str, jump: int) -> None:
        try:
            self._files.append((os.open(path, os.O_RDONLY | os.O_CLOEXEC), jump))
            self._opened.append(path)
        except OSError:
            self._is_blind = True

    def _level(self, file: int) -> int:
        with suppress(OSError, ValueError):
            return int(os.pread(file, _ENOUGH, 0))
        # A parent that was removed and made again is found by its path, when it is drawn anew.
        self._is_blind = True
        return -1
