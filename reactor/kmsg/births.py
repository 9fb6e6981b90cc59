"""Who is in the cgroups of containers that were made just now, by the numbers of their processes.

An engine tells of a container when it runs, and names its first process when it is asked: with one that is
dead within milliseconds that is too late. Its cgroup is made tens of milliseconds before its program begins,
so whoever hears of that can look who is in it. Only young ones are looked at here, of the others the engine
has told; where they are made is for ``parents``.
"""

import logging
from collections import OrderedDict
from heapq import heappop, heappush
from itertools import count
from math import inf
from pathlib import Path

import trio

from reactor.cgroups.finding import PROC, Home, find
from reactor.cgroups.mounts import Trees
from reactor.core.container import Container, ContainerId
from reactor.kmsg.birth import Birth, pids_in
from reactor.kmsg.parents import Cgroup, Parents
from reactor.kmsg.whose import sees_host

log = logging.getLogger("reactor.kmsg")

LOOKS = (
    *(0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1, 0.125, 0.15, 0.175, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6),
    *(0.8, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0),
)
"""Seconds after it was made, at which it is looked at again: runtimes put in helpers first, the program's
process tens of milliseconds later, and no file tells of that. Once the engine has told of it, or behind the
last, nobody looks any more."""
YOUNG = 5.0
"""Seconds since a run's beginning in which its cgroup shows where this engine puts them now."""
TRIES = 20
"""Runs that are not young, of which that is asked until one of them shows it."""
MOST = 4096
"""Processes that are remembered; the oldest is forgotten for the next."""
AT_ONCE = 100
"""Looks that are made before somebody else has a turn."""


class Births:
    """Remembers who was in young cgroups, as ``run`` sees them."""

    def __init__(self, trees: Trees, proc: Path = PROC) -> None:
        self._trees, self._proc = trees, proc
        self._parents: Parents | None = None
        self._tries = TRIES
        self._births: dict[ContainerId, Birth] = {}
        self._of: OrderedDict[int, Birth] = OrderedDict()
        self._due: list[tuple[float, int, Birth]] = []
        self._numbers = count()

    def whose(self, pid: int, at: float) -> ContainerId | None:
        """The young container in which this process was, by who was seen in it."""
        birth = self._of.get(pid)
        return birth.cgroup.id if birth is not None and birth.is_meant(pid, at) else None

    def forget(self) -> None:
        """It may be another engine from now on, which puts its containers elsewhere."""
        self._tries = TRIES

    def began(self, container: Container, now: float) -> None:
        """The engine tells of a run that is under way: it knows its first process better than anybody.

        And where its cgroup is, the next ones will be made.
        """
        birth = self._births.get(container.id)
        if birth is not None and container.pid in birth.pids:
            del self._births[container.id]
        is_young = container.born is not None and now - container.born < YOUNG
        if self._parents is None or container.pid <= 0 or not (is_young or self._tries):
            return
        self._tries = max(0, self._tries - 1)
        home = find(self._trees, container.run, container.pid, proc=self._proc)
        if isinstance(home, Home) and home.by == "pid" and "memory" in home.places:
            self._parents.follow(home.parent("memory"))
            self._tries = 0

    async def run(self) -> None:
        """Watch for ever; where that cannot be, it is said, and who is dead at once may stay unknown.

        Where others number processes than the log does, nobody is asked.
        """
        mount = self._trees.of("memory")
        if mount is None or not sees_host(self._proc):
            return
        try:
            self._parents = Parents.open(mount)
            await self._watch(self._parents)
        except OSError as error:
            log.info("new cgroups are not told of", extra={"why": error.strerror})
        finally:
            if self._parents is not None:
                self._parents.close()
                self._parents = None

    async def _watch(self, parents: Parents) -> None:
        while True:
            with trio.move_on_at(self._due[0][0] if self._due else inf):
                await trio.lowlevel.wait_readable(parents.file)
            now = trio.current_time()
            for cgroup in parents.changes():
                if cgroup is not None:
                    self._take(cgroup, now)
                else:
                    # Who knows who is gone by now, and who is new.
                    self._births.clear()
                    self._of.clear()
            self._look(now)

    def _take(self, cgroup: Cgroup, now: float) -> None:
        before = self._births.get(cgroup.id)
        if before is not None and before.cgroup == cgroup:
            return
        if before is not None:
            before.gone = True
            del self._births[cgroup.id]
            if before.cgroup.path != cgroup.path:
                # One id in two places is nobody's.
                self._remember([], before, now)
                return
        if cgroup.made:
            birth = self._births[cgroup.id] = Birth(cgroup, now)
            self._look_at(now, birth)

    def _again(self, birth: Birth, now: float) -> None:
        """Look at it at its next moment; those that have passed were this one."""
        while birth.looks < len(LOOKS) and birth.at + LOOKS[birth.looks] <= now:
            birth.looks += 1
        if birth.looks < len(LOOKS):
            self._look_at(birth.at + LOOKS[birth.looks], birth)
        else:
            del self._births[birth.cgroup.id]

    def _look_at(self, due: float, birth: Birth) -> None:
        heappush(self._due, (due, next(self._numbers), birth))

    def _look(self, now: float) -> None:
        """At those whose time has come."""
        for _ in range(AT_ONCE):
            if not self._due or self._due[0][0] > now:
                return
            birth = heappop(self._due)[-1]
            if self._births.get(birth.cgroup.id) is not birth:
                continue
            found = pids_in(birth.cgroup.path)
            if found:
                self._remember(found, birth, now)
            self._again(birth, now)

    def _remember(self, pids: list[int], birth: Birth, now: float) -> None:
        """These, and nobody else, are in it."""
        for pid in birth.pids.keys() - set(pids):
            if self._of.get(pid) is birth:
                del self._of[pid]
        birth.pids = {pid: birth.pids.get(pid, now) for pid in pids}
        birth.seen_at = now
        for pid in pids:
            self._of[pid] = birth
            self._of.move_to_end(pid)
            if len(self._of) > MOST:
                self._of.popitem(last=False)
