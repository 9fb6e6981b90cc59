"""The frozen snapshot that every export reads, and how it is put together.

``collect`` is pure: the loop captures readings and counts, which is cheap, and the rest is
done in a thread. What is not in the readings is not in the snapshot, so the series of a
container end with the container, and nothing has to be remembered or removed.
"""

import platform
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from math import isfinite
from types import MappingProxyType

from reactor.core.protection import Standing
from reactor.observe.own import OwnCost
from reactor.observe.readings import ContainerReading, Readings
from reactor.observe.table import TABLE, Row
from reactor.observe.tally import Counts, Labels, Spread
from reactor.observe.text import plain

Number = int | float
Value = Number | Spread


@dataclass(frozen=True, slots=True)
class Family:
    """One row of the table and its points, by label values.

    ``since`` says when a cumulative series began, where that was not when the monitor did;
    zero is unknown.
    """

    row: Row
    points: Mapping[Labels, Value] = field(hash=False)
    since: Mapping[Labels, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class MetricSnapshot:
    """All numbers at the moment ``at``, of a monitor that began at ``started``; wall clock, in seconds."""

    at: float
    started: float
    families: tuple[Family, ...]


@dataclass(frozen=True, slots=True)
class Captured:
    """What the loop hands over: frozen records, from which a thread can make the snapshot."""

    readings: Readings
    counts: Counts
    started: float


Capture = Callable[[], Captured]
"""How an export asks for the numbers of this moment; called on the loop."""

_OF_CONTAINER: Mapping[str, Callable[[ContainerReading], Number | None]] = MappingProxyType(
    {
        "container_threads": lambda one: one.threads,
        "container_threads_max": lambda one: one.threads_max,
        "container_memory_working_set_bytes": lambda one: one.memory,
        "container_memory_limit_bytes": lambda one: one.memory_limit,
        "container_cpu_time_seconds_total": lambda one: one.cpu,
        "container_uptime_seconds": lambda one: one.uptime,
        "container_zombies": lambda one: one.zombies,
        "container_layer_size_bytes": lambda one: one.layer,
    }
)

_OF_READINGS: Mapping[str, Callable[[Readings], Number | None]] = MappingProxyType(
    {
        "reactor_rules_loaded": lambda now: now.rules_loaded,
        "reactor_rules_reload_successful": lambda now: int(now.reload_successful),
        "reactor_gate_held": lambda now: now.gate_held,
        "reactor_hold": lambda now: int(now.held),
        "reactor_silences": lambda now: now.silences,
        "reactor_breaker_open": lambda now: now.breakers_open,
        "reactor_brakes_waiting": lambda now: now.brakes_waiting,
        "reactor_outbox_queued": lambda now: now.outbox_queued,
        "reactor_outbox_in_flight": lambda now: now.outbox_in_flight,
        "reactor_outbox_quarantined": lambda now: now.outbox_quarantined,
        "reactor_lease_connections": lambda now: now.lease_connections,
        "reactor_outbox_beside": lambda now: now.outbox_beside,
        "reactor_outbox_overdue": lambda now: now.outbox_overdue,
        "reactor_containment_held": lambda now: now.containment_held,
        "reactor_ready": lambda now: int(now.ready),
        "reactor_stats_streams": lambda now: now.stats_streams,
        "reactor_stats_shed": lambda now: now.stats_shed,
        "reactor_lane_up": lambda now: None if now.lane_up is None else int(now.lane_up),
        "reactor_lane_runs": lambda now: now.lane_runs,
        "reactor_lane_bells": lambda now: now.lane_bells,
        "reactor_lane_busy": lambda now: now.lane_busy,
        "reactor_lane_late_seconds": lambda now: now.lane_late,
        "reactor_kernel_log_up": lambda now: None if now.kernel_log is None else int(now.kernel_log),
        "reactor_stale_samples": lambda now: now.stale_samples,
        "reactor_host_memory_known": lambda now: (
            None if now.host_memory_known is None else int(now.host_memory_known)
        ),
        "reactor_host_memory_available_bytes": lambda now: now.host_memory_available,
        "reactor_last_event_timestamp_seconds": lambda now: now.last_event,
        "reactor_last_reconcile_timestamp_seconds": lambda now: now.last_reconcile,
        "reactor_journal_queued": lambda now: now.journal_queued,
        "reactor_journal_healthy": lambda now: (
            None if now.journal_healthy is None else int(now.journal_healthy)
        ),
        "reactor_recording_healthy": lambda now: (
            None if now.recording_healthy is None else int(now.recording_healthy)
        ),
    }
)

_OF_OURSELVES: Mapping[str, Callable[[OwnCost], Number | None]] = MappingProxyType(
    {
        "process_cpu_time_seconds_total": lambda own: own.cpu,
        "process_memory_usage_bytes": lambda own: own.memory,
        "process_threads": lambda own: own.threads,
        "process_open_fds": lambda own: own.open_fds,
    }
)


def collect(captured: Captured, own: OwnCost) -> MetricSnapshot:
    """Put the snapshot together. A row of the table without a source is a KeyError, and a failing test."""
    now = captured.readings
    living: dict[Labels, ContainerReading] = {(plain(one.id),): one for one in now.containers}
    points: dict[str, Mapping[Labels, Value]] = {
        **captured.counts.counters,
        **captured.counts.spreads,
        **{name: _one(read(now)) for name, read in _OF_READINGS.items()},
        **{name: _one(read(own)) for name, read in _OF_OURSELVES.items()},
        **_of_containers(living),
        "process_uptime_seconds": _one(max(0.0, now.at - captured.started)),
        "reactor_build_info": {(now.version, platform.python_version()): 1},
        "reactor_containers": _by_standing(living.values()),
        "reactor_owners": {(kind, state): count for (kind, state), count in now.owners.items()},
        "reactor_leases": {(state,): count for state, count in now.leases.items()},
        "reactor_kernel_mode": {(mode,): used for mode, used in now.kernel_mode.items()},
        "reactor_kernel_ability": {(name,): works for name, works in now.kernel_abilities.items()},
        "reactor_rule_unknown": {(plain(rule),): count for rule, count in now.rule_unknown.items()},
    }
    births: dict[Labels, float] = {
        key: 0.0 if one.uptime is None else now.at - one.uptime for key, one in living.items()
    }
    since = {"container_cpu_time_seconds_total": births}
    families = (Family(row, points[row.name], since.get(row.name, {})) for row in TABLE)
    return MetricSnapshot(now.at, captured.started, tuple(family for family in families if family.points))


def _of_containers(living: Mapping[Labels, ContainerReading]) -> dict[str, Mapping[Labels, Value]]:
    found: dict[str, Mapping[Labels, Value]] = {
        name: {
            key: value for key, one in living.items() if (value := read(one)) is not None and isfinite(value)
        }
        for name, read in _OF_CONTAINER.items()
    }
    found["reactor_container_info"] = {
        (*key, plain(one.name), plain(one.image), one.standing.value): 1 for key, one in living.items()
    }
    return found


def _by_standing(containers: Collection[ContainerReading]) -> dict[Labels, Value]:
    return {(standing.value,): sum(one.standing is standing for one in containers) for standing in Standing}


def _one(value: Number | None) -> dict[Labels, Value]:
    return {} if value is None or not isfinite(value) else {(): value}
