"""The calls to the engine for one decision: each with its deadline, each on record.

Only making and recording calls belongs here; what an answer means is in ``looking`` and
``trying``. The record is bounded: of a run that is tried for days, the first and the last
calls are kept.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import trio

from reactor.core.container import Container, ContainerId, Limits, Listed
from reactor.core.decisions import Call
from reactor.core.ports import (
    DeadlinePassed,
    Engine,
    EngineAnswered,
    EngineError,
    EngineForbids,
    EngineUnreachable,
    GivenUp,
    NoSuchContainer,
)

Answer = TypeVar("Answer")
KEPT = 12


class Calls:
    """Everything that was asked of the engine for one decision; ``unanswered`` is how much of it in vain."""

    def __init__(self, engine: Engine, container: ContainerId) -> None:
        self._engine = engine
        self._container = container
        self._first: list[Call] = []
        self._last: list[Call] = []
        self.unanswered = 0

    @property
    def record(self) -> tuple[Call, ...]:
        """The calls so far."""
        return (*self._first, *self._last)

    async def inspect(self, deadline: float) -> Container:
        """Inspect the container."""
        return await self._make("inspect", lambda: self._engine.inspect(self._container), deadline)

    async def list(self, deadline: float) -> Sequence[Listed]:
        """List all containers."""
        return await self._make("list", self._engine.list, deadline)

    async def kill(self, deadline: float) -> int:
        """Kill it."""
        return await self._make("kill", lambda: self._engine.kill(self._container), deadline)

    async def stop(self, grace: float, deadline: float) -> int:
        """Stop it, politely for ``grace`` seconds."""
        return await self._make("stop", lambda: self._engine.stop(self._container, grace), deadline)

    async def restart(self, grace: float, deadline: float) -> int:
        """Stop it, politely for ``grace`` seconds, and start it again."""
        return await self._make("restart", lambda: self._engine.restart(self._container, grace), deadline)

    async def pause(self, deadline: float) -> int:
        """Freeze it."""
        return await self._make("pause", lambda: self._engine.pause(self._container), deadline)

    async def update(self, limits: Limits, deadline: float) -> int:
        """Set its limits."""
        return await self._make("update", lambda: self._engine.update(self._container, limits), deadline)

    async def remove(self, deadline: float) -> int:
        """Remove what is over; volumes stay."""
        return await self._make("remove", lambda: self._engine.remove(self._container, force=False), deadline)

    def note(self, what: str, began: float, trouble: str, *, took: float | None = None) -> None:
        """Put on record what was done without a call to the engine; up to now, if nothing else is said."""
        self._note(what, began, 0, trouble, took)

    def is_noted(self, what: str, since: float) -> bool:
        """Whether this is on record already since a moment, as something that was no call."""
        return any(call.what == what and call.began >= since and not call.status for call in self.record)

    async def _make(self, what: str, call: Callable[[], Awaitable[Answer]], deadline: float) -> Answer:
        began = trio.current_time()
        try:
            with trio.fail_after(deadline):
                answer = await call()
        except trio.TooSlowError:
            self.unanswered += 1
            self._note(what, began, 0, "no answer in time")
            raise DeadlinePassed(f"no answer to the {what} within {deadline:g} s") from None
        except EngineError as error:
            self.unanswered += isinstance(error, DeadlinePassed)
            self._note(what, began, *_told(error))
            raise
        self._note(what, began, answer if isinstance(answer, int) else 200, "")
        return answer

    def _note(self, what: str, began: float, status: int, note: str, took: float | None = None) -> None:
        call = Call(what, began, trio.current_time() - began if took is None else took, status, note)
        if len(self._first) < KEPT:
            self._first.append(call)
        else:
            self._last = [*self._last[1 - KEPT :], call]


def _told(error: EngineError) -> tuple[int, str]:
    """Status and note of a call that failed, in our own words."""
    match error:
        case NoSuchContainer():
            return 404, ""
        case EngineAnswered():
            return error.status, ""
        case GivenUp():
            return 0, "given up by a proxy"
        case DeadlinePassed():
            return 0, "no answer in time"
        case EngineUnreachable():
            return 0, "unreachable"
        case EngineForbids():
            return 403, ""
        case _:
            return 0, "not understood"
