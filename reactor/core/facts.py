"""The first of the four records: something was seen, and when.

A fact says what was seen and never what it means. ``at`` is always our own monotonic
clock, in seconds; a fact's text fields are the engine's words and decide nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reactor.core.container import Container, ContainerId, Listed, Run
from reactor.core.decisions import Outcome
from reactor.core.orders import Hold, Silence
from reactor.core.owners import Presence


class Happening(StrEnum):
    """The engine events that say something by themselves; all others only wake the reconciler."""

    CREATE = "create"
    START = "start"
    DIE = "die"
    OOM = "oom"
    KILL = "kill"  # somebody had a signal sent that ends
    DESTROY = "destroy"


class Witness(StrEnum):
    """Who told of an OOM kill: the engine by an event, or the kernel by its log or by a cgroup's counter.

    ``HOST`` is the kernel's log where not the container was short of memory, but the whole host.
    """

    ENGINE = "engine"
    LOG = "kernel-log"
    COUNTER = "counter"
    HOST = "host"


@dataclass(frozen=True, slots=True)
class Happened:
    """The engine reported an event; of an OOM kill the kernel can tell, too.

    ``time_nano`` is the engine's clock and serves to drop repeats.
    """

    at: float
    what: Happening
    id: ContainerId
    time_nano: int
    by: Witness = Witness.ENGINE


@dataclass(frozen=True, slots=True)
class Seen:
    """One container was inspected."""

    at: float
    container: Container


@dataclass(frozen=True, slots=True)
class Exited:
    """A run ended with this exit code, told by an event whose word can be trusted."""

    at: float
    run: Run
    exit_code: int


@dataclass(frozen=True, slots=True)
class Vanished:
    """One container was asked for and the engine knows it no more."""

    at: float
    id: ContainerId


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the engine lists, each entry inspected.

    ``unsure`` are alive containers whose run could not be confirmed (the inspect failed or
    hung): nothing is decided about them. ``hints`` are their labels as the list shows them, the
    image's among them. ``unread`` are over and were not inspected yet: how they ended is still
    to be found. ``gap`` tells that events may have been lost since the last snapshot, ``blind``
    for how many seconds. ``number`` counts snapshots from 1.
    ``began`` is when its list was taken: what was created later is not in it. ``rows`` is what the list
    itself says of the ``unsure``.
    """

    at: float
    began: float
    number: int
    containers: tuple[Container, ...]
    unsure: frozenset[ContainerId] = frozenset()
    gap: bool = False
    blind: float = 0.0
    unread: frozenset[ContainerId] = frozenset()
    hints: Mapping[ContainerId, Mapping[str, str]] = field(default_factory=dict, hash=False)
    rows: Mapping[ContainerId, Listed] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading of a run's resources; None is unknown, never zero.

    ``pids`` is the kernel's count, threads included. ``memory`` is the working set in bytes,
    ``memory_limit`` and ``pids_limit`` None where there is no limit. ``cpu`` is the CPU time
    used so far in seconds. ``by`` is a reader who goes on looking and tells only what is another: his
    readings last as he says by ``Still``. 0 is somebody who tells each of them.
    """

    at: float
    run: Run
    pids: int | None = None
    pids_limit: int | None = None
    memory: int | None = None
    memory_limit: int | None = None
    cpu: float | None = None
    by: int = 0


@dataclass(frozen=True, slots=True)
class Still:
    """All whose last sample is ``by`` this reader were read again at ``as_of`` or later and are the same.

    But for those who are ``lapsed``: of them no more is known than was known before this.
    """

    at: float
    by: int
    as_of: float
    lapsed: frozenset[Run] = frozenset()


@dataclass(frozen=True, slots=True)
class HostSeen:
    """What the kernel of the engine's host says of its memory, in bytes. ``at`` is from just before."""

    at: float
    memory_total: int
    memory_available: int


@dataclass(frozen=True, slots=True)
class ZombiesSeen:
    """All processes were looked at once: so many zombies has each run of which a process could be seen.

    ``began`` is when the look began. A run that is not in it is unknown, which is not the same as none.
    """

    at: float
    began: float
    counts: Mapping[Run, int] = field(hash=False)


@dataclass(frozen=True, slots=True)
class OwnersSeen:
    """Owners were looked for, all at once, by the texts of their labels. ``why`` has what proves it.

    Owners that are containers are found in the snapshots instead.
    """

    at: float
    seen: Mapping[str, Presence] = field(hash=False)
    why: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Extended:
    """Somebody lets a container live longer: until ``until``, rules see its age less by ``seconds``.

    ``who`` and ``why`` are for the record only. No seconds take back what was given.
    """

    at: float
    id: ContainerId
    seconds: float
    until: float
    who: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class LayerSized:
    """How many bytes stand in the container's own writable layer, which outlives its runs."""

    at: float
    run: Run
    bytes: int


@dataclass(frozen=True, slots=True)
class Tick:
    """Time went on."""

    at: float


@dataclass(frozen=True, slots=True)
class Acted:
    """An action came to something."""

    at: float
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Subscription:
    """The event subscription went down, or came up again."""

    at: float
    up: bool


@dataclass(frozen=True, slots=True)
class Reloaded:
    """Other rules are in force from now on: the setup that comes with this fact has them."""

    at: float


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody read whom the new rules would end, and lets them. ``who`` is for the record only.

    ``token`` tells what was read; it is empty in recordings from before there were tokens. ``unread`` tells
    that it was asked for whatever is held at that moment.
    """

    at: float
    who: str
    token: str = ""
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Ordered:
    """Somebody wants this one run ended, its sidecars too if ``cascade``. ``who`` and ``why`` are for the
    record only."""

    at: float
    run: Run
    who: str
    why: str = ""
    cascade: bool = False


class Parting(StrEnum):
    """Why whoever sees to sidecars wants a run ended; it stands in the place of a rule's name, too."""

    TASK_OVER = "task-over"  # a sidecar that was made here, and no main of its task lives any more
    NOT_READY = "not-ready"  # a sidecar that was made here and is not ready in time: it is made anew
    UNPROVIDED = "unprovided"  # a main without a sidecar that it cannot do without


@dataclass(frozen=True, slots=True)
class Parted:
    """Whoever sees to sidecars found that this run is to end. ``reason`` is for the record."""

    at: float
    run: Run
    why: Parting
    reason: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody ordered that nothing is done for now."""

    at: float
    hold: Hold


@dataclass(frozen=True, slots=True)
class Resumed:
    """Somebody ended the hold."""

    at: float
    who: str


@dataclass(frozen=True, slots=True)
class Released:
    """Somebody let those go who wait for the breaker."""

    at: float
    who: str


@dataclass(frozen=True, slots=True)
class Silenced:
    """Somebody spared one container, or silenced one rule."""

    at: float
    silence: Silence


@dataclass(frozen=True, slots=True)
class Unsilenced:
    """Somebody ended a silence. ``id`` is the silence's."""

    at: float
    id: str
    who: str


Fact = (
    Happened
    | Seen
    | Exited
    | Vanished
    | Snapshot
    | Sample
    | Still
    | HostSeen
    | ZombiesSeen
    | LayerSized
    | OwnersSeen
    | Extended
    | Tick
    | Acted
    | Subscription
    | Reloaded
    | Acknowledged
    | Ordered
    | Parted
    | Held
    | Resumed
    | Released
    | Silenced
    | Unsilenced
)
