"""Working on one task: step by step, each seen by the monitor before the next is planned.

Nothing is decided here. What cannot be made is a failure of that sidecar, for the book; an engine that does
not answer says nothing of it.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import trio

from reactor.app.monitor import Monitor
from reactor.app.sidecars.book import Book
from reactor.app.sidecars.hands import Hands
from reactor.app.sidecars.store import Store
from reactor.core.container import ContainerId, Run
from reactor.core.container import State as ContainerState
from reactor.core.decisions import Decision, Outcome, Result
from reactor.core.obeying import is_held
from reactor.core.ports import CannotMake, EngineError
from reactor.core.provision_steps import Fail, Hold, Make, Part, Release, Remove, Start, Step
from reactor.core.provisions import Task
from reactor.core.recipes import DIGEST_LABEL, Recipe, Template
from reactor.core.state import Entry
from reactor.core.templating import CannotRender, Filling, folders_for, render
from reactor.data.errors import DataRefused
from reactor.data.errors import Why as DataWhy
from reactor.journal.journal import Journal

log = logging.getLogger("reactor.sidecars")

AT_ONCE = 8
"""How many tasks are worked on at once."""
SHOWN_WITHIN = 5.0
"""Seconds in which what was done is seen; if not, it is planned anew from what is known."""
NAME, BIND, DATA = "name", "bind", "data"
_FOR_NOW = frozenset({DataWhy.BUSY})


@dataclass(frozen=True, slots=True)
class Means:
    """What it takes: hands, folders, and a journal that knows whom we paused."""

    hands: Hands
    store: Store
    journal: Journal


class Work:
    """Does what was planned for tasks."""

    def __init__(self, means: Means, monitor: Monitor, book: Book) -> None:
        self._hands = means.hands
        self._store = means.store
        self._journal = means.journal
        self._monitor = monitor
        self._book = book
        self._places = trio.Semaphore(AT_ONCE)
        self._changed = trio.Event()

    def changed(self) -> None:
        """Something was seen: whoever waits for it looks."""
        self._changed.set()
        self._changed = trio.Event()

    def digest_of(self, task: Task, template: Template) -> str:
        """The digest of what would be made now; empty if nothing can be."""
        if not task.mains:
            return ""
        try:
            return render(template, self._filling(task)).labels[DIGEST_LABEL]
        except CannotRender:
            return ""

    async def do(self, task: Task, steps: Sequence[Step]) -> None:
        """Do these, one after the other; what goes wrong is remembered, and planned for anew."""
        async with self._places:
            try:
                began = trio.current_time()
                for step in steps:
                    await self._do(task, step)
                self._book.well(task.name, began)
            except EngineError as error:
                self._book.trouble(task.name, str(error), trio.current_time())
            except Exception as error:  # A sidecar ends no monitor, whatever is wrong with it.
                log.exception("a defect: a task's sidecars could not be seen to", extra={"task": task.name})
                self._book.trouble(task.name, f"a defect: {type(error).__name__}", trio.current_time())

    async def _do(self, task: Task, step: Step) -> None:
        match step:
            case Make():
                await self._make(task, step.template)
            case Start():
                await self._start(task, step.template, step.run)
            case Remove():
                await self._remove(task, step)
            case Fail():
                self._book.fail(task.name, step, trio.current_time())
            case Hold():
                await self._hold(task, step.run)
            case Release():
                await self._release(task.name, step.run, step.why)
            case Part():
                """Whoever decides has heard of it."""

    # Making

    async def _make(self, task: Task, template: Template) -> None:
        """Its folders, then itself; it is started when it is there."""
        try:
            filling = self._filling(task)
            recipe = render(template, filling)
            recipe = await self._store.fit(task.name, recipe, folders_for(template, filling))
            if not self._may_go_on(task):
                return
            self._book.making(task.name, template.name, trio.current_time())
            container = await self._create(task, template, recipe)
        except (CannotMake, CannotRender, DataRefused) as error:
            self._cannot(task, template, error, None)
            return
        if container is not None:
            fields = {"task": task.name, "template": template.name, "container": recipe.name}
            log.info("a sidecar is made", extra={**fields, "id": container[:12]})
            await self._start(task, template, Run(container, ""))

    async def _create(self, task: Task, template: Template, recipe: Recipe) -> ContainerId | None:
        """Make it; None if it is there already, as when an answer was lost. Raises CannotMake."""
        try:
            return await self._hands.make(recipe)
        except CannotMake as error:
            if error.why != NAME or not await self._is_there(task, template, recipe.name):
                raise
        except EngineError:
            await self._is_there(task, template, recipe.name)
            raise
        return None

    async def _is_there(self, task: Task, template: Template, name: str) -> bool:
        """Whether what has this name is what we make; the monitor sees it then."""
        container = await self._hands.find(name)
        policy = self._monitor.setup.policy
        if container is None or not await self._hands.is_made(policy, container, task.name, template.name):
            return False
        await self._see(container, lambda entry: entry is not None)
        return True

    async def _start(self, task: Task, template: Template, run: Run) -> None:
        if not self._may_go_on(task):
            return
        try:
            await self._hands.start(run.id)
        except CannotMake as error:
            self._cannot(task, template, error, run)
            await self._see(run.id, lambda entry: entry is not None)
        else:
            await self._see(run.id, lambda entry: entry is not None and bool(entry.run.started_at))

    def _may_go_on(self, task: Task) -> bool:
        """Whether its main lives still, and nobody ordered that nothing be done: steps take their time."""
        state = self._monitor.state
        if is_held(state, trio.current_time()) or state.deaf is not None:
            return False
        found = (state.entries.get(main.run.id) for main in task.mains)
        return any(each is not None and each.alive and not each.ending for each in found)

    def _cannot(
        self, task: Task, template: Template, error: CannotMake | CannotRender | DataRefused, run: Run | None
    ) -> None:
        now, why = trio.current_time(), str(error.why)
        if isinstance(error, DataRefused):
            if error.why in _FOR_NOW:
                self._book.trouble(task.name, str(error), now)
                return
            why = BIND if error.why is DataWhy.BIND else DATA
        self._book.failed(task.name, template, why, str(error), now, run)

    def _filling(self, task: Task) -> Filling:
        policy, main = self._monitor.setup.policy, task.mains[0]
        return Filling(
            task.name,
            owner=main.own.get(policy.labels.owner, ""),
            data=self._store.of_task(task.name),
            shared=self._store.shared,
            main_id=main.run.id,
            ids={name: entry.run.id for name, entry in task.made.items()},
            names=policy.labels,
        )

    async def _remove(self, task: Task, step: Remove) -> None:
        if not await self._hands.remove(self._monitor.setup.policy, step.run, task.name):
            self._monitor.look(step.run.id)
            text = f"{step.template} cannot be removed: it runs again, or its image cannot be read"
            self._book.trouble(task.name, text, trio.current_time())
            return
        fields = {"task": task.name, "template": step.template, "id": step.run.id[:12]}
        log.info("a sidecar is removed, its data stays", extra={**fields, "why": step.why})
        await self._see(step.run.id, lambda entry: entry is None or entry.gone_at is not None)

    # Holding

    async def _hold(self, task: Task, run: Run) -> None:
        """Pause a main. It is written down first: whoever comes after us has to know that it was us."""
        main = next((each for each in task.mains if each.run == run), None)
        if main is None:
            return
        fields = {"task": task.name, "container": main.container.name, "id": run.id[:12]}
        self._journal.pause(run, main.container.name, "until its sidecars are ready")
        await self._journal.kept()
        # From here on it may be paused, whatever comes back.
        self._book.hold(task.name, run, trio.current_time())
        if await self._hands.pause(run):
            log.info("a main is held until its sidecars are ready", extra=fields)
            await self._see(run.id, lambda entry: entry is None or not _is(entry, ContainerState.RUNNING))
        else:
            self._let_go(task.name, run, "it could not be paused")

    def decided(self, decisions: Iterable[Decision]) -> None:
        """Whom a rule is about to pause is not let go on by us meanwhile."""
        for each in decisions:
            if each.pauses and not each.dry_run:
                self._book.rule(each.run, pauses=True)

    def acted(self, outcome: Outcome) -> None:
        """Whom a rule has paused is the rule's from now on: only we forget it, and it stays paused."""
        decision = outcome.decision
        if decision.pauses and not decision.dry_run and outcome.final:
            task = self._book.rule(decision.run, pauses=False)
            if task and not decision.ends and outcome.result is Result.DONE:
                self._let_go(task, decision.run, "a rule has paused it")

    async def _release(self, task: str, run: Run, why: str) -> None:
        memory = self._book.memory(task)
        if run not in memory.held or run in memory.ruled:
            return
        await self._hands.release(run)
        self._let_go(task, run, why)
        log.info("a main goes on", extra={"task": task, "id": run.id[:12], "why": why})
        await self._see(run.id, lambda entry: entry is None or not _is(entry, ContainerState.PAUSED))

    def _let_go(self, task: str, run: Run, why: str) -> None:
        self._book.let_go(task, run)
        self._journal.unpaused(run, why)

    async def release_all(self) -> None:
        """Let all go on whom we hold: nobody is here any more who would do it later."""
        for task, run in self._book.held():
            if await self._goes_on(run):
                self._let_go(task, run, "the monitor was stopped")

    async def abandon(self, run: Run, why: str) -> None:
        """Let go on whom an earlier monitor paused and who is nothing to us; whoever is over is over."""
        if await self._goes_on(run):
            self._journal.unpaused(run, why)

    async def _goes_on(self, run: Run) -> bool:
        """Let it go on; False, and that is said, if nobody knows whether it does."""
        try:
            await self._hands.release(run)
        except EngineError as error:
            fields = {"id": run.id[:12], "why": str(error), "remedy": f"docker unpause {run.id[:12]}"}
            log.warning("a main that is held could not be let go on; the next monitor does it", extra=fields)
            return False
        return True

    # Seeing

    async def _see(self, container: ContainerId, shows: Callable[[Entry | None], bool]) -> None:
        """Have it looked at, and wait until the look shows it; not for ever, since planning begins anew."""
        self._monitor.look(container)
        with trio.move_on_after(SHOWN_WITHIN):
            while not shows(self._monitor.state.entries.get(container)):
                await self._changed.wait()


def _is(entry: Entry, state: ContainerState) -> bool:
    return entry.container.state is state
