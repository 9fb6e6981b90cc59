"""What watching takes, out of the windows in which nothing happened: one row for each contender and number.

Arithmetic only.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median
from typing import Any

from bench.race.names import EVERYBODY, LOOP, NOBODY
from bench.race.records import Loop, Window

Json = dict[str, Any]


def costs(windows: Sequence[Window], loop: Loop) -> Iterator[Json]:
    """One row for each number of containers and contender: medians, if there were several windows.

    ``share`` is the engine's CPU less what it uses when nobody watches, ``total`` that and the contender's
    own. What a poll loop uses while it looks is brought to a whole round, its sleep included.
    """
    sizes = sorted({window.containers for window in windows})
    for size in sizes:
        alone = _median(w.engine_cpu for w in windows if w.containers == size and w.contender == NOBODY)
        for name in EVERYBODY:
            some = [w for w in windows if w.containers == size and w.contender == name]
            if some:
                yield _cost(name, size, some, alone, _duty(name, size, loop))


def _cost(name: str, size: int, some: Sequence[Window], alone: float | None, duty: float) -> Json:
    def middle(of: Callable[[Window], float | None]) -> float | None:
        return _median(of(window) for window in some)

    own, engine = middle(lambda w: w.cpu) or 0.0, middle(lambda w: w.engine_cpu) or 0.0
    share = None if alone is None or name == NOBODY else duty * max(0.0, engine - alone)
    return {
        "contender": name,
        "containers": size,
        "windows": len(some),
        "cpu": duty * own,
        "engine_cpu": engine,
        "share": share,
        "total": None if share is None else duty * own + share,
        "pss": middle(lambda w: w.pss),
        "rss": middle(lambda w: w.rss),
        "wakeups": middle(lambda w: w.wakeups * duty),
        "engine_wakeups": middle(lambda w: w.engine_wakeups),
        "calls": middle(lambda w: w.calls * duty),
        "first_calls": middle(lambda w: w.first_calls),
        "readings": middle(lambda w: None if w.readings is None else w.readings * duty),
        "startup": middle(lambda w: w.startup),
        "duty": duty,
    }


def _duty(name: str, size: int, loop: Loop) -> float:
    """What part of its time the poll loop of the field looks."""
    if name != LOOP:
        return 1.0
    looking = size * (median(loop.looks) if loop.looks else 2.0)
    return looking / (looking + loop.interval)


def _median(values: Iterable[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return median(found) if found else None
