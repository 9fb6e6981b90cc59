"""Working on one task: step by step, each seen by the monitor before the next is planned.

Nothing is decided here, and nobody is held: that is in ``holding``. What cannot be made is a failure of that
sidecar, for the book; an engine that does not answer says nothing of it.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import trio

from reactor.app.sidecars.book import Book
from reactor.app.sidecars.hands import Hands
from reactor.app.sidecars.seeing import NotNow, Sight
from reactor.app.sidecars.store import Store
from reactor.core.asking import wanted_of
from reactor.core.container import ContainerId, Run
from reactor.core.ports import CannotMake, EngineError
from reactor.core.provision_steps import Fail, Make, Remove, Start
from reactor.core.provisions import Task
from reactor.core.recipes import DIGEST_LABEL, Recipe, Template
from reactor.core.templating import CannotRender, Filling, folders_for, render
from reactor.data.errors import DataRefused
from reactor.data.errors import Why as DataWhy
from reactor.journal.journal import Journal

log = logging.getLogger("reactor.sidecars")

AT_ONCE = 8
"""How many tasks are worked on at once."""
Labour = Make | Start | Remove | Fail
"""The steps that are done here."""
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

    def __init__(self, means: Means, sight: Sight, book: Book) -> None:
        self._hands = means.hands
        self._store = means.store
        self._sight = sight
        self._monitor = sight.monitor
        self._book = book
        self._places = trio.Semaphore(AT_ONCE)

    def digest_of(self, task: Task, template: Template) -> str:
        """The digest of what would be made now; empty if nothing can be."""
        if not task.mains:
            return ""
        try:
            return render(template, self._filling(task, template)).labels[DIGEST_LABEL]
        except CannotRender:
            return ""

    async def do(self, task: Task, steps: Sequence[Labour]) -> None:
        """Do these, one after the other; what goes wrong is remembered, and planned for anew."""
        async with self._places:
            try:
                began = trio.current_time()
                for step in steps:
                    await self._do(task, step)
                self._book.well(task.name, began)
            except NotNow:
                self._book.not_now(task.name, trio.current_time())
            except EngineError as error:
                self._book.trouble(task.name, str(error), trio.current_time())
            except Exception as error:  # A sidecar ends no monitor, whatever is wrong with it.
                log.exception("a defect: a task's sidecars could not be seen to", extra={"task": task.name})
                self._book.trouble(task.name, f"a defect: {type(error).__name__}", trio.current_time())

    async def _do(self, task: Task, step: Labour) -> None:
        match step:
            case Make():
                await self._make(task, step.template)
            case Start():
                await self._start(task, step.template, step.run)
            case Remove():
                await self._remove(task, step)
            case Fail():
                self._book.fail(task.name, step, trio.current_time())

    # Making

    async def _make(self, task: Task, template: Template) -> None:
        """Its folders, then itself; it is started when it is there."""
        try:
            filling = self._filling(task, template)
            recipe = render(template, filling)
            recipe = await self._store.fit(task.name, recipe, folders_for(template, filling))
            self._check(task)
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
        await self._sight.see(container, lambda entry: entry is not None)
        return True

    async def _start(self, task: Task, template: Template, run: Run) -> None:
        """The engine follows the binds at each start, not when it is made: they are looked at again."""
        try:
            await self._store.fit(task.name, render(template, self._filling(task, template)), ())
            self._check(task)
            await self._hands.start(run.id)
        except (CannotMake, CannotRender, DataRefused) as error:
            self._cannot(task, template, error, run)
            await self._sight.see(run.id, lambda entry: entry is not None)
        else:
            await self._sight.see(run.id, lambda entry: entry is not None and bool(entry.run.started_at))

    def _check(self, task: Task) -> None:
        """Steps take their time: whether its main lives still, and nobody ordered that nothing be done."""
        if not (self._sight.may_act() and self._sight.is_lived_for(task)):
            raise NotNow

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

    def _filling(self, task: Task, template: Template) -> Filling:
        setup = self._monitor.setup
        policy, asking = setup.policy, wanted_of(setup.rules.provisions, task.mains).of_main
        # Another main of this task may be a stranger's, who asked for nothing.
        main = next((each for each in task.mains if template.name in asking.get(each.run, ())), task.mains[0])
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
        if not self._sight.may_act():
            raise NotNow
        if not await self._hands.remove(self._monitor.setup.policy, step.run, task.name):
            self._monitor.look(step.run.id)
            text = f"{step.template} cannot be removed: it runs again, or its image cannot be read"
            self._book.trouble(task.name, text, trio.current_time())
            return
        fields = {"task": task.name, "template": step.template, "id": step.run.id[:12]}
        log.info("a sidecar is removed, its data stays", extra={**fields, "why": step.why})
        await self._sight.see(step.run.id, lambda entry: entry is None or entry.gone_at is not None)
