"""The snapshots of several monitors as one: each family once for each engine, side by side.

What is the process's own is told once, and of no engine. Nothing is added up here: whoever reads can do that.
"""

from collections.abc import Mapping
from dataclasses import replace

from reactor.observe.snapshot import Family, MetricSnapshot
from reactor.observe.table import TABLE
from reactor.observe.text import plain

PROCESS = ("process_", "cpython_", "reactor_build_info", "reactor_loop_lag_seconds", "reactor_web_")
"""What the names begin with of that which the whole process has once."""


def is_process(name: str) -> bool:
    """Whether this row is about the process, however many engines it watches."""
    return name.startswith(PROCESS)


def joined(process: MetricSnapshot, engines: Mapping[str, MetricSnapshot]) -> MetricSnapshot:
    """One snapshot of all, in the order of the table: of the ``process`` only what is its own."""
    found: dict[str, list[Family]] = {}
    for family in process.families:
        if is_process(family.row.name):
            found.setdefault(family.row.name, []).append(family)
    for name, snapshot in engines.items():
        for family in snapshot.families:
            if not is_process(family.row.name):
                found.setdefault(family.row.name, []).append(replace(family, engine=plain(name)))
    families = tuple(each for row in TABLE for each in found.get(row.name, ()))
    return MetricSnapshot(process.at, process.started, families)
