"""What the monitor itself costs, as the kernel sees it, and how late its loop is.

Only reading belongs here; nothing is cached and nothing is judged. On a system without
``/proc`` the costs are unknown, which is not an error.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import trio

from reactor.observe.tally import Tally

PROC = Path("/proc/self")


@dataclass(frozen=True, slots=True)
class OwnCost:
    """CPU time in seconds, resident memory in bytes, threads and open files; None is unknown."""

    cpu: float | None = None
    memory: int | None = None
    threads: int | None = None
    open_fds: int | None = None


def read_own(proc: Path = PROC) -> OwnCost:
    """Read our own costs. Blocks for some microseconds, so call it where that does not matter."""
    try:
        # The second field is our name in parentheses and may hold anything, a parenthesis included.
        fields = (proc / "stat").read_text().rpartition(")")[2].split()
        pages = int((proc / "statm").read_text().split()[1])
        return OwnCost(
            cpu=(int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
            memory=pages * os.sysconf("SC_PAGE_SIZE"),
            threads=int(fields[17]),
            open_fds=len(os.listdir(proc / "fd")),
        )
    except OSError:
        return OwnCost()


async def watch_loop(tally: Tally, *, every: float = 1.0) -> None:
    """Ask for a timer again and again, for ever, and count how late it comes."""
    while True:
        due = trio.current_time() + every
        await trio.sleep_until(due)
        tally.observe("reactor_loop_lag_seconds", trio.current_time() - due)
