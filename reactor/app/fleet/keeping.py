"""The trees of several monitors, one beside the other: each begins, ends and is begun again for itself.

Here is the one nursery above those of ``supervise``. Nothing that goes wrong in a tree leaves it: an engine
that is away is tried again, later each time, and so is a monitor that broke by a defect of ours. To end all
because of one would leave the engines that are well without a monitor; to go on without saying so would hide
it. What was under way in a tree that broke is on record in its journal; the next one takes it up, as after a
restart.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import cast

import trio

from reactor.app.complaint import Complaint
from reactor.app.fleet.member import Member, Ready, Stage, Standing
from reactor.app.garbage import drop_what_is_over
from reactor.app.invocation import leaves
from reactor.app.log import speaking_of
from reactor.app.numbers import Numbers
from reactor.app.supervise import supervise
from reactor.app.territory import TerritoryTaken
from reactor.core.ports import EngineError
from reactor.journal.errors import JournalError

log = logging.getLogger("reactor.app")

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds between two tries."""
GOOD_AFTER = 60.0
"""A monitor that has lasted for so many seconds begins again with the first pause."""


_SAME = "is the same engine, or has the same journal,"
_REMEDY = "name it once; for the copy of a machine see docs/engines.md"


class SameEngine(Exception):
    """This engine has a monitor here already: two would do everything twice."""


AWAY = (EngineError, JournalError, TerritoryTaken, SameEngine, Complaint)
"""What somebody else has to mend, or time; everything else that ends a tree is a defect."""


class Fleet:
    """The monitors of some engines; how it stands with each is put down in ``standings``, by their names."""

    def __init__(self, members: Sequence[Member], standings: dict[str, Standing]) -> None:
        self._members = tuple(members)
        self.standings = standings
        self._taken: dict[str, frozenset[str]] = {}

    async def run(
        self,
        wait_for_stop: Callable[[], Awaitable[object]],
        *,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Keep a monitor for each engine until ``wait_for_stop`` returns; then all end at the same time."""
        stop = trio.Event()
        async with trio.open_nursery() as trees:  # Structural: as many trees as engines, none in another.
            for member in self._members:
                trees.start_soon(self._keep, member, stop)
            task_status.started()
            await wait_for_stop()
            stop.set()

    async def _keep(self, member: Member, stop: trio.Event) -> None:
        """Have a monitor for this engine, again and again."""
        standing, pause = self.standings[member.name], FIRST_PAUSE
        with speaking_of(member.name):
            while not stop.is_set():
                began = trio.current_time()
                try:
                    await self._live(member, standing, stop)
                except Exception as error:  # noqa: BLE001  # Nothing of one engine is to reach another one.
                    _say(standing, error)
                if standing.numbers is not None and not stop.is_set():
                    standing.numbers = None
                    drop_what_is_over()
                if trio.current_time() - began > GOOD_AFTER:
                    pause = FIRST_PAUSE
                with trio.move_on_after(pause):
                    await stop.wait()
                pause = min(2 * pause, LONGEST_PAUSE)
        standing.stage = Stage.STOPPED

    async def _live(self, member: Member, standing: Standing, stop: trio.Event) -> None:
        """One life of a monitor, from the first question to its end."""
        standing.tries += 1
        status = _Begun(standing)
        # trio has its status as overloads, of which a monitor uses one.
        told = cast("trio.TaskStatus[Numbers]", status)
        # Until it watches, nothing is in flight that would have to come to its end.
        async with _until(stop) as beginning, member.prepare() as ready:
            self._claim(ready, member.name)
            standing.begins = True
            ready.greet()
            standing.engine_id, standing.version = ready.engine_id, ready.version
            status.on_started = beginning.disarm
            await supervise(ready.plan, stop.wait, task_status=told)

    def _claim(self, ready: Ready, name: str) -> None:
        """Keep this engine, and its journal, for this monitor. Raises SameEngine.

        Whoever had them first keeps them, watched or not, until he has others: what an engine says of itself
        must not take away the engine of somebody who is just away.
        """
        claimed = frozenset(filter(None, (ready.engine_id, ready.journal)))
        for holder, theirs in self._taken.items():
            if holder != name and theirs & claimed:
                raise SameEngine(f"this {_SAME} as {holder}: {_REMEDY}")
        self._taken[name] = claimed


class _Begun:
    """Told by a monitor when it watches."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self.on_started: Callable[[], None] = lambda: None

    def started(self, value: Numbers) -> None:
        """It watches."""
        standing = self._standing
        standing.numbers, standing.stage, standing.why = value, Stage.WATCHING, ""
        standing.begins = False
        self.on_started()


class _Beginning:
    """What is given up at a stop, as long as it is armed."""

    def __init__(self, scope: trio.CancelScope) -> None:
        self._scope, self._armed = scope, True

    def disarm(self) -> None:
        """From now on it ends by itself, with what is in flight."""
        self._armed = False

    def give_up(self) -> None:
        """End it, unless it ends by itself."""
        if self._armed:
            self._scope.cancel()


@asynccontextmanager
async def _until(stop: trio.Event) -> AsyncIterator[_Beginning]:
    """A block that a stop ends, until it is disarmed."""
    async with trio.open_nursery() as nursery:  # Structural: the one who waits ends with the block.
        beginning = _Beginning(nursery.cancel_scope)

        async def give_up() -> None:
            await stop.wait()
            beginning.give_up()

        nursery.start_soon(give_up)
        yield beginning
        nursery.cancel_scope.cancel()


def _say(standing: Standing, error: Exception) -> None:
    """Put down why a monitor ended, and say it once for each reason."""
    found = leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    broken = next((each for each in found if not isinstance(each, AWAY)), None)
    why = "; ".join(map(str, found)) if broken is None else f"a defect: {type(broken).__name__}: {broken}"
    if broken is not None:
        standing.defects += 1
        log.error("the monitor of this engine broke, and begins again", exc_info=broken)
    elif why != standing.why:
        log.error("this engine is not watched, and is tried again", extra={"why": why})
    standing.begins = False
    standing.stage, standing.why = Stage.AWAY if broken is None else Stage.BROKEN, why
