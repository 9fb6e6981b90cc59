"""What is read of one run, each file as often as it may have changed.

Only reading is here; what a reading means is in ``eye``.
"""

import os
from dataclasses import dataclass, field
from math import inf

from reactor.cgroups.descriptors import Drawer
from reactor.cgroups.files import What
from reactor.cgroups.moments import memory_now
from reactor.cgroups.parsing import UNLIMITED, cpu_nanoseconds, limit, number
from reactor.cgroups.reading import Reading

_PIDS, _USAGE, _CPU = int(What.PIDS), int(What.MEMORY), int(What.CPU)
SELDOM = 20.0
"""Seconds between two looks at its limits; and at ``memory.stat`` where nothing was charged or given back."""


@dataclass(slots=True, eq=False)
class Gauge:
    """The files of one run. ``limits`` are those of PIDs and of memory, None for none or unknown."""

    drawer: Drawer
    limits: tuple[int | None, int | None] = (None, None)
    _limits_at: float = field(default=0.0, init=False)
    _usage: int | None = field(default=None, init=False)
    _memory: int | None = field(default=None, init=False)
    _memory_at: float = field(default=0.0, init=False)

    def read_limits(self, at: float) -> bool:
        """Read them if it is time: they hardly ever change, and their files are not kept open."""
        if at < self._limits_at:
            return False
        self.have_changed(at)
        return True

    def have_changed(self, at: float) -> bool:
        """Read the limits in any case; whether they are others than before. Raises CgroupGone."""
        self._limits_at, before = at + SELDOM, self.limits
        self.limits = _limit(self.drawer.read(What.PIDS_LIMIT)), _limit(self.drawer.read(What.MEMORY_LIMIT))
        return self.limits != before

    def forget_limits(self, at: float) -> None:
        """They are not known, until they are read with the next look."""
        self.limits, self._limits_at = (None, None), at

    def stagger(self, now: float, part: float) -> None:
        """Bring that forward to this part of the time."""
        self._limits_at = now + (self._limits_at - now) * part

    def read(self, at: float, *, closely: bool) -> Reading:
        """What there is to be told of it now. Raises CgroupGone.

        For ``memory.stat`` the kernel has to add up. If not ``closely``, it may be some seconds old, where
        usage is the same. Processor time comes first: between it and ``at`` must be next to nothing.
        """
        drawer, run, cpu = self.drawer, self.drawer.home.run, self.worked()
        usage = None if closely else number(drawer.read(What.MEMORY))
        if closely or usage != self._usage or at >= self._memory_at:
            usage, self._memory = memory_now(drawer)
            # What was not of one moment is read again with the next look.
            self._usage, self._memory_at = usage, at if self._memory is None else at + SELDOM
        pids = number(drawer.read(What.PIDS))
        return Reading(at, run, pids=pids, usage=usage, memory=self._memory, cpu=cpu)

    def usage_now(self) -> int:
        """Usage as it is kept open to be read, -1 if it is not."""
        return _kept(self.drawer, What.MEMORY)

    def counts_now(self) -> tuple[int, int]:
        """PIDs and usage, each as it is kept open to be read, or -1."""
        return _kept(self.drawer, What.PIDS), _kept(self.drawer, What.MEMORY)

    def counts(self) -> tuple[int | None, int | None]:
        """PIDs and usage, and nothing else. Raises CgroupGone."""
        drawer = self.drawer
        return number(drawer.read(What.PIDS)), number(drawer.read(What.MEMORY))

    def shows(self, pids: int, usage: int, cpu: float, at: float) -> bool:
        """Whether this is what its kept files show, and no limit is due. False also where that takes longer.

        It may have used less than ``cpu`` seconds of a processor. Asked so often that it is one question.
        """
        kept = self.drawer.files
        try:
            return (
                at < self._limits_at
                and int(os.pread(kept[_PIDS], 32, 0)) == pids
                and int(os.pread(kept[_USAGE], 32, 0)) == usage
                and (cpu == inf or kept[_CPU] < 0 or int(os.pread(kept[_CPU], 32, 0)) * 1e-9 < cpu)
            )
        except (OSError, ValueError):
            return False

    def worked_now(self) -> float | None:
        """Processor time in seconds, if that file is kept open: else it is not worth it."""
        return self.worked() if self.drawer.kept(What.CPU) >= 0 else None

    def worked(self) -> float | None:
        """Processor time in seconds. Raises CgroupGone."""
        data, place = self.drawer.read(What.CPU), self.drawer.home.places.get("cpu")
        used = None if data is None or place is None else cpu_nanoseconds(data, place.version)
        return None if used is None else used * 1e-9

    def read_peak(self) -> int | None:
        """The most PIDs that there ever were, if the kernel keeps that. Raises CgroupGone."""
        return number(self.drawer.read(What.PIDS_PEAK))

    def has_peaked(self, known: int) -> bool:
        """Whether that is more by now, or has to be read anew to find out."""
        try:
            return int(os.pread(self.drawer.kept(What.PIDS_PEAK), 32, 0)) > known
        except (OSError, ValueError):
            return True


def _kept(drawer: Drawer, what: What) -> int:
    try:
        return int(os.pread(drawer.kept(what), 32, 0))
    except (OSError, ValueError):
        return -1


def _limit(data: bytes | None) -> int | None:
    found = None if data is None else limit(data)
    return found if found is not None and 0 < found < UNLIMITED else None
