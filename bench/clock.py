"""One clock for everything that is compared: seconds since boot.

The monitor writes its moments down on this clock, the kernel's files are read under it, and the
engine's wall clock is brought over to it. Only clocks belong here.
"""

import time

TRIES = 5


def now() -> float:
    """Seconds since boot, the same for every process of this machine; it never jumps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def wall_ahead() -> float:
    """How many seconds the wall clock is ahead of ours, at this moment."""
    return min(_reading() for _ in range(TRIES))[1]


def from_wall(nanoseconds: int, ahead: float) -> float:
    """A moment of the engine's wall clock on our clock."""
    return nanoseconds * 1e-9 - ahead


def _reading() -> tuple[float, float]:
    """How long one comparison took, and what it gave; the quickest one is the best."""
    before = now()
    wall = time.time()
    after = now()
    return after - before, wall - (before + after) / 2
