"""How things stand at one moment: the plain record that the floor above fills in.

Only the shape is here. None means unknown or absent, and what is None gets no series. All
moments are wall clock, in seconds since the epoch, since that is what is shown outside.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reactor.core.container import ContainerId
from reactor.core.protection import Standing


@dataclass(frozen=True, slots=True)
class ContainerReading:
    """One living container and what was last read of it. A stale reading is None, not its last value.

    ``cpu`` and ``uptime`` are in seconds, memory in bytes; limits are None where there is none.
    """

    id: ContainerId
    name: str
    image: str
    standing: Standing
    threads: int | None = None
    threads_max: int | None = None
    memory: int | None = None
    memory_limit: int | None = None
    cpu: float | None = None
    uptime: float | None = None
    zombies: int | None = None
    layer: int | None = None


@dataclass(frozen=True, slots=True)
class Readings:
    """Everything that is not counted but read, at the moment ``at``.

    ``containers`` are the living ones only: one that is left out has no series any more.
    ``rule_unknown`` says for each rule in force for how many runs it cannot be judged.
    ``host_memory_known`` is None where no rule asks for it. ``owners`` are counted by their kind and what is
    known of them, ``leases`` by how they stand.
    """

    at: float
    version: str
    containers: tuple[ContainerReading, ...] = ()
    ready: bool = False
    rules_loaded: int = 0
    reload_successful: bool = True
    gate_held: int = 0
    held: bool = False
    silences: int = 0
    breakers_open: int = 0
    brakes_waiting: int = 0
    rule_unknown: Mapping[str, int] = field(default_factory=dict, hash=False)
    stats_streams: int = 0
    stats_shed: int = 0
    lane_up: bool | None = None
    lane_runs: int | None = None
    lane_bells: int | None = None
    lane_busy: float | None = None
    lane_late: float | None = None
    kernel_log: bool | None = None
    kernel_mode: Mapping[str, int] = field(default_factory=dict, hash=False)
    kernel_abilities: Mapping[str, int] = field(default_factory=dict, hash=False)
    stale_samples: int = 0
    host_memory_known: bool | None = None
    host_memory_available: int | None = None
    owners: Mapping[tuple[str, str], int] = field(default_factory=dict, hash=False)
    leases: Mapping[str, int] = field(default_factory=dict, hash=False)
    lease_connections: int = 0
    outbox_queued: int = 0
    outbox_in_flight: int = 0
    outbox_quarantined: int = 0
    outbox_beside: int = 0
    outbox_overdue: int = 0
    containment_held: int | None = None
    journal_queued: int = 0
    journal_healthy: bool | None = None
    recording_healthy: bool | None = None
    last_event: float | None = None
    last_reconcile: float | None = None
