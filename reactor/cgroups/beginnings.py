"""When a process began, by the kernel.

Only that is here; what follows from it is for those who ask. No wall clock is read, neither ours nor an
engine's.
"""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

_TICKS = os.sysconf("SC_CLK_TCK")
TICK: Final = 1 / _TICKS
"""Seconds: a process began at the moment that the kernel tells, or up to so much later."""
_STARTED = 19
"""Its place behind the name of the process, which may have blanks and parentheses in it."""


def now() -> float:
    """Seconds since the host was started, with those in which it slept."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def began(proc: Path, pid: int) -> float | None:
    """When the process that has this number began, by the same clock; None for what cannot be seen."""
    with suppress(OSError, ValueError, IndexError):
        text = (proc / str(pid) / "stat").read_text(errors="replace")
        return int(text.rpartition(")")[2].split()[_STARTED]) / _TICKS
    return None
