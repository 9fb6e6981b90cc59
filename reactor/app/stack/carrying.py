"""Carrying out a plan: step by step, with each wait beside the others, and clearing up after a failure.

What this run made and could not bring up is taken away again, after its last words were read. Everything else
stays as it is, so that the next run goes on from there.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace

import trio

from reactor.app.stack.binding import bound
from reactor.app.stack.hands import GRACE, Failed, become_ready, hopeless, last_words, take
from reactor.app.stack.looking import Tools, find
from reactor.app.stack.reading import Wanted
from reactor.app.stack.views import View
from reactor.core.container import Container, ContainerId
from reactor.core.ports import CannotMake, EngineError
from reactor.core.stackplans import Act, Plan, Step
from reactor.core.stacks import Seen, Service, Stack
from reactor.data.errors import DataRefused


@dataclass(slots=True)
class _Wait:
    """Somebody who is waited for: since when, and what came of it."""

    began: float
    over: trio.Event = field(default_factory=trio.Event)
    failed: Failed | EngineError | None = None


class Carrier:
    """Carries out plans for one stack. ``made`` are the containers of this run, by service."""

    def __init__(self, tools: Tools, wanted: Wanted, seen: Seen, view: View) -> None:
        self._tools = tools
        self._stack = wanted.stack
        self._folders = wanted.folders
        self._view = view
        self._ids = {name: each.id for name, each in seen.own.items()}
        self._waits: dict[str, _Wait] = {}
        self.made: dict[str, ContainerId] = {}
        self.ready: dict[str, float] = {}

    async def carry(self, plan: Plan) -> None:
        """Do all steps. Raises Failed; what could not be brought up is taken away by then."""
        # Structural: who waits for somebody ends with this function.
        async with trio.open_nursery() as nursery:
            for step in plan.steps:
                try:
                    await self._step(step, nursery)
                except Failed as failed:
                    nursery.cancel_scope.cancel()
                    error = failed
                    break
                except EngineError as refused:
                    nursery.cancel_scope.cancel()
                    error = Failed(step.service, str(refused))
                    break
            else:
                return
        error = await self._blamed(error)
        self._view.failed(error.service, error.sentence, error.tail)
        await self._clear_up(error)
        raise error

    async def _step(self, step: Step, nursery: trio.Nursery) -> None:
        match step.act:
            case Act.TAKE:
                await self._take(step)
            case Act.CREATE:
                await self._create(self._stack[step.service])
            case Act.START:
                await self._start(self._stack[step.service], nursery)
            case Act.WAIT:
                await self._wait(self._stack[step.service], nursery)

    async def _take(self, step: Step) -> None:
        if step.container is None:
            return
        self._view.doing(step.service, "stopping")
        await take(self._tools.engine, step.service, step.container, grace_of(self._stack, step.service))
        self._ids.pop(step.service, None)
        self._view.taken(step.service)

    async def _create(self, service: Service) -> None:
        self._view.doing(service.name, "creating")
        try:
            recipe = await bound(self._folders, service)
            if service.joins:
                recipe = replace(recipe, network_mode=f"container:{self._ids[service.joins]}")
            made = await self._tools.maker.create(recipe)
        except (CannotMake, DataRefused) as refused:
            raise Failed(service.name, f"it cannot be made: {refused}") from None
        self.made[service.name] = self._ids[service.name] = made

    async def _start(self, service: Service, nursery: trio.Nursery) -> None:
        self._view.doing(service.name, "starting")
        try:
            # The engine follows the binds at each start, not when it is made: they are looked at again.
            await bound(self._folders, service)
            await self._tools.maker.start(self._ids[service.name])
        except (CannotMake, DataRefused) as refused:
            raise Failed(service.name, f"it cannot be started: {refused}") from None
        self._begin_waiting(service, nursery)

    def _begin_waiting(self, service: Service, nursery: trio.Nursery) -> _Wait:
        wait = self._waits[service.name] = _Wait(trio.current_time())
        probed = service.recipe.probe is not None
        self._view.doing(service.name, "waiting until it is healthy" if probed else "waiting until it runs")
        nursery.start_soon(self._watch, service, wait)
        return wait

    async def _watch(self, service: Service, wait: _Wait) -> None:
        try:
            tools, container = self._tools, self._ids[service.name]
            found = await become_ready(tools.engine, service, container, tools.settled)
        except (Failed, EngineError) as error:
            wait.failed = error
        else:
            self.ready[service.name] = took = trio.current_time() - wait.began
            self._view.ready(service.name, _said(found), took)
        wait.over.set()

    async def _wait(self, service: Service, nursery: trio.Nursery) -> None:
        wait = self._waits.get(service.name) or self._begin_waiting(service, nursery)
        await wait.over.wait()
        if wait.failed is not None:
            raise wait.failed if isinstance(wait.failed, Failed) else Failed(service.name, str(wait.failed))

    async def _clear_up(self, failed: Failed) -> None:
        """Take away what this run made and could not bring up."""
        for name in self._half_done(failed.service):
            try:
                await take(self._tools.engine, name, self.made[name], 0.0)
            except (Failed, EngineError) as error:
                self._view.note(f"{name}: what was made of it is still there: {error}")
            else:
                del self.made[name]
                self._view.cleared(name)

    async def _blamed(self, failed: Failed) -> Failed:
        """The failure of whom it needs, if that one ended meanwhile: that is what has to be mended."""
        service = next((each for each in self._stack.services if each.name == failed.service), None)
        for name in service.before if service is not None else ():
            with suppress(EngineError):
                found = await find(self._tools.engine, self._ids[name])
                if why := hopeless(found):
                    return Failed(name, why, await last_words(self._tools.engine, self._ids[name]))
        if not failed.tail and failed.service in self.made:
            failed.tail = await last_words(self._tools.engine, self.made[failed.service])
        return failed

    def _half_done(self, culprit: str) -> Iterable[str]:
        failed = [name for name, wait in self._waits.items() if wait.failed is not None]
        begun = [name for name in self.made if name not in self._waits]
        return [name for name in reversed(self.made) if name in {*failed, *begun, culprit}]


def grace_of(stack: Stack, service: str) -> float:
    """How long a service has to end, also one that is not in the file any more."""
    found = next((each for each in stack.services if each.name == service), None)
    grace = found.recipe.stop_grace if found is not None else None
    return GRACE if grace is None else grace


def _said(found: Container) -> str:
    return "healthy" if found.health else "running"
