"""Who is held, from when to when: opened when a run is found, confirmed by the engine, closed with its end.

It is what stands behind the port ``Containment``. Nothing is decided here, and nothing here waits when a run
is to be ended: whoever is not held by then is left to the engine.
"""

import logging
import resource
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import trio

from reactor.cgroups.finding import PROC
from reactor.cgroups.mounts import Trees
from reactor.containment import striking
from reactor.containment.handles import Handle, open_handle
from reactor.core.container import Container, ContainerId, Run, State
from reactor.core.ports import Contained, EngineError, NoSuchContainer

log = logging.getLogger("reactor.containment")

Inspect = Callable[[ContainerId], Awaitable[Container]]
AT_ONCE = 4
"""Inspects under way together; those that hang do not keep all others waiting."""
SHARE = 4
"""One in so many of the descriptors that the process may have is used for this."""
MOST = 8000
_AGAIN_AFTER = 1.0
NOT_HELD = "nothing of it is held"


@dataclass(frozen=True, slots=True)
class KeeperStatistics:
    """How many runs are held, and how many are to be and cannot."""

    held: int = 0
    lacking: int = 0


class Keeper:
    """Holds on to the runs that it is told of. ``inspect`` asks the engine."""

    def __init__(self, trees: Trees, inspect: Inspect, *, proc: Path = PROC, most: int | None = None) -> None:
        self._trees = trees
        self._inspect = inspect
        self._proc = proc
        self._most = _usual_most() if most is None else most
        self._wanted: Mapping[Run, Container] = {}
        self._handles: dict[Run, Handle] = {}
        self._refused: dict[Run, str] = {}
        self._frozen: dict[Run, str] = {}
        # The youngest first: who was there already has been seen to behave for a while.
        self._waiting: dict[Run, None] = {}
        self._idle = trio.lowlevel.ParkingLot()

    def want(self, wanted: Mapping[Run, Container]) -> None:
        """Hold on to these runs, as they were seen last, and to no others."""
        self._wanted = wanted
        self._refused = {run: why for run, why in self._refused.items() if run in wanted}
        for run in [run for run in self._handles if run not in wanted]:
            self._let_go(run)
        self._waiting = {run: None for run in self._waiting if run in wanted}
        for run in wanted:
            if run not in self._handles and run not in self._refused and run not in self._waiting:
                self._waiting[run] = None
                self._idle.unpark()

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

    def statistics(self) -> KeeperStatistics:
        """How it goes."""
        return KeeperStatistics(len(self._handles), len(self._wanted) - len(self._handles))

    def contain(self, run: Run, container: Container | None) -> Contained:
        """End this run, or freeze it if the engine would begin another one."""
        handle = self._handles.get(run)
        if handle is None or container is None or container.run != run:
            return Contained(why=self._refused.get(run, NOT_HELD))
        # Its policy may have been changed since, either way.
        if not handle.restarts and not container.restart_policy:
            return striking.end(handle)
        frozen = striking.freeze(handle)
        if frozen.frozen:
            self._frozen[run] = frozen.how
        return frozen

    def thaw(self, run: Run) -> str:
        """Let a run go on that was frozen here."""
        how, handle = self._frozen.pop(run, ""), self._handles.get(run)
        return striking.thaw(handle, how) if how and handle is not None else ""

    async def thaw_left(self, runs: Iterable[Run]) -> None:
        """Let go on what an earlier monitor froze of what it meant to end; waits until that is sure."""
        left = list(dict.fromkeys(runs))
        while left:
            left = [run for run in left if not await self._thaw_left(run)]
            if left:
                await trio.sleep(_AGAIN_AFTER)

    async def _thaw_left(self, run: Run) -> bool:
        """Thaw one if it has to be; whether that is settled."""
        try:
            seen = await self._inspect(run.id)
        except NoSuchContainer:
            return True
        except EngineError:
            return False
        # What we froze ourselves meanwhile will be thawed by us.
        handle = open_handle(self._trees, seen, self._proc) if seen.run == run and seen.alive else NOT_HELD
        if not isinstance(handle, Handle):
            return True
        if run not in self._frozen and _thaw_what_is_ours(handle, seen):
            log.warning(
                "an earlier monitor left a container frozen; it was thawed", extra={"id": run.id[:12]}
            )
        handle.close()
        return True

    async def _work(self) -> None:
        while True:
            while not self._waiting:
                await self._idle.park()
            run, _ = self._waiting.popitem()
            await self._hold(run, self._wanted[run])

    async def _hold(self, run: Run, container: Container) -> None:
        if sum(handle.count for handle in self._handles.values()) + 3 > self._most:
            self._refused[run] = "there are no descriptors left for it"
            return
        handle = open_handle(self._trees, container, self._proc)
        if isinstance(handle, str):
            self._refused[run] = handle
            return
        try:
            seen = await self._inspect(run.id)
        except BaseException as error:
            handle.close()
            if not isinstance(error, EngineError):
                raise
            return
        if run not in self._wanted or seen.run != run or seen.pid != container.pid or run in self._handles:
            handle.close()
            return
        self._handles[run] = replace(handle, restarts=bool(seen.restart_policy))

    def _let_go(self, run: Run) -> None:
        self.thaw(run)
        self._handles.pop(run).close()


def _thaw_what_is_ours(handle: Handle, seen: Container) -> bool:
    """Thaw it where the ice is not the engine's own, which says then that it is paused."""
    thawed = False
    for how in striking.frozen_by(handle):
        of_engine = how == striking.BY_FREEZER or handle.shared_ice
        if not (of_engine and seen.state is State.PAUSED):
            thawed = not striking.thaw(handle, how) or thawed
    return thawed


def _usual_most() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else min(MOST, soft // SHARE)
