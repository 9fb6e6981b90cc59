"""Whether the engine lets us end anything: a proxy before it can refuse; then we observe, and say so.

It is found out at the start, seldom after that, and again when something was refused: by asking to kill an id
that nobody has. Decisions are made all the same, and each that is refused rests before it is tried again; so
nothing here decides, and nobody waits for it. Who is ended directly, through the kernel, needs no such right.
"""

import logging
import secrets
from collections.abc import Callable

import trio

from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.app.plan import Service
from reactor.core.container import ContainerId
from reactor.core.decisions import Outcome, Why
from reactor.core.ports import Engine, EngineError, EngineForbids
from reactor.core.state import Step

log = logging.getLogger("reactor.app")

DENIED_FOR = 15.0
"""Seconds until it is asked again whether what was refused is let through."""
GRANTED_FOR = 3600.0
"""The same where it is let through: each time is a line in the engine's log."""
AT_MOST_EVERY = 5.0


OBSERVING = "only observing"
DIRECTLY = "only what can be ended directly, by the kernel, is ended"


class Rights:
    """Asks, and remembers the answer; ``left`` says what is still done without the right. It is an observer
    that changes nothing.
    """

    def __init__(self, engine: Engine, nobody: Callable[[], ContainerId], left: str = OBSERVING) -> None:
        self._engine = engine
        self._left = left
        self._nobody = nobody
        self._may: bool | None = None
        self._wake = trio.Event()

    def may_kill(self) -> bool | None:
        """Whether the engine lets us end containers; None if that is not known."""
        return self._may

    def lack(self) -> str:
        """What an operator should know of it; empty if there is nothing."""
        said = f"{self._left}: the engine, or a proxy before it, lets us end nothing"
        return said if self._may is False else ""

    def step(self, _step: Step) -> None:
        """Nothing is learned of a step."""

    def outcome(self, outcome: Outcome) -> None:
        """See whether something was refused: what that was, asking tells."""
        if outcome.why is Why.FORBIDDEN and self._may is not False:
            self._wake.set()

    async def watch(self) -> None:
        """Ask again and again, for ever."""
        while True:
            await self._ask()
            await trio.sleep(AT_MOST_EVERY)
            with trio.move_on_after((GRANTED_FOR if self._may else DENIED_FOR) - AT_MOST_EVERY):
                await self._wake.wait()
            self._wake = trio.Event()

    async def _ask(self) -> None:
        try:
            await self._engine.kill(self._nobody())
        except EngineForbids as error:
            self._denied(str(error))
        except EngineError:
            return  # It says nothing about rights; what was known still is.
        else:
            self._granted()

    def _denied(self, why: str) -> None:
        if self._may is not False:
            remedy = "let POST /containers/ID/kill through (reactor proxy-config), or run dry"
            fields = {"left": self._left, "why": why, "remedy": remedy}
            log.error("the engine lets us end nothing", extra=fields)
        self._may = False

    def _granted(self) -> None:
        if self._may is False:
            log.warning("the engine lets us end containers again")
        self._may = True


def nobody() -> ContainerId:
    """An id that no container has."""
    return ContainerId(secrets.token_hex(32))


def sees_to_rights(engine: Engine, *, dry_run: bool) -> tuple[Service, ...]:
    """The service that finds out; whoever runs dry ends nothing, and needs no right to."""
    if dry_run:
        return ()

    async def serve(monitor: Monitor, numbers: Numbers, task_status: trio.TaskStatus[None]) -> None:
        is_direct = numbers.sources.containment is not None
        rights = Rights(engine, nobody, DIRECTLY if is_direct else OBSERVING)
        monitor.also_tell(rights)
        numbers.may_kill, numbers.lack = rights.may_kill, rights.lack
        task_status.started()
        await rights.watch()

    return (serve,)
