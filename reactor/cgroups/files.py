"""Which file of a cgroup has what, on either version."""

from enum import IntEnum
from typing import Final


class What(IntEnum):
    """What can be read of a container."""

    PIDS = 0
    MEMORY = 1
    PIDS_PEAK = 2
    MEMORY_PEAK = 3
    CPU = 4
    OOM = 5
    PIDS_EVENTS = 6
    PIDS_LIMIT = 7
    MEMORY_LIMIT = 8
    MEMORY_STAT = 9


HOT: Final = (What.PIDS, What.MEMORY)
"""What every sweep reads: plain counters, for which the kernel has nothing to add up."""

CONTROLLER: Final = {
    What.PIDS: "pids",
    What.PIDS_PEAK: "pids",
    What.PIDS_EVENTS: "pids",
    What.PIDS_LIMIT: "pids",
    What.MEMORY: "memory",
    What.MEMORY_PEAK: "memory",
    What.MEMORY_LIMIT: "memory",
    What.MEMORY_STAT: "memory",
    What.OOM: "memory",
    What.CPU: "cpu",
}

_BOTH: Final = {
    What.PIDS: "pids.current",
    What.PIDS_PEAK: "pids.peak",
    What.PIDS_EVENTS: "pids.events",
    What.PIDS_LIMIT: "pids.max",
    What.MEMORY_STAT: "memory.stat",
}
NAME: Final = {
    1: _BOTH
    | {
        What.MEMORY: "memory.usage_in_bytes",
        What.MEMORY_PEAK: "memory.max_usage_in_bytes",
        What.MEMORY_LIMIT: "memory.limit_in_bytes",
        What.OOM: "memory.oom_control",
        What.CPU: "cpuacct.usage",
    },
    2: _BOTH
    | {
        What.MEMORY: "memory.current",
        What.MEMORY_PEAK: "memory.peak",
        What.MEMORY_LIMIT: "memory.max",
        What.OOM: "memory.events",
        What.CPU: "cpu.stat",
    },
}

SIZE: Final = dict.fromkeys(What, 1024) | dict.fromkeys(HOT, 32) | {What.MEMORY_STAT: 16 * 1024}
"""How many bytes are read at most; a page is what the kernel has ready anyway."""
