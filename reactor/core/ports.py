"""The protocols through which the rooms above speak to an engine and to a journal.

Only shapes and the errors that go with them belong here; the rooms ``engine``,
``testing`` and ``journal`` fill them in.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from reactor.core.capabilities import CAN_ALL, Capabilities
from reactor.core.container import Container, ContainerId, Limits, Listed, Run
from reactor.core.decisions import Decision, Outcome
from reactor.core.evidence import Evidence
from reactor.core.facts import Sample
from reactor.core.recipes import Recipe


class EngineError(Exception):
    """The engine did not do what was asked; the text is a sentence for the operator."""


class EngineUnreachable(EngineError):
    """No answer came: nobody listens, the connection broke, or the deadline passed."""


class DeadlinePassed(EngineUnreachable):
    """The engine took the call and did not answer in time. What became of the call is unknown."""


class GivenUp(DeadlinePassed):
    """Something between us and the engine did not wait longer for its answer, after however short a time.

    What became of the call is unknown, and so is whether the engine hangs.
    """


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
    """Who the engine is. ``now`` is its clock in seconds since the epoch when it answered.

    ``memory`` is its host's, in bytes, and ``kernel`` the release of its host's kernel. ``local`` tells that
    it was reached at a socket of this machine, behind which a tunnel may still be. ``cannot_limit`` names
    what it can give no limits on: ``memory``, ``swap``, ``pids``, ``cpu``. ``warnings`` are what it lacks of
    ``can``, in words.
    """

    id: str
    name: str
    version: str
    api_version: str
    now: float
    memory: int
    cgroup_version: str = ""
    cgroup_driver: str = ""
    warnings: tuple[str, ...] = ()
    kernel: str = ""
    local: bool = False
    cannot_limit: tuple[str, ...] = ()
    can: Capabilities = CAN_ALL


@dataclass(frozen=True, slots=True)
class Event:
    """One container event as the engine wrote it, checked for shape only.

    ``exit_code`` is the event's own attribute and can be overwritten by a container's label:
    it may be used only where the labels are known not to hold that key. So may ``signal``, the number
    that a kill sent.
    """

    action: str
    id: ContainerId
    time_nano: int
    exit_code: int | None = None
    signal: int | None = None


class Engine(Protocol):
    """What the monitor asks of a container engine. Every call may raise an EngineError.

    A call that does something returns the HTTP status, and no status is an error: 2xx, 304, 404, 409 and
    5xx are all answers, and whether it came to what was wanted is for a look to say. Raised is only what is
    no answer: EngineForbids (401, 403 and 407, or a socket that is closed to us), EngineUnreachable, and
    DeadlinePassed, after which the engine may still do it. An id that is not full is a ValueError; whoever
    acts inspects right before, because a container can be *named* like an id that is gone.
    """

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

    async def restart(self, container: ContainerId, grace: float) -> int:
        """Stop it as ``stop`` does, if it runs, and start it: a new run of the same container.

        204 also for one that did not run, paused and restarting ones included: whoever was over by then is
        started, too. 404 if it is not there; 4xx or 5xx also if it was stopped and could not be started.
        """
        ...

    async def pause(self, container: ContainerId) -> int:
        """Freeze it. 204; 409 if it is paused already, or does not run (restarting included); 404."""
        ...

    async def unpause(self, container: ContainerId) -> int:
        """Let it go on. 204; 404; 500 (409 on other engines) if it is not paused, whatever it is instead."""
        ...

    async def update(self, container: ContainerId, limits: Limits) -> int:
        """Give it these limits, running or not; what is None stays. 200, also if all of it was so already.

        Memory goes with the swap beside it, both at once; no ``swap`` is as much as memory alone. A ``cpu``
        beyond what the engine has is all that it has. 409 where CPU time is limited by a quota already, 400
        for less than 6 MiB, 500 if it holds more memory than that: then nothing was changed. 404 also from
        engines that have no such call. A limit that is not positive, or swap without memory or below it, is a
        ValueError: a zero would lift the limit.
        """
        ...

    async def remove(self, container: ContainerId, *, force: bool) -> int:
        """Remove it, and never a volume. By force one that runs is killed first.

        204 when it is gone; 409 if it runs and there is no force, or if a removal is under way; 404.
        """
        ...

    async def tail(self, container: ContainerId, lines: int, most: int) -> str:
        """The last lines of its output, at most so many, and at most ``most`` bytes of them: fit to be shown.

        There are no control characters in it but newlines, and "?" stands for each; what is left out at the
        beginning is marked. A very long line counts as several. Raises NoSuchContainer, also where another
        container answers to this id, and EngineAnswered where there is nothing to be read (501: the
        container's log driver cannot). Empty is no output.
        """
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


@dataclass(frozen=True, slots=True)
class KeptLease:
    """What is kept of a lease from one monitor to the next; ``holder`` is only for the record.

    ``forgotten`` tells that it is to be kept no more.
    """

    name: str
    token: int
    ttl: float
    holder: str = ""
    given_up: bool = False
    forgotten: bool = False


class Journal(Protocol):
    """What is written down. Writing never raises: a full or slow disk is shouted about and counted."""

    def intend(
        self, decision: Decision, began: float, on_written: Callable[[], None] | None = None
    ) -> Awaitable[bool]:
        """Write an intent, from the moment of the call on; then wait until it is on the disk, at most 100 ms.

        False if it is not there yet. ``on_written`` is called, once at most, as soon as it is written and not
        yet synced: it outlives our own death then, but not the host's. That may be so before this call
        returns. It must not wait, and not raise.
        """
        ...

    async def note_asked(self, decision: Decision) -> None:
        """Write that the engine is told now to stop the run politely, and wait as long as ``intend`` does."""
        ...

    def conclude(self, outcome: Outcome) -> None:
        """Write what came of an intent, without waiting."""
        ...

    def attach(self, decision: Decision, evidence: Evidence) -> None:
        """Write what was gathered around an end, without waiting."""
        ...


@dataclass(frozen=True, slots=True)
class Contained:
    """What came of a direct end: ``how`` it was done, or tried; empty where there was no way to.

    ``ended`` tells that all processes of the run were sent the signal that ends them, ``frozen`` that they
    are stopped instead, until they are thawed. If neither, ``why`` says why not.
    """

    how: str = ""
    ended: bool = False
    frozen: bool = False
    why: str = ""


class Containment(Protocol):
    """Ends runs without the engine. It never raises, and knows no rules: who may be ended is decided, and
    admitted, before it is asked. Only ``wait_over`` waits."""

    def contain(self, run: Run, container: Container | None, *, recorded: bool = True) -> Contained:
        """End this very run, or freeze it where its end would have the engine begin another one.

        ``container`` is how it was seen last; without that nothing is done. Nobody is frozen unless the
        intent is ``recorded``: if we died, nobody would know that there is something to thaw.
        """
        ...

    async def wait_over(self, run: Run) -> None:
        """Wait until all processes of a run that was ended here are gone; not at all where none is held."""
        ...

    def thaw(self, run: Run) -> str:
        """Let a run go on that was frozen here; what went wrong, empty for nothing. Again does no harm."""
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


class CannotMake(EngineError):
    """The engine refuses to make this container, or to start it; ``why`` is one of a few words."""

    def __init__(self, why: str, message: str) -> None:
        super().__init__(message)
        self.why = why


class Maker(Protocol):
    """Makes containers; looking at them and ending them is the Engine's. Calls may raise an EngineError."""

    async def create(self, recipe: Recipe) -> ContainerId:
        """Create a container, which does not run yet. No image is pulled.

        Raises CannotMake: ``image`` (it is not there), ``name`` (taken), ``bind`` (a source that is not
        there), ``refused`` (anything else that the engine finds wrong).
        """
        ...

    async def start(self, container: ContainerId) -> None:
        """Start it; again does no harm. Raises CannotMake: ``port`` (taken), ``bind`` (a source that went
        since), ``start`` (its program, its mounts), and NoSuchContainer. One that has an init starts also
        where its program is not there, and is over at once, with 127.
        """
        ...
