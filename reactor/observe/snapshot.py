"""The frozen snapshot that every export reads, and how it is put together.

``collect`` is pure: the loop hands over what cannot change any more, which is cheap, and the rest is
done in a thread. What is not in the readings is not in the snapshot, so the series of a
container end with the container, and nothing has to be remembered or removed.
"""

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Protocol

from reactor.observe.columns import OF_LABELS, OF_OURSELVES, OF_READINGS, of_rules
from reactor.observe.crowd import Crowd, Number
from reactor.observe.own import OwnCost, read_own
from reactor.observe.readings import Readings
from reactor.observe.table import TABLE, Row
from reactor.observe.tally import Counts, Labels, Spread

Value = Number | Spread

CONTAINER_LABEL = "container.label."
"""What stands before the key of a container's own label that is shown; OpenTelemetry's name for it."""


@dataclass(frozen=True, slots=True)
class Family:
    """One row of the table and its points, by label values.

    ``since`` says when a cumulative series began, where that was not when the monitor did, at ``started``;
    zero is unknown. ``engine`` is whose numbers these are, where there is a name for it.
    """

    row: Row
    points: Mapping[Labels, Value] = field(hash=False)
    since: Mapping[Labels, float] = field(default_factory=dict, hash=False)
    started: float = 0.0
    engine: str = ""

    def began(self, labels: Labels) -> float:
        """When this series began; zero if that is unknown."""
        return self.since.get(labels, self.started)


@dataclass(frozen=True, slots=True)
class MetricSnapshot:
    """All numbers at the moment ``at``, of a monitor that began at ``started``; wall clock, in seconds.

    Families of the same row, of one engine each, stand side by side.
    """

    at: float
    started: float
    families: tuple[Family, ...]


@dataclass(frozen=True, slots=True)
class Captured:
    """What one moment comes to: what is read, counted, and known of containers. Nobody changes it."""

    readings: Readings
    counts: Counts
    started: float
    crowd: Crowd = field(default_factory=Crowd, hash=False)

    def snapshot(self) -> MetricSnapshot:
        """All its numbers, with what the process costs now; for a thread."""
        return collect(self, read_own(self.readings.lane_pid))


class Told(Protocol):
    """What one moment comes to, of one monitor or of several."""

    def snapshot(self) -> MetricSnapshot:
        """All its numbers."""


Moment = Callable[[], Captured]
"""A moment that is over and cannot change: what it tells is worked out by whoever asks, in any thread."""
Capture = Callable[[], Callable[[], Told]]
"""How an export asks for the numbers of this moment; called on the loop, and must be quick."""


def collect(captured: Captured, own: OwnCost) -> MetricSnapshot:
    """Put the snapshot together. A row of the table without a source is a KeyError, and a failing test."""
    now, crowd = captured.readings, captured.crowd
    points: dict[str, Mapping[Labels, Value]] = {
        **captured.counts.counters,
        **captured.counts.spreads,
        **{name: _one(read(now)) for name, read in OF_READINGS.items()},
        **{name: _finite(read(now)) for name, read in OF_LABELS.items()},
        **{name: _finite(found) for name, found in of_rules(now)},
        **{name: _one(read(own)) for name, read in OF_OURSELVES.items()},
        **crowd.columns,
        "process_uptime_seconds": _one(max(0.0, now.at - captured.started)),
        "process_start_time_seconds": _one(captured.started),
        "cpython_gc_collections_total": {(each.generation,): each.collections for each in own.gc},
        "cpython_gc_collected_objects_total": {(each.generation,): each.collected for each in own.gc},
        "reactor_build_info": {(now.version, platform.python_version()): 1},
        "reactor_containers": crowd.by_standing(),
        "reactor_engine_up": {},  # Told of several together, by whoever joins them.
    }
    since = {
        "container_cpu_time_seconds_total": crowd.began,
        # Since when the engine counts them it does not say.
        "container_restarts_total": dict.fromkeys(crowd.began, 0.0),
    }
    families = (
        Family(_row(row, now.labels), points[row.name], since.get(row.name, {}), captured.started)
        for row in TABLE
    )
    return MetricSnapshot(now.at, captured.started, tuple(family for family in families if family.points))


def _row(row: Row, labels: tuple[str, ...]) -> Row:
    """The names of a container are the one place where labels of its own can stand."""
    if row.name != "reactor_container_info" or not labels:
        return row
    return replace(row, attributes=(*row.attributes, *(CONTAINER_LABEL + key for key in labels)))


def _one(value: Number | None) -> dict[Labels, Value]:
    return {} if value is None or not isfinite(value) else {(): value}


def _finite(points: Mapping[Labels, Number]) -> dict[Labels, Value]:
    return {key: value for key, value in points.items() if isfinite(value)}
