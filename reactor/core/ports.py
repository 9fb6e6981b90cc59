"""The protocols through which the rooms above speak to an engine and to a journal.

Only shapes and the errors that go with them belong here; the rooms ``engine``,
``testing`` and ``journal`` fill them in.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from reactor.core.container import Container, ContainerId, Listed, Run
from reactor.core.decisions import Decision, Outcome
from reactor.core.facts import Sample


class EngineError(Exception):
    """The engine did not do what was asked; the text is a sentence for the operator."""


class EngineUnreachable(EngineError):
    """No answer came: nobody listens, the connection broke, or the deadline passed."""


class DeadlinePassed(EngineUnreachable):
    """The engine took the call and did not answer in time. What became of the call is unknown."""


class EngineForbids(EngineError):
    """The engine, the socket or a proxy in between denies us this call."""


class NoSuchContainer(EngineError):
    """The engine does not know this container."""


class StreamEnded(EngineError):
    """A stream came to its end, in whatever way; the text says which."""


class EngineAnswered(EngineError):
    """The engine answered with an error status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"the engine answered {status}: {message}")
        self.status = status


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """Who the engine is. ``now`` is its clock in seconds since the epoch when it answered."""

    id: str
    name: str
    version: str
    api_version: str
    now: float
    memory: int
    cgroup_version: str = ""
    cgroup_driver: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One container event as the engine wrote it, checked for shape only.

    ``exit_code`` is the event's own attribute and can be overwritten by a container's label:
    it may be used only where the labels are known not to hold that key.
    """

    action: str
    id: ContainerId
    time_nano: int
    exit_code: int | None = None


class Engine(Protocol):
    """What the monitor asks of a container engine. Every call may raise an EngineError."""

    async def identify(self) -> EngineInfo:
        """Say who you are; negotiates the API version anew."""
        ...

    async def list(self) -> Sequence[Listed]:
        """List all containers, in every state."""
        ...

    async def inspect(self, container: ContainerId) -> Container:
        """Inspect one container, its image's labels included. NoSuchContainer if it is not there."""
        ...

    async def layer_size(self, container: ContainerId) -> int | None:
        """Measure the container's own writable layer, in bytes; None if the engine does not say.

        The engine walks over all files of the layer for it: this is never asked on the way to an end.
        """
        ...

    async def kill(self, container: ContainerId) -> int:
        """Send SIGKILL and return the HTTP status; 204, 304, 404, 409 and 5xx are answers, not errors."""
        ...

    async def stop(self, container: ContainerId, grace: float) -> int:
        """Ask it to stop, and kill it after ``grace`` seconds; the status as with ``kill``."""
        ...

    def open_events(self, since: float | None) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        """Subscribe from ``since`` (engine's clock, seconds). The iterator raises StreamEnded, always."""
        ...

    def open_stats(self, run: Run) -> AbstractAsyncContextManager[AsyncIterator[Sample | None]]:
        """Stream readings of a run; None is a frame without data. The iterator raises StreamEnded, always."""
        ...


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a run's start lies on the boot-time clock, in seconds, and of which boot."""

    boot_id: str
    born: float


class Journal(Protocol):
    """What is written down. Writing never raises: a full or slow disk is shouted about and counted."""

    async def intend(self, decision: Decision, began: float) -> bool:
        """Write an intent and wait until it is on the disk, at most 100 ms; False if it is not there yet."""
        ...

    def conclude(self, outcome: Outcome) -> None:
        """Write what came of an intent, without waiting."""
        ...


class Anchors(Protocol):
    """Where the engine room finds, and leaves, the starts of runs that it has seen before."""

    def anchor(self, run: Run) -> Anchor | None:
        """The anchor of a run, if one was kept."""
        ...

    def keep(self, run: Run, anchor: Anchor) -> None:
        """Keep an anchor, without waiting."""
        ...


Labels = Mapping[str, str]
