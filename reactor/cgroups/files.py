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

_PIDS: Final = {
    What.PIDS: "pids.current",
    What.PIDS_PEAK: "pids.peak",
    What.PIDS_EVENTS: "pids.events",
    What.PIDS_LIMIT: "pids.max",
}
_MEMORY: Final = {
    1: {
        What.MEMORY: "memory.usage_in_bytes",
        What.MEMORY_PEAK: "memory.max_usage_in_bytes",
        What.MEMORY_LIMIT: "memory.limit_in_bytes",
        What.MEMORY_STAT: "memory.stat",
        What.OOM: "memory.oom_control",
    },
    2: {
        What.MEMORY: "memory.current",
        What.MEMORY_PEAK: "memory.peak",
        What.MEMORY_LIMIT: "memory.max",
        What.MEMORY_STAT: "memory.stat",
        What.OOM: "memory.events",
    },
}
_CPU: Final = {1: {What.CPU: "cpuacct.usage"}, 2: {What.CPU: "cpu.stat"}}

# By position: these are looked at with every read, and an enumeration is slow as a key.
CONTROLLER: Final = tuple(
    "pids" if each in _PIDS else "cpu" if each in _CPU[1] else "memory" for each in What
)
"""In which part of a container's cgroups it is."""
NAME: Final = tuple(
    tuple((_PIDS | _MEMORY[version] | _CPU[version])[each] for each in What) if version else ()
    for version in (0, 1, 2)
)
"""The name of the file, by version."""
SIZE: Final = tuple(32 if each in HOT else 16 * 1024 if each is What.MEMORY_STAT else 1024 for each in What)
"""How many bytes are read at most."""
