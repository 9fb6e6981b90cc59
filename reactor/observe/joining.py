"""The numbers of several monitors in one process as one page: each family once for each engine, side by side.

What is the process's own is told once, and of no engine, also while no engine is watched. Nothing is added up
here: whoever reads can do that. Who is watched, and how often that was tried, is told by the floor above.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reactor import __version__
from reactor.observe.readings import Readings
from reactor.observe.snapshot import Capture, Captured, Family, MetricSnapshot, Moment, Told
from reactor.observe.table import ROWS, TABLE
from reactor.observe.tally import Labels, Tally
from reactor.observe.text import plain

log = logging.getLogger("reactor.observe")

PROCESS = ("process_", "cpython_", "reactor_build_info", "reactor_loop_lag_seconds")
"""What the names begin with of that which the whole process has once."""
SHARED = (
    "reactor_web_",
    "reactor_scrapes_total",
    "reactor_rendering_duration_seconds",
    "reactor_metric_overflows_total",
)
"""And of that which is counted where the process answers for all, and for each engine by itself, too."""
OF_PROCESS = (*PROCESS, *SHARED)
"""What is there without any monitor."""


@dataclass(frozen=True, slots=True)
class EngineNow:
    """An engine that is to be watched: ``up`` while its monitor watches, and is ready.

    ``tries`` is how often a monitor was begun for it, ``defects`` how often one broke. ``freeze`` is that of
    the monitor that is at work; None where there is none, so that nobody reads what an earlier one left.
    """

    name: str
    up: bool
    tries: int = 0
    defects: int = 0
    freeze: Callable[[], Moment] | None = field(default=None, hash=False)


class ProcessNumbers:
    """What the process says of itself, with or without a monitor: its costs, and what ``tally`` counts."""

    def __init__(self, tally: Tally, wall: Callable[[], float] = time.time) -> None:
        self._tally = tally
        self._wall = wall
        self._started = wall()

    def freeze(self) -> Moment:
        """Take hold of this moment."""
        captured = Captured(Readings(self._wall(), __version__), self._tally.freeze(), self._started)
        return lambda: captured


def joined_capture(engines: Callable[[], Sequence[EngineNow]], process: ProcessNumbers) -> Capture:
    """What a page about all these engines asks for the numbers of this moment.

    The loop stands still for one engine after another, for each as long as if it were the only one.
    """

    def capture() -> Callable[[], Told]:
        own = process.freeze()
        held = [_hold(engine) for engine in engines()]
        return lambda: _Joined(own, held)

    return capture


def is_process(name: str) -> bool:
    """Whether this row is about the process, however many engines it watches."""
    return name.startswith(PROCESS)


def joined(
    process: MetricSnapshot, engines: Mapping[str, MetricSnapshot], standings: Sequence[EngineNow] = ()
) -> MetricSnapshot:
    """One snapshot of all, in the order of the table: of the ``process`` only what is its own."""
    found: dict[str, list[Family]] = {}
    for family in process.families:
        if family.row.name.startswith(OF_PROCESS):
            found.setdefault(family.row.name, []).append(family)
    for name, snapshot in engines.items():
        for family in snapshot.families:
            if not is_process(family.row.name):
                found.setdefault(family.row.name, []).append(replace(family, engine=plain(name)))
    for family in _standing(standings, process.started):
        found[family.row.name] = [family]
    families = tuple(each for row in TABLE for each in found.get(row.name, ()))
    return MetricSnapshot(process.at, process.started, families)


@dataclass(frozen=True, slots=True)
class _Held:
    """An engine, and the moment of its monitor that was taken hold of, if there is one."""

    engine: EngineNow
    moment: Moment | None


@dataclass(frozen=True, slots=True)
class _Joined:
    """One moment of them all."""

    process: Moment
    engines: Sequence[_Held]

    def snapshot(self) -> MetricSnapshot:
        """Everything of everybody; who cannot be told of is not up."""
        told: dict[str, MetricSnapshot] = {}
        standings = []
        for held in self.engines:
            snapshot = _told(held)
            if snapshot is not None:
                told[held.engine.name] = snapshot
            standings.append(replace(held.engine, up=held.engine.up and snapshot is not None))
        return joined(self.process().snapshot(), told, standings)


def _hold(engine: EngineNow) -> _Held:
    try:
        return _Held(engine, engine.freeze() if engine.freeze is not None else None)
    except Exception as error:  # noqa: BLE001  # A defect in one monitor is not to hide the others.
        _say(engine, error)
        return _Held(engine, None)


def _told(held: _Held) -> MetricSnapshot | None:
    try:
        return held.moment().snapshot() if held.moment is not None else None
    except Exception as error:  # noqa: BLE001  # As above.
        _say(held.engine, error)
        return None


def _say(engine: EngineNow, error: Exception) -> None:
    log.error("the numbers of this engine cannot be told", exc_info=error, extra={"engine": engine.name})


def _standing(engines: Sequence[EngineNow], started: float) -> tuple[Family, ...]:
    """How it stands with each engine, whoever can say more of it or nobody."""
    points: dict[str, dict[Labels, int]] = {
        "reactor_engine_up": {(plain(each.name),): int(each.up) for each in engines},
        "reactor_engine_tries_total": {(plain(each.name),): each.tries for each in engines},
        "reactor_engine_defects_total": {(plain(each.name),): each.defects for each in engines},
    }
    return tuple(Family(ROWS[name], found, started=started) for name, found in points.items() if found)
