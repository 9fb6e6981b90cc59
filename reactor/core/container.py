"""What is known of one container: its identity, its run and its state.

Only records belong here. How they are read from an engine is the business of the
``engine`` room; what they mean for scope and edges is in ``protection`` and ``topology``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

ContainerId = NewType("ContainerId", str)
"""A full id: 64 lower-case hex digits. Names and short ids never stand in its place."""

NOTHING: Mapping[str, str] = MappingProxyType({})


def nothing() -> Mapping[str, str]:
    """No labels: one empty map for all who have none."""
    return NOTHING


class State(StrEnum):
    """The engine's word for what a container is doing."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"


ALIVE = frozenset({State.RUNNING, State.PAUSED, State.RESTARTING})
"""The states in which a run holds resources. The engine calls `restarting` running, too."""


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """One run of one container: the full id and the engine's StartedAt.

    ``started_at`` is the engine's own text and is only ever compared for equality:
    engines differ in when they take it and in how many digits they write. It is empty
    for a container that was never started.
    """

    id: ContainerId
    started_at: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Hard limits of a container. ``memory`` and ``swap`` (memory and swap together) are in bytes, ``cpu``
    is in cores; None is "leave it" where limits are set, and "none" where they are read."""

    pids: int | None = None
    memory: int | None = None
    swap: int | None = None
    cpu: float | None = None

    def refuse_bad(self) -> None:
        """Raise ValueError if they cannot be set: a zero, which engines take for "none", or swap amiss."""
        given = (self.pids, self.memory, self.swap, self.cpu)
        if any(value is not None and not 0 < value < math.inf for value in given):
            raise ValueError("a limit is a number above zero")
        if self.swap is not None and (self.memory is None or self.swap < self.memory):
            raise ValueError("a limit of swap counts memory: it goes with one of memory and is not below it")


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Container:
    """One container as an inspect found it.

    ``born`` and ``created`` are moments on our own monotonic clock, in seconds; ``born``
    is None when the start is not known for certain (and age is then unknown).
    ``image_labels`` is None when the image could not be read, ``image_awaited`` tells that it may only be
    slow and is asked for again. ``joins`` are the containers whose network, PID or IPC namespace this one
    shares. Limits are None for "no limit".
    ``limits`` has them all, the engine's settings and not what the kernel made of them.
    ``exit_code``, ``oom_killed``, ``finished_at`` (the engine's own text) and ``finished`` (the same moment
    on our clock, None if it is not known for certain) speak of the last end, if there was one.
    ``restarts`` is the engine's count of restarts by policy; ``health`` is ``starting``, ``healthy``,
    ``unhealthy`` or empty without a health check; ``ports`` are those published, such as ``8080/tcp``;
    ``binds`` are folders of the host by where the container has them mounted.
    ``user`` is what it was created with, the image's word included, and empty for root. ``health_check``
    tells whether it has one, ``memory_limited`` and its neighbours whether it was given such a limit: a limit
    that is None may also not have been read. None is what the engine did not say. ``command`` is what it
    runs, cut to a length, and ``mounts`` are the folders that are mounted into it, as it sees them: both only
    for the record. ``own_pids`` tells that the engine gave it a process namespace of its own; False also
    where the engine does not say. ``canary`` tells that we made it ourselves, to see it ended: that is
    known by its id, whatever it says of itself.
    """

    run: Run
    name: str
    image: str
    state: State
    image_id: str = ""
    labels: Mapping[str, str] = field(default_factory=nothing, hash=False)
    image_labels: Mapping[str, str] | None = field(default_factory=nothing, hash=False)
    born: float | None = None
    created: float | None = None
    joins: frozenset[ContainerId] = frozenset()
    auto_remove: bool = False
    restart_policy: str = ""
    pid: int = 0
    pids_limit: int | None = None
    memory_limit: int | None = None
    exit_code: int | None = None
    oom_killed: bool = False
    finished_at: str = ""
    finished: float | None = None
    limits: Limits = NO_LIMITS
    restarts: int | None = None
    health: str = ""
    privileged: bool | None = None
    init: bool | None = None
    user: str = ""
    log_driver: str = ""
    ports: tuple[str, ...] = ()
    binds: Mapping[str, str] = field(default_factory=nothing, hash=False)
    health_check: bool | None = None
    memory_limited: bool | None = None
    pids_limited: bool | None = None
    cpu_limited: bool | None = None
    command: str = ""
    mounts: tuple[str, ...] = ()
    own_pids: bool = False
    canary: bool = False
    image_awaited: bool = False

    @property
    def id(self) -> ContainerId:
        """The full id."""
        return self.run.id

    @property
    def alive(self) -> bool:
        """Whether this run holds resources."""
        return self.state in ALIVE


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of the engine's list: everything but the run, the limits and the PID and IPC edges.

    ``health`` is only a hint that a look is due; it is empty where the row does not say it.
    ``joined`` tells that it shares another container's network.
    """

    id: ContainerId
    name: str
    image: str
    image_id: str
    state: State
    labels: Mapping[str, str] = field(default_factory=nothing, hash=False)
    health: str = ""
    joined: bool = False

    @property
    def alive(self) -> bool:
        """Whether the engine lists it as running, paused or restarting."""
        return self.state in ALIVE
