"""When a process began, by the kernel: whether a run is so young that all it ever did is news.

Only that question is here. No wall clock is asked, neither ours nor the engine's.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

FRESH_FOR = 3.0
"""Seconds: what is older when it is armed has a history of which nobody knows when it was."""
_TICKS = os.sysconf("SC_CLK_TCK")
_STARTED = 19
"""Its place behind the name of the process, which may have blanks and parentheses in it."""


def now() -> float:
    """Seconds since the host was started, with those in which it slept."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def is_fresh(proc: Path, pid: int, since: float, at: float) -> bool:
    """Whether this process began after ``since``, and just now. What cannot be seen is not."""
    began = _began(proc, pid)
    return began is not None and began >= since and 0 <= at - began <= FRESH_FOR


def _began(proc: Path, pid: int) -> float | None:
    with suppress(OSError, ValueError, IndexError):
        text = (proc / str(pid) / "stat").read_text(errors="replace")
        return int(text.rpartition(")")[2].split()[_STARTED]) / _TICKS
    return None
