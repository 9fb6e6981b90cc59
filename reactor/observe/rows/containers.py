"""What is known of each living container. Its series end with it.

Names that others have for the same are theirs; what only rules know begins with ``reactor``.
"""

from reactor.observe.names import Kind
from reactor.observe.rows.row import Row

_C, _U, _G = Kind.COUNTER, Kind.UPDOWN, Kind.GAUGE
_ID = ("container.id",)

CONTAINERS = (
    Row(
        "reactor.container.info", "", _G, "reactor_container_info",
        "Always 1, for each container that is there; join other series with it by container_id to get names.",
        ("container.id", "container.name", "container.image.name", "standing"),
    ),
    Row(
        "container.threads", "{thread}", _U, "container_threads",
        "Tasks in the container as the kernel counts them, threads included; what rules call pids.", _ID,
    ),
    Row(
        "container.threads.max", "{thread}", _U, "container_threads_max",
        "The container's limit of tasks; absent where there is none.", _ID,
    ),
    Row(
        "container.memory.working_set", "By", _U, "container_memory_working_set_bytes",
        "Memory in use without the page cache that could be dropped; what rules call memory.", _ID,
    ),
    Row(
        "container.memory.limit", "By", _U, "container_memory_limit_bytes",
        "The container's memory limit; absent where there is none.", _ID,
    ),
    Row(
        "container.cpu.time", "s", _C, "container_cpu_time_seconds_total",
        "CPU time that the container has used.", _ID,
    ),
    Row(
        "container.uptime", "s", _G, "container_uptime_seconds",
        "Age of the container's present run; what rules call age. Absent while it is not known.", _ID,
    ),
    Row(
        "container.zombies", "{process}", _U, "container_zombies",
        "Zombies in the container; absent while they are not known, or no rule reads them.", _ID,
    ),
    Row(
        "container.layer.size", "By", _U, "container_layer_size_bytes",
        "Bytes in the container's own layer; what rules call layer_writes. Only where a rule asks.", _ID,
    ),
    Row(
        "container.state", "", _G, "container_state",
        "Always 1; what the engine says the container is doing: running, paused or restarting.",
        ("container.id", "state"),
    ),
    Row(
        "container.health", "", _G, "container_health",
        "Always 1; what its health check says: starting, healthy or unhealthy. Absent without a check.",
        ("container.id", "health"),
    ),
    Row(
        "container.restarts", "{restart}", _C, "container_restarts_total",
        "Restarts by its policy, as the engine counts them; it begins anew when somebody starts it.",
        _ID,
    ),
    Row(
        "container.oom_kills", "{kill}", _U, "container_oom_kills",
        "OOM kills in the container's present run; those of all are in reactor_oom_events_total.",
        _ID,
    ),
    Row(
        "container.cpu.usage", "{cpu}", _G, "container_cpu_usage",
        "Cores in use between the last two readings; what rules call cpu.",
        _ID,
    ),
    Row(
        "container.cpu.limit", "{cpu}", _G, "container_cpu_limit",
        "The container's limit of cores; absent where there is none.",
        _ID,
    ),
    Row(
        "container.sample.timestamp", "s", _G, "container_sample_timestamp_seconds",
        "When its resources were last read; absent while there is no reading that is evidence.",
        _ID,
    ),
    Row(
        "reactor.container.threshold.ratio", "", _G, "reactor_container_threshold_ratio",
        "How near the container is to the nearest of the rules that would end it, and to the nearest of the "
        "others: 1 is at the threshold. A rule that itself runs dry stands only where no other does.",
        ("container.id", "rule", "level", "action", "dry_run"),
    ),
)  # fmt: skip
