"""Scripted faults of an engine's calls: the next ones of a kind hang, fail, are late or lose their answer.

Only the script belongs here; what a call does is in ``direct``.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import trio

from reactor.core.ports import DeadlinePassed, EngineUnreachable

Answer = TypeVar("Answer")


class Kind(StrEnum):
    """The calls and streams that a fault can be for."""

    IDENTIFY = "identify"
    LIST = "list"
    INSPECT = "inspect"
    KILL = "kill"
    STOP = "stop"
    RESTART = "restart"
    PAUSE = "pause"
    UNPAUSE = "unpause"
    UPDATE = "update"
    REMOVE = "remove"
    TAIL = "tail"
    EVENTS = "events"
    STATS = "stats"
    LAYER = "layer"
    CREATE = "create"
    START = "start"


@dataclass(frozen=True, slots=True)
class Hang:
    """The call is taken and nothing happens until its deadline."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The call fails at once, without effect."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Delay:
    """The call is late."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Swallow:
    """The call takes effect and its answer is lost."""


Fault = Hang | Fail | Delay | Swallow

DEADLINES = {
    Kind.KILL: 15.0,
    Kind.STOP: 15.0,
    Kind.RESTART: 30.0,
    Kind.PAUSE: 10.0,
    Kind.UNPAUSE: 10.0,
    Kind.UPDATE: 10.0,
    Kind.REMOVE: 30.0,
    Kind.LAYER: 30.0,
    Kind.CREATE: 30.0,
    Kind.START: 30.0,
}
DEADLINE = 5.0


class Script:
    """What is to go wrong with which calls, and how many of each there were."""

    def __init__(self) -> None:
        self._next: dict[Kind, deque[Fault]] = {kind: deque() for kind in Kind}
        self._always: dict[Kind, Fault] = {}
        self.counts: dict[Kind, int] = dict.fromkeys(Kind, 0)

    def next(self, kind: Kind | str, fault: Fault, times: int = 1) -> None:
        """Let the next ``times`` calls of a kind go wrong."""
        self._next[Kind(kind)].extend([fault] * times)

    def always(self, kind: Kind | str, fault: Fault | None) -> None:
        """Let every call of a kind go wrong until None is given."""
        if fault is None:
            self._always.pop(Kind(kind), None)
        else:
            self._always[Kind(kind)] = fault

    def take(self, kind: Kind) -> Fault | None:
        """Count a call and say what is to go wrong with it."""
        self.counts[kind] += 1
        return self._next[kind].popleft() if self._next[kind] else self._always.get(kind)

    async def run(self, kind: Kind, call: Callable[[], Awaitable[Answer]], deadline: float = 0.0) -> Answer:
        """Make a call with its fault and its deadline."""
        seconds = deadline or DEADLINES.get(kind, DEADLINE)
        try:
            with trio.fail_after(seconds):
                return await self._run(self.take(kind), call)
        except trio.TooSlowError:
            raise DeadlinePassed(f"no answer to {kind} within {seconds:g} s") from None

    async def _run(self, fault: Fault | None, call: Callable[[], Awaitable[Answer]]) -> Answer:
        await trio.lowlevel.checkpoint()
        match fault:
            case Hang():
                await trio.sleep_forever()
            case Fail(error):
                raise error
            case Delay(seconds):
                await trio.sleep(seconds)
            case Swallow():
                await call()
                raise EngineUnreachable("the connection ended before the answer")
        return await call()
