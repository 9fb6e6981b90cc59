"""What is done with containers for the sake of tasks: made, started, removed, paused and let go on.

Each deed looks first whether it is about the very container that was meant, and again does no harm. Ending is
not among them: that is a decision, and goes the way of all decisions.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reactor.core.container import ALIVE, Container, ContainerId, Run, State
from reactor.core.made import made_of
from reactor.core.ports import Engine, EngineAnswered, EngineError, Maker, NoSuchContainer
from reactor.core.protection import Policy
from reactor.core.recipes import Recipe

_REMOVED = frozenset({204, 404, 409})
_PAUSED = 204
"""Whoever was paused by somebody else meanwhile is answered with another one: 409."""
_REFUSED = 500


@dataclass(frozen=True, slots=True)
class Hands:
    """The hands, on an engine with connections of its own. All of it may raise an EngineError."""

    engine: Engine
    maker: Maker

    async def make(self, recipe: Recipe) -> ContainerId:
        """Make it. Raises CannotMake."""
        return await self.maker.create(recipe)

    async def start(self, container: ContainerId) -> None:
        """Start it. Raises CannotMake."""
        await self.maker.start(container)

    async def find(self, name: str) -> ContainerId | None:
        """Who has this name by now."""
        rows = await self.engine.list()
        return next((row.id for row in rows if row.name == name), None)

    async def is_made(self, policy: Policy, container: ContainerId, task: str, template: str) -> bool:
        """Whether this is what we made for this task from this template."""
        try:
            made = made_of(policy, await self.engine.inspect(container))
        except NoSuchContainer:
            return False
        return made is not None and (made.task, made.template) == (task, template)

    async def remove(self, policy: Policy, run: Run, task: str) -> bool:
        """Remove what was made for this task and does not run; False if it is another one by now, or runs.

        It is not forced: whoever is started in between stays.
        """
        seen = await self._look(run)
        if seen is None:
            return True
        made = made_of(policy, seen)
        if made is None or made.task != task or seen.state in ALIVE:
            return False
        status = await self.engine.remove(run.id, force=False)
        if status not in _REMOVED:
            raise EngineAnswered(status, "it cannot be removed")
        return True

    async def pause(self, run: Run, still: Callable[[], bool]) -> bool:
        """Pause a main; False if we did not: another run, not to be paused any more, or paused by others.

        Whoever gets an EngineError does not know, and it may be paused later.
        """
        seen = await self._look(run)
        if seen is None or seen.state is not State.RUNNING or not still():
            return False
        status = await self.engine.pause(run.id)
        if status >= _REFUSED:
            raise EngineAnswered(status, "it cannot be paused")
        return status == _PAUSED

    async def release(self, run: Run) -> bool:
        """Let a main go on; False if it was not paused, or is over, and was left as it is."""
        seen = await self._look(run)
        if seen is None or seen.state is not State.PAUSED:
            return False
        status = await self.engine.unpause(run.id)
        seen = await self._look(run) if status >= 400 else None
        if seen is not None and seen.state is State.PAUSED:
            raise EngineAnswered(status, "it cannot be let go on")
        return True

    async def _look(self, run: Run) -> Container | None:
        """How this very run is; None if it is there no more, or the container is in another one."""
        try:
            seen = await self.engine.inspect(run.id)
        except NoSuchContainer:
            return None
        if seen.id != run.id:
            raise EngineError("another container answers to this id")
        return seen if seen.run == run else None
