"""The sweep: PIDs and memory of every watched run, in one loop that makes no garbage to collect.

Everything is in flat lists that are written in place; what comes out are the places of those over their
thresholds, and of those that are gone. What that means, and when to sweep, is for others to say.
"""

import os

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

    ``pids`` and ``usage`` are as of the last sweep, by place.
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
        quick = pids >= 0 and usage >= 0
        self._pids_files[place], self._usage_files[place] = (pids, usage) if quick else (-1, -1)
        (self._slow.discard if quick else self._slow.add)(place)

    def drop(self, run: Run) -> None:
        """Watch it no more. To be called before its files are closed: their numbers go to others."""
        place = self._places.pop(run, -1)
        if place >= 0:
            self.runs[place] = self._drawers[place] = None
            self._pids_files[place] = self._usage_files[place] = -1
            self.pids[place] = self.usage[place] = UNKNOWN
            self._slow.discard(place)
            self._free.append(place)

    def sweep(self) -> list[int]:
        """Read everybody once; the places of those above a threshold, in a list that the next sweep empties.

        ``gone`` has the places of those whose cgroup is gone.
        """
        over, pids, usage, pread = self.over, self.pids, self.usage, os.pread
        over.clear()
        self.gone.clear()
        place = -1
        for pids_file, usage_file, pids_over, usage_over in zip(
            self._pids_files, self._usage_files, self._pids_over, self._usage_over, strict=True
        ):
            place += 1
            if pids_file < 0:
                continue
            try:
                now, used = int(pread(pids_file, _ENOUGH, 0)), int(pread(usage_file, _ENOUGH, 0))
            except (OSError, ValueError):
                self._look_slowly(place)
                continue
            pids[place], usage[place] = now, used
            if now > pids_over or used > usage_over:
                over.append(place)
        for slow in self._slow:
            self._look_slowly(slow)
        return over

    def _look_slowly(self, place: int) -> None:
        """Open the files for it, or find out why a kept one could not be read."""
        drawer = self._drawers[place]
        if drawer is None:
            return
        try:
            now, used = _number(drawer, What.PIDS), _number(drawer, What.MEMORY)
        except CgroupGone:
            self.gone.append(place)
            now = used = UNKNOWN
        self.pids[place], self.usage[place] = now, used
        if now > self._pids_over[place] or used > self._usage_over[place]:
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
    data = drawer.read(what)
    found = None if data is None else number(data)
    return UNKNOWN if found is None else found
