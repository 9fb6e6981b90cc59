"""Who is in the cgroups of containers that were made just now, by the numbers of their processes.

An engine tells of a container when it runs, and names its first process when it is asked: with one that is
dead within milliseconds that is too late. Its cgroup is made tens of milliseconds before its program begins,
so whoever hears of that can look who is in it. Only young ones are looked at here, of the others the engine
has told; where they are made is for ``parents``.
"""

import logging
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from math import inf
from pathlib import Path

import trio

from reactor.cgroups.finding import PROC, Home, find
from reactor.cgroups.mounts import Trees
from reactor.core.container import Container, ContainerId
from reactor.kmsg.parents import Cgroup, Parents
from reactor.kmsg.whose import sees_host

log = logging.getLogger("reactor.kmsg")

LOOKS = (
    *(0.0, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1, 0.125, 0.15, 0.175, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6),
    *(0.8, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0),
)
"""Seconds after it was made, at which it is looked who is in it: runtimes put in helpers first, the program's
process tens of milliseconds later, and no file tells of that. Once the engine has told of it, or behind the
last, nobody looks any more."""
YOUNG = 5.0
"""Seconds since a run's beginning in which its cgroup shows where this engine puts them now."""
MOST = 4096
"""Processes that are remembered; the oldest is forgotten for the next."""
AT_ONCE = 100
"""Looks that are made before somebody else has a turn."""
_LONGEST = 2048
_FILES = ("cgroup.procs", "container/cgroup.procs")
"""Podman's runtime can put the processes one level below."""


@dataclass(slots=True, eq=False)
class _Birth:
    """One cgroup that was made: whose, who was seen in it, how often was looked, and when it was removed."""

    cgroup: Cgroup
    at: float
    looks: int = 0
    pids: set[int] = field(default_factory=set)
    ended_at: float = inf


class Births:
    """Remembers who was in young cgroups, as ``run`` sees them."""

    def __init__(self, trees: Trees, proc: Path = PROC) -> None:
        self._trees, self._proc = trees, proc
        self._parents: Parents | None = None
        self._learned = False
        self._births: dict[ContainerId, _Birth] = {}
        self._of: OrderedDict[int, _Birth] = OrderedDict()
        self._due: list[tuple[float, int, _Birth]] = []
        self._numbers = count()

    def whose(self, pid: int, at: float) -> ContainerId | None:
        """The young container in which this process was seen last, if it is there still, or nobody is.

        While others are, the number may be somebody's elsewhere. None, too, if the container was over then.
        """
        birth = self._of.get(pid)
        if birth is None or at > birth.ended_at:
            return None
        there = _pids(birth.cgroup.path) if birth.ended_at == inf else []
        return birth.cgroup.id if pid in there or not there else None

    def began(self, container: Container, now: float) -> None:
        """The engine tells of a run that is under way: it knows its first process better than anybody.

        And where its cgroup is, the next ones will be made.
        """
        if self._parents is None or container.pid <= 0:
            return
        birth = self._births.get(container.id)
        if birth is not None and container.pid in birth.pids:
            self._forget(birth)
        is_young = container.born is not None and now - container.born < YOUNG
        if self._learned and not is_young:
            return
        home = find(self._trees, container.run, container.pid, proc=self._proc)
        if isinstance(home, Home) and home.by == "pid" and "memory" in home.places:
            self._parents.follow(home.parent("memory"))
            self._learned = True

    async def run(self) -> None:
        """Watch for ever; where that cannot be, it is said, and who is dead at once may stay unknown.

        Where others number processes than the log does, nobody is asked.
        """
        mount = self._trees.of("memory")
        if mount is None or not sees_host(self._proc):
            return
        try:
            self._parents = Parents.open(mount)
        except OSError as error:
            log.info("new cgroups are not told of", extra={"why": error.strerror})
            return
        try:
            await self._watch(self._parents)
        finally:
            self._parents.close()
            self._parents = None

    async def _watch(self, parents: Parents) -> None:
        while True:
            with trio.move_on_at(self._due[0][0] if self._due else inf):
                await trio.lowlevel.wait_readable(parents.file)
            now = trio.current_time()
            for cgroup in parents.changes():
                self._take(cgroup, now)
            self._look(now)

    def _take(self, cgroup: Cgroup, now: float) -> None:
        before = self._births.pop(cgroup.id, None)
        if before is not None:
            before.ended_at = now
        if cgroup.made:
            birth = self._births[cgroup.id] = _Birth(cgroup, now)
            self._again(birth)

    def _again(self, birth: _Birth) -> None:
        heappush(self._due, (birth.at + LOOKS[birth.looks], next(self._numbers), birth))

    def _look(self, now: float) -> None:
        """At those whose time has come."""
        for _ in range(AT_ONCE):
            if not self._due or self._due[0][0] > now:
                return
            birth = heappop(self._due)[-1]
            if self._births.get(birth.cgroup.id) is not birth:
                continue
            found = _pids(birth.cgroup.path)
            if found:
                self._remember(found, birth)
            birth.looks += 1
            if birth.looks < len(LOOKS):
                self._again(birth)
            else:
                self._forget(birth)

    def _forget(self, birth: _Birth) -> None:
        self._remember([], birth)
        del self._births[birth.cgroup.id]

    def _remember(self, pids: list[int], birth: _Birth) -> None:
        """These, and nobody else, are in it."""
        for pid in birth.pids.difference(pids):
            if self._of.get(pid) is birth:
                del self._of[pid]
        birth.pids = set(pids)
        for pid in pids:
            self._of[pid] = birth
            self._of.move_to_end(pid)
            if len(self._of) > MOST:
                self._of.popitem(last=False)


def _pids(path: str) -> list[int]:
    """The first of those who are in it; who cannot be seen from here has the number 0."""
    for name in _FILES:
        with suppress(OSError), open(f"{path}/{name}", "rb", buffering=0) as file:
            found = [int(each) for each in file.read(_LONGEST).split(b"\n")[:-1] if each != b"0"]
            if found:
                return found
    return []
