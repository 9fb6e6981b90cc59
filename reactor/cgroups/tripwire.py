"""The tripwire: one read of a parent tells whether any of those below it can have grown.

The counter of a parent is the sum of all below. What is due is a pure function of what was read; the reading
of the few parents is here as well. What it cannot tell: one that grows while another shrinks by as much
between two looks. For that there are peaks, and a full sweep now and then.
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from reactor.cgroups.files import NAME, What
from reactor.cgroups.finding import Home

UNKNOWN = -1
_PARTS: Final = (("pids", What.PIDS), ("memory", What.MEMORY))


@dataclass(frozen=True, slots=True)
class Jump:
    """By how much PIDs and memory (in bytes) have to grow before it is worth a sweep."""

    pids: int = 8
    memory: int = 4 * 1024 * 1024

    def of(self, what: What) -> int:
        """The one for this."""
        return self.pids if what is What.PIDS else self.memory


def due(floors: Sequence[int], levels: Sequence[int], jumps: Sequence[int]) -> bool:
    """Whether a sweep is due: one has grown by its jump above the lowest since the last sweep, or is unknown.

    Many small steps count like a large one, as the floor stays until a sweep was made.
    """
    for floor, level, jump in zip(floors, levels, jumps, strict=True):
        if level < 0 or floor < 0 or level - floor >= jump:
            return True
    return False


def parents(homes: Iterable[Home]) -> tuple[tuple[str, What], ...]:
    """The files that together cover all these runs: the counters of every directory that one lies in."""
    found: dict[tuple[str, What], None] = {}
    for home in homes:
        for part, what in _PARTS:
            place = home.places.get(part)
            if place is not None:
                found[f"{home.parent(part)}/{NAME[place.version][what]}", what] = None
    return tuple(found)


class Tripwire:
    """The counters of some parents, kept open. One without such a file, as the root of a tree, is unknown.

    A parent that was removed and made again, as systemd does with slices, is found again by its path.
    """

    def __init__(self, watched: Iterable[tuple[str, What]], jump: Jump = Jump()) -> None:
        files = tuple(watched)
        self._paths = [path for path, _ in files]
        self._files = [_opened(path) for path in self._paths]
        self._jumps = [jump.of(what) for _, what in files]
        self._stirs = [each // 4 for each in self._jumps]
        self._levels = [UNKNOWN] * len(files)
        self._floors = [UNKNOWN] * len(files)
        self._lost: list[int] = []
        self.has_jumped = self.stirs = False
        self.rose = 0

    @property
    def blind(self) -> bool:
        """Whether some parent has nothing to read: then every look is due, and looking is of no use."""
        return -1 in self._files

    def look(self) -> bool:
        """Read them all; whether a sweep is due. It stays due until one is made.

        ``stirs`` is whether one has moved, and is a quarter of a jump above its floor, or unknown; ``rose``
        is by how much those that did are higher than at the look before.
        """
        levels, lost, pread = self._levels, self._lost, os.pread
        moved, place = False, -1
        self.rose = 0
        for file in self._files:
            place += 1
            try:
                level = int(pread(file, 32, 0))
            except (OSError, ValueError):
                level = UNKNOWN
                lost.append(place)
            if level != levels[place] or level < 0:
                if level > levels[place] >= 0:
                    self.rose += level - levels[place]
                levels[place] = level
                moved = True
        if moved:
            self._moved()
        else:
            # Nearly always: nothing has to be worked out.
            self.stirs = False
        return self.has_jumped

    def set_jump(self, jump: int) -> None:
        """What is worth a sweep from now on, for all of them."""
        self._jumps[:] = [jump] * len(self._files)
        self._stirs[:] = [jump // 4] * len(self._files)

    def _moved(self) -> None:
        floors, levels = self._floors, self._levels
        floors[:] = map(min, floors, levels)
        if self._lost:
            self._open_again()
        self.has_jumped = due(floors, levels, self._jumps)
        self.stirs = due(floors, levels, self._stirs)

    def explain(self, growth: int) -> bool:
        """So much of the sum's growth is known to be of whom; whether a sweep is due for what is left.

        Of several parents nobody says here which one it was.
        """
        if growth > 0 and len(self._files) == 1:
            self._floors[0] = min(self._floors[0] + growth, self._levels[0])
            self.has_jumped = due(self._floors, self._levels, self._jumps)
        return self.has_jumped

    def swept(self) -> None:
        """A sweep was made after the last look: what was seen there is the new floor."""
        self._floors[:] = self._levels
        self.has_jumped = due(self._floors, self._levels, self._jumps)

    def _open_again(self) -> None:
        for place in self._lost:
            if self._files[place] >= 0:
                os.close(self._files[place])
            self._files[place] = _opened(self._paths[place])
        self._lost.clear()

    def close(self) -> None:
        """Close the files."""
        while self._files:
            file = self._files.pop()
            if file >= 0:
                os.close(file)


def _opened(path: str) -> int:
    with suppress(OSError):
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    return -1
