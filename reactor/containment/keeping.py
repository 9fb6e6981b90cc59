"""Who is held, from when to when: opened when a run is found, confirmed by the engine, closed with its end.

It is what stands behind the port ``Containment``. Nothing is decided here, and nothing here waits when a run
is to be ended: whoever is not held by then is left to the engine.
"""

import os
import resource
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import trio

from reactor.cgroups.finding import PROC
from reactor.cgroups.mounts import Trees
from reactor.containment import striking
from reactor.containment.handles import Handle, open_handle
from reactor.containment.lining import Line
from reactor.containment.proving import was_there
from reactor.core.container import Container, ContainerId, Run
from reactor.core.ports import Contained, EngineError

Inspect = Callable[[ContainerId], Awaitable[Container]]
Named = Callable[[Run, int], float | None]
"""When the engine had been asked that named this process of this run last, in seconds since boot."""
AT_ONCE = 4
"""Inspects under way together; those that hang do not keep all others waiting."""
SHARE = 4
"""One in so many of the descriptors that the process may have is used for this."""
MOST = 8000
_OF_ONE = 3
"""Descriptors of one run at most."""
NOT_HELD = "nothing of it is held"
FROZEN = "it is frozen already, for another rule"
NO_ROOM = "there are no descriptors left for it"
NO_RECORD = "its end would be a restart, and without a record of it nobody would thaw it"


@dataclass(frozen=True, slots=True)
class KeeperStatistics:
    """How many runs are held, and how many are to be and cannot."""

    held: int = 0
    lacking: int = 0


class Keeper:
    """Holds on to the runs that it is told of. ``inspect`` asks the engine, where ``named`` does not do."""

    def __init__(
        self,
        trees: Trees,
        inspect: Inspect,
        *,
        named: Named = lambda _run, _pid: None,
        proc: Path = PROC,
        most: int | None = None,
    ) -> None:
        self._trees = trees
        self._inspect, self._named = inspect, named
        self._proc = proc
        self._most = usual_most() if most is None else most
        self._wanted: Mapping[Run, Container] = {}
        self._handles: dict[Run, Handle] = {}
        self._refused: dict[Run, str] = {}
        self._frozen: dict[Run, str] = {}
        self._line = Line()
        self._open = 0

    def want(self, wanted: Mapping[Run, Container]) -> None:
        """Hold on to these runs, as they were seen last, and to no others."""
        self._wanted = wanted
        self._refused = {run: why for run, why in self._refused.items() if run in wanted}
        self._line.keep(wanted)
        for run in [run for run in self._handles if run not in wanted]:
            self._let_go(run)
        known = self._line.known.union(self._handles, self._refused)
        for run in wanted:
            if run not in known:
                self._line.put(run)

    async def run(self) -> None:
        """Open what is wanted, for ever; nothing is open, or frozen, after it."""
        try:
            # A few tasks of one kind, which end with this function.
            async with trio.open_nursery() as nursery:
                for _ in range(AT_ONCE):
                    nursery.start_soon(self._work)
        finally:
            for run in list(self._handles):
                self._let_go(run)

    def is_frozen(self, run: Run) -> bool:
        """Whether a run is frozen here now, and so will be thawed."""
        return run in self._frozen

    def statistics(self) -> KeeperStatistics:
        """How it goes."""
        return KeeperStatistics(len(self._handles), len(self._wanted) - len(self._handles))

    def contain(self, run: Run, container: Container | None, *, recorded: bool = True) -> Contained:
        """End this run, or freeze it if the engine would begin another one and that is on record."""
        handle = self._handles.get(run)
        if handle is None or container is None or container.run != run:
            return Contained(why=NO_ROOM if self._line.is_crowded(run) else self._refused.get(run, NOT_HELD))
        # Its policy may have been changed since, either way.
        if not handle.restarts and not container.restart_policy:
            return striking.end(handle)
        if not recorded:
            return Contained(why=NO_RECORD)
        if run in self._frozen:
            # Where there is another way to freeze it would be taken, and then one of the two be thawed only.
            return Contained(why=FROZEN)
        frozen = striking.freeze(handle)
        if frozen.frozen:
            self._frozen[run] = frozen.how
        return frozen

    async def wait_over(self, run: Run) -> None:
        """Wait for its first process, which the kernel lets go when no other one of its namespace is left."""
        handle = self._handles.get(run)
        if handle is None or handle.init < 0:
            return
        with suppress(OSError):  # There is no descriptor left, and so nothing to wait by.
            # A copy: the run may be let go of meanwhile.
            first = os.dup(handle.init)
            try:
                await trio.lowlevel.wait_readable(first)
            finally:
                os.close(first)

    def thaw(self, run: Run) -> str:
        """Let a run go on that was frozen here."""
        how, handle = self._frozen.pop(run, ""), self._handles.get(run)
        return striking.thaw(handle, how) if how and handle is not None else ""

    async def _work(self) -> None:
        while True:
            run = await self._line.next()
            # It is told of again and again meanwhile, and need not be opened a second time for that.
            with self._line.under_way(run):
                await self._hold(run, self._wanted[run])

    async def _hold(self, run: Run, container: Container) -> None:
        """Open, and have it confirmed; what is open meanwhile counts, too."""
        if self._open + _OF_ONE > self._most:
            self._line.crowd(run)
            return
        handle = open_handle(self._trees, container, self._proc)
        if isinstance(handle, str):
            self._refused[run] = handle
            self._line.settle(run)
            return
        if not handle.count:
            # It may be that we have run out of descriptors for the moment.
            self._line.try_again(run)
            return
        self._open += handle.count
        if was_there(handle, container.pid, self._named(run, container.pid), self._proc):
            # The engine spoke of what is held here already.
            self._line.settle(run)
            self._handles[run] = handle
            return
        try:
            kept = await self._confirmed(handle, container)
        except EngineError:
            self._line.try_again(run)
            kept = None
        except BaseException:
            self._close(handle)
            raise
        now = self._wanted.get(run)
        if kept is not None and now is not None:
            self._handles[run] = kept
            return
        self._close(handle)
        if now is not None and now.pid != container.pid:
            # It was seen anew meanwhile, and what is known of it now may be what the engine says.
            self._line.put(run)

    async def _confirmed(self, handle: Handle, container: Container) -> Handle | None:
        """The handle, if the engine still names this run and this process."""
        seen = await self._inspect(container.id)
        self._line.settle(container.run)
        if (seen.run, seen.pid) != (container.run, container.pid):
            # Whoever looks at the engine will see that, and want another run.
            return None
        return replace(handle, restarts=bool(seen.restart_policy))

    def _close(self, handle: Handle) -> None:
        self._open -= handle.count
        handle.close()
        self._line.make_room()

    def _let_go(self, run: Run) -> None:
        self.thaw(run)
        self._close(self._handles.pop(run))


def usual_most(sharers: int = 1) -> int:
    """How many descriptors there are for this, for one of so many who share those of the process."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (MOST if soft == resource.RLIM_INFINITY else min(MOST, soft // SHARE)) // sharers
