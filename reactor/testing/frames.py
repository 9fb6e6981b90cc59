"""Stats frames as an engine of API 1.41 on cgroup v1 writes them.

Only the shape of a frame belongs here; what a container uses is in ``gauge``.
"""

from typing import Any

from reactor.testing.box import Box
from reactor.testing.clock import NEVER, SECOND, EngineClock, written
from reactor.testing.gauge import Reading

Document = dict[str, Any]

NO_CPU: Document = {
    "cpu_usage": {"total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0},
    "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0},
}
BLKIO = (
    "io_service_bytes_recursive",
    "io_serviced_recursive",
    "io_queue_recursive",
    "io_service_time_recursive",
    "io_wait_time_recursive",
    "io_merged_recursive",
    "io_time_recursive",
    "sectors_recursive",
)


def frame(clock: EngineClock, box: Box, reading: Reading, before: Document | None = None) -> Document:
    """One frame; ``before`` is the last one of the same stream."""
    there = reading.usage is not None
    return {
        # The zero moment is all that tells a frame without data from a container that uses nothing.
        "read": written(clock.nanos(reading.at)) if there else NEVER,
        "preread": before["read"] if before else NEVER,
        "pids_stats": _pids(box, reading),
        "blkio_stats": dict.fromkeys(BLKIO, [] if there else None),
        "num_procs": 0,
        "storage_stats": {},
        "cpu_stats": _cpu(clock, reading),
        "precpu_stats": before["cpu_stats"] if before else NO_CPU,
        "memory_stats": _memory(box, reading),
        "name": f"/{box.name}",
        "id": box.id,
    }


def _pids(box: Box, reading: Reading) -> Document:
    if reading.usage is None:
        return {}
    limit = box.recipe.limits.pids
    return {"current": reading.usage.pids} | ({"limit": limit} if limit else {})


def _cpu(clock: EngineClock, reading: Reading) -> Document:
    if reading.usage is None:
        return NO_CPU
    used = int(reading.usage.cpu * SECOND)
    return {
        "cpu_usage": {
            "total_usage": used,
            "percpu_usage": [used - used // 2, used // 2],
            "usage_in_kernelmode": 0,
            "usage_in_usermode": used,
        },
        "system_cpu_usage": 2 * (clock.nanos(reading.at) - clock.nanos(0.0)),
        "online_cpus": 2,
        "throttling_data": NO_CPU["throttling_data"],
    }


def _memory(box: Box, reading: Reading) -> Document:
    if reading.usage is None:
        return {}
    limits, usage = box.recipe.limits, reading.usage
    most = limits.memory or limits.host
    # The cache gives way: what a container holds for itself is never pushed out by it.
    cache = max(0, min(usage.cache, most - usage.memory))
    return {
        "usage": usage.memory + cache,
        "max_usage": usage.memory + cache,
        "stats": _counters(usage.memory, cache, most),
        # Without a limit of its own a container's limit is the memory of the host.
        "limit": most,
    }


def _counters(memory: int, cache: int, most: int) -> Document:
    own = {
        "active_anon": memory,
        "active_file": 0,
        "unevictable": 0,
        "cache": cache,
        "inactive_anon": 0,
        "inactive_file": cache,
        "rss": memory,
    }
    return own | {f"total_{name}": value for name, value in own.items()} | {"hierarchical_memory_limit": most}
