"""How things stand at one moment: the plain records that the floor above fills in.

Only the shape is here. None means unknown or absent, and what is None gets no series. All
moments are wall clock, in seconds since the epoch, since that is what is shown outside.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reactor.core.container import ContainerId
from reactor.core.language.thresholds import Threshold
from reactor.core.protection import Standing


@dataclass(frozen=True, slots=True)
class Near:
    """A rule that a container is near to, what it does, and how near that is: 1 is at the threshold.

    ``dry_run`` tells that the rule itself only says what it would do.
    """

    rule: str
    level: str
    action: str
    ratio: float
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class ContainerReading:
    """One living container and what was last read of it. A stale reading is None, not its last value.

    ``cpu`` and ``uptime`` are in seconds, memory in bytes, ``cores`` and ``cores_max`` in cores; limits are
    None where there is none. ``created`` is when it was made, ``began`` when its run began, ``read_at`` when
    its resources were read last.
    ``near`` are the nearest rule that would end it, and the nearest of the others. ``labels`` are the values
    of the labels that are to be shown, in their order, empty where it has none.
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
    state: str = ""
    health: str = ""
    restarts: int | None = None
    oom_kills: int | None = None
    cores: float | None = None
    cores_max: float | None = None
    created: float | None = None
    began: float | None = None
    read_at: float | None = None
    near: tuple[Near, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleReading:
    """One level of one rule. ``selected``, ``matching`` and ``unknown`` count living runs.

    ``near`` is how near the nearest run is, ``judging`` how many seconds it takes to judge it for one run.
    """

    name: str
    level: str
    action: str
    severity: str
    team: str
    state: str
    selected: int = 0
    matching: int = 0
    unknown: int = 0
    thresholds: tuple[Threshold, ...] = ()
    near: float | None = None
    judging: float | None = None


@dataclass(frozen=True, slots=True)
class Readings:
    """Everything that is not counted but read, at the moment ``at``.

    ``labels`` are the keys of those labels of containers that are to be shown. ``rules`` are those in force,
    ``rules_read`` is when they were read. ``budgets`` are the tokens that are left, and that there can be.
    ``last_facts`` is when the last fact of each source came. ``host_memory_known`` is None where no rule
    asks for it. ``owners`` are counted by their kind and what is known of them, ``leases`` by how they stand,
    ``sidecars`` by their template and state.
    ``kernel_lacks`` is why an ability is lacking, and what would have to be granted for it.
    """

    at: float
    version: str
    labels: tuple[str, ...] = ()
    ready: bool = False
    may_kill: bool | None = None
    dry_run: bool = False
    rules_loaded: int = 0
    rules: tuple[RuleReading, ...] = ()
    rules_read: float | None = None
    reload_successful: bool = True
    gate_held: int = 0
    held: bool = False
    silences: int = 0
    breakers_open: int = 0
    brakes_waiting: int = 0
    budgets: Mapping[str, tuple[float, float]] = field(default_factory=dict, hash=False)
    events_up: bool = False
    last_facts: Mapping[str, float] = field(default_factory=dict, hash=False)
    stats_streams: int = 0
    stats_shed: int = 0
    lane_up: bool | None = None
    lane_runs: int | None = None
    lane_bells: int | None = None
    lane_busy: float | None = None
    lane_late: float | None = None
    lane_pid: int = 0
    kernel_log: bool | None = None
    kernel_mode: Mapping[str, int] = field(default_factory=dict, hash=False)
    engine_capabilities: Mapping[str, int] = field(default_factory=dict, hash=False)
    kernel_abilities: Mapping[str, int] = field(default_factory=dict, hash=False)
    kernel_lacks: Mapping[str, tuple[str, str]] = field(default_factory=dict, hash=False)
    stale_samples: int = 0
    host_memory_known: bool | None = None
    host_memory_available: int | None = None
    owners: Mapping[tuple[str, str], int] = field(default_factory=dict, hash=False)
    leases: Mapping[str, int] = field(default_factory=dict, hash=False)
    lease_connections: int = 0
    outbox_queued: int = 0
    outbox_in_flight: int = 0
    outbox_wedged: int = 0
    outbox_unreachable: int = 0
    outbox_beside: int = 0
    outbox_overdue: int = 0
    containment_held: int | None = None
    journal_queued: int = 0
    journal_healthy: bool | None = None
    journal_commit: float | None = None
    recording_healthy: bool | None = None
    last_event: float | None = None
    last_reconcile: float | None = None
    canary_interval: float | None = None
    canary_success: float | None = None
    canary_excused: float | None = None
    spans_queued: int | None = None
    sidecars: Mapping[tuple[str, str], int] = field(default_factory=dict, hash=False)

    @property
    def outbox_quarantined(self) -> int:
        """What the engine does not get done, for whatever reason."""
        return self.outbox_wedged + self.outbox_unreachable

    @property
    def rule_unknown(self) -> Mapping[str, int]:
        """For how many runs each rule cannot be judged, its levels together."""
        counts: dict[str, int] = {}
        for rule in self.rules:
            counts[rule.name] = counts.get(rule.name, 0) + rule.unknown
        return counts
