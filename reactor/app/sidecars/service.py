"""The service that sees to sidecars: it looks when something changed, and has done what the planning says.

It costs nothing where there is nothing to provide: a fact is looked at for its kind, and that is all. What is
done is in ``working`` and ``holding``; when, and for whom, is here.
"""

import logging
from functools import partial

import trio

from reactor.app.monitor import Monitor
from reactor.app.sidecars.attention import Attention
from reactor.app.sidecars.book import Book
from reactor.app.sidecars.holding import Holding
from reactor.app.sidecars.inherited import Inherited
from reactor.app.sidecars.roster import Roster
from reactor.app.sidecars.seeing import Sight
from reactor.app.sidecars.working import Labour, Means, Work
from reactor.core.asking import wanted_of
from reactor.core.decisions import Outcome
from reactor.core.facts import Acted, Parted
from reactor.core.obeying import under_orders
from reactor.core.planning import plan
from reactor.core.provision_steps import Hold, Make, Part, Release, Step
from reactor.core.provisions import Task
from reactor.core.state import State
from reactor.core.state import Step as CoreStep

log = logging.getLogger("reactor.sidecars")

LAST_WORDS = 5.0
"""Seconds for letting mains go on at the end."""
LOOKED_AT_EVERY = 10.0
"""Seconds after which one is looked at again whose pause may still come; its event tells it at once."""
IN_ONE_GO = 20
"""So many tasks are planned for before others have their turn."""
_UNDONE = {
    Make: "a sidecar would be made, if this monitor were not held and did not run dry",
    Hold: "a main would be held, if this monitor were not held and did not run dry",
}


class Provisioning:
    """Sees to the sidecars of all tasks. It is an observer that changes nothing."""

    def __init__(self, means: Means, monitor: Monitor, book: Book) -> None:
        self._journal = means.journal
        self._monitor = monitor
        self._book = book
        self.roster = Roster(monitor.setup.policy)
        self._sight = Sight(monitor)
        self._work = Work(means, self._sight, book)
        self._holding = Holding(means.hands, means.journal, self._sight, book)
        self._attention = Attention(self.roster)
        self._inherited = Inherited(self.roster, self._holding, book)
        self._busy: set[str] = set()
        self._due: dict[str, float] = {}

    # What changed

    def step(self, step: CoreStep) -> None:
        """Notice who is to be looked at again."""
        if step.decisions:
            self._holding.decided(step.decisions)
        fact = self._monitor.graph.fact
        if self._attention.notice(fact):
            if isinstance(fact, Acted):
                self._holding.acted(fact.outcome)
            self._sight.changed()

    @property
    def waiting(self) -> int:
        """How many containers wait to be looked at."""
        return self._attention.waiting

    def outcome(self, _outcome: Outcome) -> None:
        """Nothing: it comes as a fact, too."""

    # The loop

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """See to it for ever; at the end whoever is paused is let go on."""
        try:
            async with trio.open_nursery() as nursery:  # Those who work on tasks end with this loop.
                nursery.start_soon(self._recall)
                task_status.started()
                while True:
                    await self._look(nursery)
                    await self._attention.wait(min(self._due.values(), default=float("inf")))
        finally:
            with trio.move_on_after(LAST_WORDS, shield=True):
                await self._holding.release_all()

    async def _recall(self) -> None:
        """Take up those whom an earlier monitor paused."""
        await self._journal.wait_recalled()
        self._inherited.recall(self._journal.paused())
        self._attention.all()

    async def _look(self, nursery: trio.Nursery) -> None:
        state, now = self._monitor.state, trio.current_time()
        if not _is_sure(state):
            # What is missing may only be unknown: the next list tells, and all are looked at then.
            self._due.clear()
            return
        provided = bool(self._monitor.setup.rules.provisions.sets or self._inherited or self._book.holds)
        touched = self._attention.take(state, provided=provided)
        if self._monitor.setup.dry_run:
            self._inherited.name(state)
        else:
            self._inherited.abandon(nursery)
        touched |= {task for task, due in self._due.items() if due <= now}
        for number, task in enumerate(touched, 1):
            self._due.pop(task, None)
            if not number % IN_ONE_GO:
                await trio.lowlevel.checkpoint()
            self._consider_safely(task, nursery)

    def _consider_safely(self, name: str, nursery: trio.Nursery) -> None:
        try:
            self._consider(name, nursery)
        except Exception as error:  # A defect here ends no monitor: its kills matter more.
            log.exception("a defect: a task's sidecars could not be planned", extra={"task": name})
            self._book.trouble(name, f"a defect: {type(error).__name__}", trio.current_time())

    def _consider(self, name: str, nursery: trio.Nursery) -> None:
        """Plan for one task, and have it worked on if there is something to be done."""
        state, now = self._monitor.state, trio.current_time()
        task = self.roster.task(state, name)
        if not (task.needed or task.ended or task.made):
            self._book.forget(name)
            return
        setup = under_orders(self._monitor.setup, state, now)
        if not self._monitor.setup.dry_run:
            self._inherited.take_up(task, now)
        self._book.look_at(name, state)
        self._book.count_alone(task, state, now)
        wanted = wanted_of(setup.rules.provisions, task.mains)
        if wanted.unknown:
            self._book.say_unknown(name, wanted.unknown)
        digest_of = partial(self._work.digest_of, task)
        picture = plan(setup, wanted, task, self._book.memory(name), digest_of, now)
        self._book.take(picture, now)
        if picture.due is not None:
            self._due[name] = picture.due
        steps = [*picture.steps, *self._strays(task, state)]
        self._hand_out(task, self._only_said(name, steps) if setup.dry_run else steps, nursery)

    def _hand_out(self, task: Task, steps: list[Step], nursery: trio.Nursery) -> None:
        """Begin with what is due now. Holding and letting go on wait for nobody who makes."""
        name, now = task.name, trio.current_time()
        moves = [each for each in steps if isinstance(each, Hold | Release) and self._is_due(name, each, now)]
        work = [each for each in steps if not isinstance(each, Hold | Release | Part)]
        until = self._book.quiet_until(name)
        if name in self._busy or (steps and now < until):
            # Whoever is at work on it has it planned anew.
            self._wait_until(name, until, now)
            work = []
        else:
            self._part(steps)
        if work:
            self._busy.add(name)
            nursery.start_soon(self._work_on, task, moves, work)
        elif moves:
            nursery.start_soon(self._move, task, moves)

    def _is_due(self, task: str, step: Hold | Release, now: float) -> bool:
        until = self._book.quiet_until(task, step.run.id)
        entry = self._monitor.state.entries.get(step.run.id)
        if isinstance(step, Release) and self._book.is_open(step.run, entry, now):
            until = max(until, now + LOOKED_AT_EVERY)
        self._wait_until(task, until, now)
        return now >= until and self._holding.is_free(step.run)

    def _wait_until(self, task: str, until: float, now: float) -> None:
        if until > now:
            self._due[task] = min(until, self._due.get(task, until))

    def _part(self, steps: list[Step]) -> None:
        for each in steps:
            if isinstance(each, Part):
                at = trio.current_time()
                self._monitor.feed(Parted(at, each.run, each.why, each.reason, each.cause))

    async def _work_on(self, task: Task, moves: list[Hold | Release], work: list[Labour]) -> None:
        try:
            await self._holding.move(task, moves)
            await self._work.do(task, work)
        finally:
            self._busy.discard(task.name)
            self._attention.again(task.name)

    async def _move(self, task: Task, moves: list[Hold | Release]) -> None:
        try:
            await self._holding.move(task, moves)
        finally:
            self._attention.again(task.name)

    def _only_said(self, name: str, steps: list[Step]) -> list[Step]:
        for each in steps:
            if isinstance(each, Make):
                self._book.say_once(_UNDONE[Make], name, each.template.name)
            elif isinstance(each, Hold):
                self._book.say_once(_UNDONE[Hold], name, "", each.run.id)
        # Nobody whom this monitor paused waits for the end of an operator's hold.
        return [each for each in steps if isinstance(each, Part | Release)]

    def _strays(self, task: Task, state: State) -> list[Step]:
        """Those that we hold and that are no mains of this task any more, or are over."""
        mains = {main.run for main in task.mains}
        found: list[Step] = []
        for run in self._book.memory(task.name).held:
            entry = state.entries.get(run.id)
            if run not in mains and not (entry is not None and entry.unsure):
                found.append(Release(run, "it is no main of a task any more"))
        return found


def _is_sure(state: State) -> bool:
    """Whether all containers were listed, and nothing was lost since."""
    return state.snapshots > 0 and state.deaf is None and state.returned is None
