"""The canary: a container that breaks a rule on purpose, and has to be ended in time."""

from reactor.observe.names import Kind
from reactor.observe.rows.row import Row

_C, _G, _H = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM

CANARY = (
    Row(
        "reactor.canary.interval", "s", _G, "reactor_canary_interval_seconds",
        "How often a canary is sent; absent where there is none.",
    ),
    Row(
        "reactor.canary.last_success.timestamp", "s", _G, "reactor_canary_last_success_timestamp_seconds",
        "When a canary was last ended in time; absent before the first.",
    ),
    Row(
        "reactor.canary.runs", "{canary}", _C, "reactor_canary_runs_total",
        "Canaries sent, by result: 'ended' in time, 'late', 'held' where somebody held the monitor "
        "meanwhile, or 'failed' where none could be started or seen to end.",
        ("result",),
    ),
    Row(
        "reactor.canary.failures", "{canary}", _C, "reactor_canary_failures_total",
        "Canaries that failed, by reason: 'image', 'engine', 'undecided', 'unended', 'late', 'elsewhere' "
        "or 'left'.",
        ("reason",),
    ),
    Row(
        "reactor.canary.duration", "s", _H, "reactor_canary_duration_seconds",
        "From the answer that a canary, which breaks its rule at once, was started until it was dead; from "
        "the question where it was dead before the answer.",
    ),
)  # fmt: skip
