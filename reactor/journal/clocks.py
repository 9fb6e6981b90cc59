"""The clocks of this machine: the edge at which real time comes in.

Only reading clocks belongs here. Everything else in this room gets them as arguments.
"""

import time
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def wall() -> float:
    """Seconds since the epoch. It jumps: fit for a record, never for a duration."""
    return time.time()


def boot() -> float:
    """Seconds since this boot, time asleep included. It never jumps, and outlives our process."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    """The name of this boot; empty where the kernel does not say, and then no boot is ever the same."""
    try:
        return BOOT_ID.read_bytes().decode().strip()
    except OSError:
        return ""
