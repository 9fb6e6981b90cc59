"""A scheduler for reactivex that lives on trio's loop: one task, one heap, trio's clock.

Only timing belongs here; this module knows nothing of containers. What is scheduled runs
in order of its due time, ties in order of scheduling, one after the other in the one task
``run``. No threads: whoever comes from another thread is refused and uses a channel.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from math import inf
from threading import get_ident
from typing import Any, Self, TypeVar

import trio
from reactivex import abc, typing
from reactivex.scheduler.periodicscheduler import PeriodicScheduler

_State = TypeVar("_State")
_Action = Callable[[abc.SchedulerBase, Any], abc.DisposableBase | None]

BATCH = 64
"""How many actions run before the other tasks get their turn."""

COMPACT_FROM = 64
"""Below this many entries the dead ones are not worth a sweep."""


class ForeignThread(RuntimeError):
    """The scheduler was used from a thread that is not trio's."""


class AlreadyRun(RuntimeError):
    """A scheduler runs once: two pumps over one heap would lose the order."""


@dataclass(frozen=True, slots=True)
class SchedulerStatistics:
    """How the scheduler stands. ``dead`` entries were disposed of and wait to be swept out.

    ``next_due`` is on trio's clock, in seconds; None when nothing waits.
    """

    waiting: int
    dead: int
    ran: int
    sweeps: int
    next_due: float | None


class _Scheduled(abc.DisposableBase):
    """One action and what it left behind. Disposed while it waits, it stays in the heap as a tombstone."""

    __slots__ = ("_action", "_disposed", "_left", "_owner", "_state")

    def __init__(self, owner: "TrioScheduler", action: _Action, state: object) -> None:
        self._owner = owner
        self._action: _Action | None = action
        self._state = state
        self._left: abc.DisposableBase | None = None
        self._disposed = False

    @property
    def is_dead(self) -> bool:
        return self._disposed

    def dispose(self) -> None:
        self._owner.refuse_foreign_thread()
        if self._disposed:
            return
        self._disposed = True
        if self._action is not None:
            # The references go now: a tombstone may lie for hours, what it held may be large.
            self._action = self._state = None
            self._owner.bury()
        elif self._left is not None:
            self._left.dispose()

    def invoke(self) -> None:
        action, state = self._action, self._state
        self._action = self._state = None
        if action is None:
            return
        left = action(self._owner, state)
        if not isinstance(left, abc.DisposableBase):
            return
        self._left = left
        if self._disposed:  # by the action itself, before there was anything to dispose of
            left.dispose()


class TrioScheduler(PeriodicScheduler):
    """Runs scheduled actions on trio's loop. Made inside trio, started with ``nursery.start(rx.run)``.

    Pass it to every ``subscribe(..., scheduler=rx)``: an operator that finds none starts a thread.
    ``now`` is the wall clock as it was at construction plus what trio's clock has counted since,
    so a step of the wall clock moves no deadline, and a virtual clock drives everything.
    """

    def __init__(self, *, wall: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._thread = get_ident()
        self._origin = trio.current_time()
        self._wall = datetime.fromtimestamp(wall(), tz=UTC)
        self._heap: list[tuple[float, int, _Scheduled]] = []
        self._count = self._dead = self._ran = self._sweeps = 0
        self._started = False
        # What `run` sleeps in. Whoever schedules something earlier moves its deadline, nothing else.
        self._nap = trio.CancelScope()

    @property
    def now(self) -> datetime:
        """The wall clock at construction plus the time that trio has counted since, in UTC."""
        return self._wall + timedelta(seconds=self._clock() - self._origin)

    def schedule(
        self, action: abc.ScheduledAction[_State], state: _State | None = None
    ) -> abc.DisposableBase:
        """Run the action in the scheduler's next pass."""
        return self._put(self._clock(), action, state)

    def schedule_relative(
        self,
        duetime: typing.RelativeTime,
        action: abc.ScheduledAction[_State],
        state: _State | None = None,
    ) -> abc.DisposableBase:
        """Run the action after so many seconds; none or fewer is the next pass."""
        return self._put(self._clock() + max(0.0, self.to_seconds(duetime)), action, state)

    def schedule_absolute(
        self,
        duetime: typing.AbsoluteTime,
        action: abc.ScheduledAction[_State],
        state: _State | None = None,
    ) -> abc.DisposableBase:
        """Run the action when ``now`` has reached this moment; one that is past is the next pass."""
        after = (self.to_datetime(duetime) - self._wall).total_seconds()
        return self._put(max(self._clock(), self._origin + after), action, state)

    async def run(self, *, task_status: trio.TaskStatus[Self] = trio.TASK_STATUS_IGNORED) -> None:
        """Run what is due, for ever. An action's exception ends this and comes out of it."""
        self.refuse_foreign_thread()
        if self._started:
            raise AlreadyRun("this scheduler is running, or has run, already")
        self._started = True
        task_status.started(self)
        while True:
            # A deadline that has passed still takes one turn of the loop: the others' turn.
            with trio.CancelScope(deadline=self._next_due()) as self._nap:
                await trio.sleep_forever()
            self._run_due()

    def statistics(self) -> SchedulerStatistics:
        """How many actions wait, ran and were disposed of unrun."""
        due = self._next_due()
        return SchedulerStatistics(
            waiting=len(self._heap) - self._dead,
            dead=self._dead,
            ran=self._ran,
            sweeps=self._sweeps,
            next_due=None if due == inf else due,
        )

    def refuse_foreign_thread(self) -> None:
        """Raise ForeignThread unless called from the thread in which the scheduler was made."""
        if get_ident() != self._thread:
            raise ForeignThread(
                "the scheduler belongs to trio's thread; send through a memory channel instead"
            )

    def bury(self) -> None:
        """Count a tombstone, and sweep them out once they are the larger half."""
        self._dead += 1
        if len(self._heap) >= COMPACT_FROM and self._dead * 2 > len(self._heap):
            # In place: a pass may be looking at this very list.
            self._heap[:] = [entry for entry in self._heap if not entry[2].is_dead]
            heapify(self._heap)
            self._dead = 0
            self._sweeps += 1

    def _clock(self) -> float:
        self.refuse_foreign_thread()
        return trio.current_time()

    def _put(self, due: float, action: _Action, state: object) -> _Scheduled:
        scheduled = _Scheduled(self, action, state)
        heappush(self._heap, (due, self._count, scheduled))
        self._count += 1
        if due < self._nap.deadline:  # noqa: PLR1730 - setting a deadline has its price, even to what it is
            self._nap.deadline = due
        return scheduled

    def _next_due(self) -> float:
        while self._heap and self._heap[0][2].is_dead:
            heappop(self._heap)
            self._dead -= 1
        return self._heap[0][0] if self._heap else inf

    def _run_due(self) -> None:
        # What is scheduled during a pass waits for the next one, and a pass is short: an action
        # that schedules itself again, or a thousand timers at one moment, starve nobody.
        now, newest = trio.current_time(), self._count
        for _ in range(BATCH):
            if self._next_due() > now or self._heap[0][1] >= newest:
                return
            scheduled = heappop(self._heap)[2]
            self._ran += 1
            scheduled.invoke()
