"""What comes from the kernel of the engine's host: the fast lane, OOM kills, memory, and what works here."""

from reactor.observe.names import Kind
from reactor.observe.rows.row import Row

_C, _U, _G, _H = Kind.COUNTER, Kind.UPDOWN, Kind.GAUGE, Kind.HISTOGRAM

KERNEL = (
    Row(
        "reactor.kernel.oom_kills", "{kill}", _C, "reactor_kernel_oom_kills_total",
        "OOM kills in the kernel's log, by result: in a container that is known, in none of this engine "
        "(foreign), or nobody can tell (untold).", ("result",),
    ),
    Row(
        "reactor.kernel.log.lost", "{record}", _C, "reactor_kernel_log_lost_total",
        "Records of the kernel's log that were overwritten before they were read, of whatever they spoke.",
    ),
    Row(
        "reactor.kernel.mode", "", _G, "reactor_kernel_mode",
        "1 for the way in which the kernel's cgroups can be used here, 0 for the others: write, read-only or "
        "none; absent until that was tried out.", ("mode",),
    ),
    Row(
        "reactor.kernel.ability", "", _G, "reactor_kernel_ability",
        "1 for what the kernel lets us do, 0 for what it does not.", ("ability",),
    ),
    Row(
        "reactor.kernel.lack", "", _G, "reactor_kernel_lack",
        "Always 1, for each thing that the kernel does not let us do: why, and what would have to be granted "
        "for it; 'reactor doctor' says what is lost by that.", ("ability", "why", "grant"),
    ),
    Row(
        "reactor.kernel.log.up", "", _G, "reactor_kernel_log_up",
        "1 while the kernel's log is read for OOM kills, 0 while it cannot be.",
    ),
    Row(
        "reactor.lane.up", "", _G, "reactor_lane_up",
        "1 while the fast lane looks at cgroups, 0 while it is down and streams are read instead; "
        "absent where no cgroups can be read, or the profile is streams.",
    ),
    Row(
        "reactor.lane.runs", "{run}", _U, "reactor_lane_runs",
        "Runs whose readings come from their cgroups, by the fast lane.",
    ),
    Row(
        "reactor.lane.bells", "{run}", _U, "reactor_lane_bells",
        "Runs of whose memory the kernel itself tells the fast lane; that of others is found by looking.",
    ),
    Row(
        "reactor.lane.busy", "", _G, "reactor_lane_busy",
        "Share of a core that the fast lane used in the last second.",
    ),
    Row(
        "reactor.lane.late", "s", _G, "reactor_lane_late_seconds",
        "By how much the latest look of the fast lane in the last second came after its time.",
    ),
    Row(
        "reactor.lane.slowed", "{look}", _C, "reactor_lane_slowed_total",
        "Looks of the fast lane that had a reason to read all runs, and put that off to keep the budget.",
    ),
    Row(
        "reactor.lane.arming.duration", "s", _H, "reactor_lane_arming_duration_seconds",
        "From the start of a container until the fast lane reads it, if it started while we were there.",
    ),
    Row(
        "reactor.lane.deaths", "{death}", _C, "reactor_lane_deaths_total",
        "Times that the fast lane ended and had to be started again.",
    ),
    Row(
        "reactor.layer.measures", "{measure}", _C, "reactor_layer_measures_total",
        "Times that the engine was asked how much stands in a container's own layer, by result.", ("result",),
    ),
    Row(
        "reactor.layer.measuring", "s", _C, "reactor_layer_measuring_seconds_total",
        "Time that the engine took to answer that.",
    ),
    Row(
        "reactor.lane.cpu.time", "s", _C, "reactor_lane_cpu_time_seconds_total",
        "CPU time that the process of the fast lane has used.",
    ),
    Row(
        "reactor.lane.memory.usage", "By", _U, "reactor_lane_memory_usage_bytes",
        "Resident memory of the process of the fast lane.",
    ),
)  # fmt: skip

HOST = (
    Row(
        "reactor.host.memory.known", "", _G, "reactor_host_memory_known",
        "1 while it is known what the engine's host has left, 0 while not; absent where no rule asks.",
    ),
    Row(
        "reactor.host.memory.available", "By", _U, "reactor_host_memory_available_bytes",
        "What the kernel of the engine's host calls available memory; absent while it is not known.",
    ),
)  # fmt: skip
