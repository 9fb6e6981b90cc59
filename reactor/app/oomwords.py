"""The kernel's words of OOM kills, put together: its log, and counters for where that is not enough.

Which of them is there, and whom they tell, belongs here; how each works is in ``reactor.kmsg``.
"""

from collections.abc import Callable
from dataclasses import dataclass

import trio

from reactor.app.monitor import Monitor
from reactor.app.plan import Plan
from reactor.core.ports import EngineInfo
from reactor.kmsg.births import Births
from reactor.kmsg.counters import CounterWatch
from reactor.kmsg.watching import OomStatistics, OomWatch


@dataclass(frozen=True, slots=True)
class OomWords:
    """What the others need of them."""

    connected: Callable[[EngineInfo], None]
    statistics: Callable[[], OomStatistics]


def hear_of_ooms(plan: Plan, monitor: Monitor, sources: trio.Nursery) -> OomWords | None:
    """Begin to hear of OOM kills from the kernel; None if the plan has it that the engine alone tells."""
    if plan.host is None:
        return None
    births = Births(plan.host, plan.proc)
    watch = OomWatch(monitor.feed, lambda key: key in monitor.state.entries, births, proc=plan.proc)
    counters = CounterWatch(plan.host, monitor.feed, lambda: not watch.is_enough, proc=plan.proc)
    for observer in (watch, counters):
        monitor.also_tell(observer)
    for task in (watch.run, watch.settle, counters.run, births.run):
        sources.start_soon(task)
    return OomWords(watch.connected, watch.statistics)
