"""What the monitor itself costs, as the kernel sees it, and how late its loop is.

Only reading belongs here; nothing is cached and nothing is judged. On a system without
``/proc`` the costs are unknown, which is not an error.
"""

import gc
import os
import resource
from dataclasses import dataclass
from pathlib import Path

import trio

from reactor.core.beats import next_beat
from reactor.observe.tally import Tally

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Collections:
    """How often garbage of one generation was collected, and how many objects that were."""

    generation: str
    collections: int
    collected: int


@dataclass(frozen=True, slots=True)
class OwnCost:
    """CPU time in seconds, resident memory in bytes, threads and open files; None is unknown.

    ``lane_cpu`` and ``lane_memory`` are those of the fast lane, which is a process of its own.
    """

    cpu: float | None = None
    memory: int | None = None
    threads: int | None = None
    open_fds: int | None = None
    open_fds_max: int | None = None
    lane_cpu: float | None = None
    lane_memory: int | None = None
    gc: tuple[Collections, ...] = ()


@dataclass(frozen=True, slots=True)
class _Process:
    cpu: float | None = None
    memory: int | None = None
    threads: int | None = None


def read_own(lane: int = 0, proc: Path = PROC) -> OwnCost:
    """Read our own costs, and those of the process ``lane``; 0 is none. Blocks for some microseconds."""
    ours, lanes = _process(proc / "self"), _process(proc / str(lane)) if lane else _Process()
    return OwnCost(
        ours.cpu,
        ours.memory,
        ours.threads,
        _open_fds(proc / "self"),
        _most_fds(),
        lanes.cpu,
        lanes.memory,
        tuple(
            Collections(str(number), each["collections"], each["collected"])
            for number, each in enumerate(gc.get_stats())
        ),
    )


def _process(folder: Path) -> _Process:
    try:
        # The second field is a name in parentheses and may hold anything, a parenthesis included.
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        pages = int((folder / "statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return _Process()
    cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return _Process(cpu, pages * os.sysconf("SC_PAGE_SIZE"), int(fields[17]))


def _open_fds(folder: Path) -> int | None:
    try:
        return len(os.listdir(folder / "fd"))
    except OSError:
        return None


def _most_fds() -> int | None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return None if most == resource.RLIM_INFINITY else most


async def watch_loop(tally: Tally, *, every: float = 1.0) -> None:
    """Ask for a timer again and again, for ever, and count how late it comes."""
    while True:
        due = next_beat(trio.current_time(), every)
        await trio.sleep_until(due)
        tally.observe("reactor_loop_lag_seconds", trio.current_time() - due)
