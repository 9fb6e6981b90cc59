"""The sweep: PIDs and memory of every watched run, in one loop that makes no garbage to collect.

Everything is in flat lists that are written in place; what comes out are the places of those over their
thresholds, and of those that are gone. What that means, and when to sweep, is for others to say.
"""

import os
from operator import sub

from reactor.cgroups.descriptors import CgroupGone, Drawer
from reactor.cgroups.files import HOT, What
from reactor.cgroups.parsing import number
from reactor.core.container import Run

UNKNOWN = -1
"""In place of a number that could not be read."""
NEVER = 2**63
"""A threshold that nothing passes."""
_ENOUGH = 32


class Sweep:
    """Who is watched, and what was read of them last. A place stays a run's own until that run is removed.

    ``pids`` and ``usage`` are as of the last sweep that read them, by place.
    """

    def __init__(self) -> None:
        self.runs: list[Run | None] = []
        self.pids: list[int] = []
        self.usage: list[int] = []
        self.over: list[int] = []
        self.gone: list[int] = []
        self._drawers: list[Drawer | None] = []
        self._pids_files: list[int] = []
        self._usage_files: list[int] = []
        self._pids_over: list[int] = []
        self._usage_over: list[int] = []
        self._slow: set[int] = set()
        self._free: list[int] = []
        self._places: dict[Run, int] = {}

    def __len__(self) -> int:
        return len(self._places)

    def watch(self, drawer: Drawer, pids_over: int = NEVER, usage_over: int = NEVER) -> int:
        """Watch a run, or set its thresholds anew: it is told when a number is *above* one. Its place."""
        run = drawer.home.run
        place = self._places.get(run, -1)
        if place < 0:
            place = self._free.pop() if self._free else self._grown()
            self._places[run], self.runs[place] = place, run
        self._drawers[place] = drawer
        self._pids_over[place], self._usage_over[place] = pids_over, usage_over
        self.refresh(run)
        return place

    def refresh(self, run: Run) -> None:
        """The files that are kept for this run may be others now, or none."""
        place = self._places.get(run, -1)
        drawer = self._drawers[place] if place >= 0 else None
        if drawer is None:
            return
        pids, usage = (drawer.kept(what) for what in HOT)
        # What nothing is compared with is not read.
        wanted = self._usage_over[place] != NEVER
        quick = pids >= 0 and (usage >= 0 or not wanted)
        self._pids_files[place] = pids if quick else -1
        self._usage_files[place] = usage if quick and wanted else -1
        (self._slow.discard if quick else self._slow.add)(place)

    def drop(self, run: Run) -> None:
        """Watch it no more. To be called before its files are closed: their numbers go to others."""
        place = self._places.pop(run, -1)
        if place >= 0:
            self.runs[place] = self._drawers[place] = None
            self._pids_files[place] = self._usage_files[place] = -1
            self.pids[place] = self.usage[place] = UNKNOWN
            self._pids_over[place] = self._usage_over[place] = NEVER
            self._slow.discard(place)
            self._free.append(place)

    def sweep(self, *, usage: bool = True) -> list[int]:
        """Read everybody once; the places of those above a threshold, in a list that the next sweep empties.

        ``gone`` has the places of those whose cgroup is gone. Usage is read of those who have a threshold
        for it.
        """
        self.over.clear()
        self.gone.clear()
        self._read(self._pids_files, self._pids_over, self.pids)
        if usage:
            self._read(self._usage_files, self._usage_over, self.usage)
        for slow in self._slow:
            self._look_slowly(slow)
        return self.over

    def headroom(self, what: What) -> int:
        """By how much the nearest of all could grow without passing its threshold."""
        of_pids = what is What.PIDS
        overs, numbers = (self._pids_over, self.pids) if of_pids else (self._usage_over, self.usage)
        return min(map(sub, overs, numbers), default=NEVER)

    def _read(self, files: list[int], overs: list[int], numbers: list[int]) -> None:
        over, pread, place = self.over, os.pread, -1
        for file, bound in zip(files, overs, strict=True):
            place += 1
            if file < 0:
                continue
            try:
                now = int(pread(file, _ENOUGH, 0))
            except (OSError, ValueError):
                self._look_slowly(place)
                continue
            numbers[place] = now
            if now > bound and place not in over:
                over.append(place)

    def _look_slowly(self, place: int) -> None:
        """Open the files for it, or find out why a kept one could not be read."""
        drawer = self._drawers[place]
        if drawer is None:
            return
        wanted = self._usage_over[place] != NEVER
        try:
            now = _number(drawer, What.PIDS)
            used = _number(drawer, What.MEMORY) if wanted else UNKNOWN
        except CgroupGone:
            if place not in self.gone:
                self.gone.append(place)
            now = used = UNKNOWN
        self.pids[place], self.usage[place] = now, used
        is_over = now > self._pids_over[place] or used > self._usage_over[place]
        if is_over and place not in self.over:
            self.over.append(place)

    def _grown(self) -> int:
        self.runs.append(None)
        self._drawers.append(None)
        for each in (self.pids, self.usage, self._pids_files, self._usage_files):
            each.append(-1)
        for each in (self._pids_over, self._usage_over):
            each.append(NEVER)
        return len(self.runs) - 1


def _number(drawer: Drawer, what: What) -> int:
    found = number(drawer.read(what))
    return UNKNOWN if found is None else found
