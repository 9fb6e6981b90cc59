"""Readings: everything that the kernel tells of one run at one moment.

A reading is what was read and nothing more. How it becomes a sample, and what a zero means there, is for
``samples``; what is read a hundred times a second goes through ``sweeping`` instead.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass

from reactor.cgroups.descriptors import Budget, CgroupGone, Drawer
from reactor.cgroups.files import HOT, What
from reactor.cgroups.finding import Home
from reactor.cgroups.moments import memory_now
from reactor.cgroups.parsing import cpu_nanoseconds, keyed, limit, number
from reactor.cgroups.sweeping import NEVER, Sweep
from reactor.core.container import Run

_NANO = 1e-9
EVERYTHING = tuple(What)
PLAIN = tuple(what for what in What if what is not What.MEMORY_STAT)
"""Everything but what the kernel has to add up first: without it, the working set is unknown."""
SAMPLED = (What.PIDS, What.MEMORY, What.CPU, What.PIDS_LIMIT, What.MEMORY_LIMIT, What.MEMORY_STAT)
"""What a sample needs."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the kernel says of a run at ``at``. None is unknown; a limit that is none is ``UNLIMITED``.

    ``usage`` is memory with all page cache, in bytes; ``memory`` the working set (ask for ``MEMORY_STAT``).
    ``cpu`` is in seconds so far. Peaks are since the cgroup was made. ``oom_kills`` are those
    of the container (on version 1 not those of cgroups that it made), ``forks_refused`` how often its limit
    of PIDs was in the way.
    """

    at: float
    run: Run
    pids: int | None = None
    pids_peak: int | None = None
    pids_limit: int | None = None
    usage: int | None = None
    usage_peak: int | None = None
    memory: int | None = None
    memory_limit: int | None = None
    cpu: float | None = None
    oom_kills: int | None = None
    forks_refused: int | None = None


@dataclass(frozen=True, slots=True)
class ReaderStatistics:
    """Runs that are read, descriptors kept for them, reads of whole runs, and runs found gone."""

    runs: int = 0
    kept: int = 0
    readings: int = 0
    gone: int = 0


class Reader:
    """Reads runs whose cgroups were found. Whoever adds a run removes it, or finds it gone.

    Reader and sweep are of one thread: a descriptor that is closed may be somebody else's the next moment.
    ``kept`` are the files to be kept open beside those that every sweep reads.
    """

    def __init__(self, budget: Budget, kept: Sequence[What] = ()) -> None:
        self.sweep = Sweep()
        self._budget = budget
        self._wanted = (*HOT, *kept)
        self._drawers: dict[Run, Drawer] = {}
        self._readings = self._gone = 0

    def statistics(self) -> ReaderStatistics:
        """The counters."""
        return ReaderStatistics(len(self._drawers), self._budget.used, self._readings, self._gone)

    def add(self, home: Home) -> bool:
        """Read this run from now on; False if its cgroup is gone already."""
        if home.run in self._drawers:
            return True
        drawer = Drawer(home, self._budget)
        try:
            drawer.keep(self._wanted)
        except CgroupGone:
            drawer.close()
            return False
        self._drawers[home.run] = drawer
        return True

    def remove(self, run: Run) -> None:
        """Read it no more."""
        drawer = self._drawers.pop(run, None)
        if drawer is not None:
            # The sweep forgets their numbers first.
            self.sweep.drop(run)
            drawer.close()

    def watch(self, run: Run, pids_over: int = NEVER, usage_over: int = NEVER) -> int:
        """Sweep a run that was added, or give it other thresholds; its place in the sweep."""
        return self.sweep.watch(self._drawers[run], pids_over, usage_over)

    def cool(self, run: Run) -> None:
        """Keep nothing open for this run: there are others who need it more."""
        self._drawers[run].close()
        self.sweep.refresh(run)

    def warm(self, run: Run) -> None:
        """Keep its files open again, as far as there is room."""
        with suppress(CgroupGone):  # Whoever reads it next is told.
            self._drawers[run].keep(self._wanted)
        self.sweep.refresh(run)

    def close(self) -> None:
        """Read nobody any more."""
        for run in tuple(self._drawers):
            self.remove(run)

    def read(self, run: Run, at: float, wanted: Collection[What] = EVERYTHING) -> Reading | None:
        """Read this of a run; None if it is gone, or was never added. What is not asked for is unknown.

        It is removed as soon as it is found gone.
        """
        drawer = self._drawers.get(run)
        if drawer is None:
            return None
        try:
            found = [drawer.read(what) if what in wanted else None for what in PLAIN]
            used = memory_now(drawer) if What.MEMORY_STAT in wanted else None
        except CgroupGone:
            self._gone += 1
            self.remove(run)
            return None
        self._readings += 1
        return _reading(drawer.home, at, found, used)


def _reading(
    home: Home, at: float, found: Sequence[bytes | None], used: tuple[int | None, int | None] | None
) -> Reading:
    pids, plain, pids_peak, usage_peak, cpu, oom, refused, pids_limit, memory_limit = found
    usage, memory = (number(plain), None) if used is None else used
    cpu_place = home.places.get("cpu")
    time = cpu_nanoseconds(cpu, cpu_place.version) if cpu is not None and cpu_place is not None else None
    return Reading(
        at,
        home.run,
        pids=number(pids),
        pids_peak=number(pids_peak),
        pids_limit=None if pids_limit is None else limit(pids_limit),
        usage=usage,
        usage_peak=number(usage_peak),
        memory=memory,
        memory_limit=None if memory_limit is None else limit(memory_limit),
        cpu=None if time is None else time * _NANO,
        oom_kills=None if oom is None else keyed(oom, b"oom_kill"),
        forks_refused=None if refused is None else keyed(refused, b"max"),
    )
