"""The frozen snapshot that every export reads, and how it is put together.

``collect`` is pure: the loop hands over what cannot change any more, which is cheap, and the rest is
done in a thread. What is not in the readings is not in the snapshot, so the series of a
container end with the container, and nothing has to be remembered or removed.
"""

import platform
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from math import isfinite

from reactor.core.protection import Standing
from reactor.observe.columns import OF_CONTAINER, OF_LABELS, OF_OURSELVES, OF_READINGS, Number, of_rules
from reactor.observe.own import OwnCost
from reactor.observe.readings import ContainerReading, Readings
from reactor.observe.table import TABLE, Row
from reactor.observe.tally import Counts, Labels, Spread
from reactor.observe.text import plain

Value = Number | Spread

CONTAINER_LABEL = "container.label."
"""What stands before the key of a container's own label that is shown; OpenTelemetry's name for it."""


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


Moment = Callable[[], Captured]
"""A moment that is over and cannot change: what it tells is worked out by whoever asks, in any thread."""
Capture = Callable[[], Moment]
"""How an export asks for the numbers of this moment; called on the loop, and must be quick."""


def collect(captured: Captured, own: OwnCost) -> MetricSnapshot:
    """Put the snapshot together. A row of the table without a source is a KeyError, and a failing test."""
    now = captured.readings
    living: dict[Labels, ContainerReading] = {(plain(one.id),): one for one in now.containers}
    points: dict[str, Mapping[Labels, Value]] = {
        **captured.counts.counters,
        **captured.counts.spreads,
        **{name: _one(read(now)) for name, read in OF_READINGS.items()},
        **{name: _finite(read(now)) for name, read in OF_LABELS.items()},
        **{name: _finite(found) for name, found in of_rules(now)},
        **{name: _one(read(own)) for name, read in OF_OURSELVES.items()},
        **_of_containers(living),
        "process_uptime_seconds": _one(max(0.0, now.at - captured.started)),
        "process_start_time_seconds": _one(captured.started),
        "cpython_gc_collections_total": {(each.generation,): each.collections for each in own.gc},
        "cpython_gc_collected_objects_total": {(each.generation,): each.collected for each in own.gc},
        "reactor_build_info": {(now.version, platform.python_version()): 1},
        "reactor_containers": _by_standing(living.values()),
    }
    since = {
        "container_cpu_time_seconds_total": {
            key: 0.0 if one.uptime is None else now.at - one.uptime for key, one in living.items()
        },
        # Since when the engine counts them it does not say.
        "container_restarts_total": dict.fromkeys(living, 0.0),
    }
    families = (Family(_row(row, now.labels), points[row.name], since.get(row.name, {})) for row in TABLE)
    return MetricSnapshot(now.at, captured.started, tuple(family for family in families if family.points))


def _row(row: Row, labels: tuple[str, ...]) -> Row:
    """The names of a container are the one place where labels of its own can stand."""
    if row.name != "reactor_container_info" or not labels:
        return row
    return replace(row, attributes=(*row.attributes, *(CONTAINER_LABEL + key for key in labels)))


def _of_containers(living: Mapping[Labels, ContainerReading]) -> dict[str, Mapping[Labels, Value]]:
    found: dict[str, Mapping[Labels, Value]] = {
        name: {
            key: value for key, one in living.items() if (value := read(one)) is not None and isfinite(value)
        }
        for name, read in OF_CONTAINER.items()
    }
    found["reactor_container_info"] = {
        (*key, plain(one.name), plain(one.image), one.standing.value, *one.labels): 1
        for key, one in living.items()
    }
    found["container_state"] = {(*key, one.state): 1 for key, one in living.items() if one.state}
    found["container_health"] = {(*key, plain(one.health)): 1 for key, one in living.items() if one.health}
    found["reactor_container_threshold_ratio"] = {
        (*key, plain(near.rule), near.level, near.action): near.ratio
        for key, one in living.items()
        for near in one.near
    }
    return found


def _by_standing(containers: Collection[ContainerReading]) -> dict[Labels, Value]:
    return {(standing.value,): sum(one.standing is standing for one in containers) for standing in Standing}


def _one(value: Number | None) -> dict[Labels, Value]:
    return {} if value is None or not isfinite(value) else {(): value}


def _finite(points: Mapping[Labels, Number]) -> dict[Labels, Value]:
    return {key: value for key, value in points.items() if isfinite(value)}
