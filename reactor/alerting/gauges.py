"""Which metric shows what a field of a condition reads, and how its numbers are said.

Rows only. What has no row here is read by a rule and shown by no metric of one container.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

INFO = "reactor_container_info"
"""The metric that has a container's name, image and standing."""
SAME = "on (job, instance, engine, container_id)"
"""Two numbers of one container, as the monitor of one engine shows them. No name matches no name."""
HOST_AVAILABLE = "reactor_host_memory_available_bytes"

BYTES = "{{ $value | humanize1024 }}B"
COUNTED = "{{ $value | humanize }}"
DURATION = "{{ $value | humanizeDuration }}"
SHARE = "{{ $value | humanizePercentage }}"


@dataclass(frozen=True, slots=True)
class Gauge:
    """One field in PromQL. ``said`` is how an annotation says it, ``limit`` is what it can be a share of."""

    expr: str
    said: str = COUNTED
    limit: str = ""


GAUGES: Mapping[str, Gauge] = MappingProxyType(
    {
        "age": Gauge("container_uptime_seconds", DURATION),
        "cpu": Gauge("container_cpu_usage"),
        "layer_writes": Gauge("container_layer_size_bytes", BYTES),
        "memory": Gauge("container_memory_working_set_bytes", BYTES, "container_memory_limit_bytes"),
        "memory_limit": Gauge("container_memory_limit_bytes", BYTES),
        "oom_kills": Gauge("container_oom_kills"),
        "pids": Gauge("container_threads", limit="container_threads_max"),
        "pids_limit": Gauge("container_threads_max"),
        "restarts": Gauge("container_restarts_total"),
        "zombies": Gauge("container_zombies"),
    }
)
"""The fields of one container that a metric shows."""
