"""The hands: having a container go, and seeing one get ready. Each is verified by looking.

A monitor may be at the same containers at the same time; that somebody was sooner is no error here.
"""

import trio

from reactor.app.stack.looking import find
from reactor.core.container import Container, ContainerId, State
from reactor.core.ports import Engine, EngineError
from reactor.core.stacks import Service

GRACE = 10.0
"""Seconds to end in, where a service says nothing else."""
PATIENCE = 20.0
"""Seconds beyond its grace in which a container has to be gone."""
SHORTEST, LONGEST = 0.02, 0.25
"""Seconds between two looks; they grow from one to the other."""
LINES, BYTES = 6, 2000
"""How much is shown of the output of a container that did not come up."""


class Failed(Exception):
    """A service could not be brought up, or taken away; ``tail`` are its last words."""

    def __init__(self, service: str, sentence: str, tail: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.service = service
        self.sentence = sentence
        self.tail = tail


async def take(engine: Engine, service: str, container: ContainerId, grace: float) -> None:
    """Stop it, with grace, and remove it. It is gone when this returns."""
    pause = SHORTEST
    with trio.move_on_after(grace + PATIENCE):
        while (found := await find(engine, container)) is not None:
            if found.state is State.PAUSED:
                await engine.unpause(container)  # What is frozen cannot end.
            if found.alive:
                await engine.stop(container, grace)
            await engine.remove(container, force=False)
            if await find(engine, container) is None:
                return
            await trio.sleep(pause)
            pause = min(2 * pause, LONGEST)
        return
    raise Failed(
        service, f"it is not gone after {grace + PATIENCE:g} s: see 'docker inspect {container[:12]}'"
    )


async def become_ready(engine: Engine, service: Service, container: ContainerId, settled: float) -> Container:
    """Wait until it is healthy or, without a way to tell, has run for ``settled`` seconds. Raises Failed."""
    pause, found, run, since = SHORTEST, None, None, 0.0
    with trio.move_on_after(service.ready_within + settled):
        while True:
            found = await find(engine, container)
            if found is not None and found.state is State.RUNNING:
                if found.run != run:
                    run, since = found.run, trio.current_time()
                calm = trio.current_time() - since >= settled
                if found.health == "healthy" or (not found.health and calm):
                    return found
            if why := hopeless(found):
                raise Failed(service.name, why, await last_words(engine, container))
            await trio.sleep(pause)
            pause = min(2 * pause, LONGEST)
    wanted = "healthy" if found is not None and found.health else "running"
    sentence = (
        f"it is not {wanted} after {service.ready_within:g} s; 'ready_within' says how long that may take"
    )
    raise Failed(service.name, sentence, await last_words(engine, container))


def hopeless(found: Container | None) -> str:
    """Why it will not get ready by itself; empty if it may."""
    match found:
        case None:
            return "somebody removed it"
        case Container(state=State.PAUSED):
            return f"it is paused, by somebody or by a rule: docker unpause {found.name}"
        case Container(state=State.EXITED | State.DEAD | State.REMOVING):
            memory = ", out of memory" if found.oom_killed else ""
            return f"it ended with exit code {found.exit_code}{memory}"
        case Container(state=State.RUNNING, health="unhealthy"):
            return "it is unhealthy: its health check failed as often as it may"
    return ""


async def last_words(engine: Engine, container: ContainerId) -> tuple[str, ...]:
    """The end of its output, if it can be had."""
    try:
        return tuple((await engine.tail(container, LINES, BYTES)).splitlines())
    except EngineError:
        return ()
