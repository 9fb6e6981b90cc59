"""What the monitor itself is, costs, and sends."""

from reactor.observe.names import Kind
from reactor.observe.rows.row import Row

_C, _U, _G, _H = Kind.COUNTER, Kind.UPDOWN, Kind.GAUGE, Kind.HISTOGRAM

OURSELVES = (
    Row(
        "reactor.build.info", "", _G, "reactor_build_info",
        "Always 1; the version of reactor and of the Python that runs it.", ("version", "python"),
    ),
    Row(
        "process.cpu.time", "s", _C, "process_cpu_time_seconds_total",
        "CPU time that the monitor itself has used.",
    ),
    Row(
        "process.memory.usage", "By", _U, "process_memory_usage_bytes",
        "Resident memory of the monitor itself.",
    ),
    Row("process.threads", "{thread}", _U, "process_threads", "Threads of the monitor itself."),
    Row("process.open_fds", "{file}", _U, "process_open_fds", "Files and sockets that the monitor has open."),
    Row(
        "process.open_fds.max", "{file}", _U, "process_open_fds_max",
        "How many files and sockets the monitor may have open.",
    ),
    Row(
        "process.start_time", "s", _G, "process_start_time_seconds",
        "When the monitor began.",
    ),
    Row("process.uptime", "s", _G, "process_uptime_seconds", "How long the monitor has been running."),
    Row(
        "reactor.loop.lag", "s", _H, "reactor_loop_lag_seconds",
        "How late a timer of the monitor's loop came, asked once a second.",
    ),
    Row(
        "cpython.gc.collections", "{collection}", _C, "cpython_gc_collections_total",
        "Collections of garbage, by generation.",
        ("cpython.gc.generation",),
    ),
    Row(
        "cpython.gc.collected_objects", "{object}", _C, "cpython_gc_collected_objects_total",
        "Objects that were collected, by generation.",
        ("cpython.gc.generation",),
    ),
)  # fmt: skip

EXPORTS = (
    Row(
        "reactor.scrapes", "{scrape}", _C, "reactor_scrapes_total",
        "Scrapes that were answered, by format; 'shared' ones got the text that was made for another.",
        ("format",),
    ),
    Row(
        "reactor.snapshot.duration", "s", _H, "reactor_snapshot_duration_seconds",
        "For how long the loop stood still for the numbers of one export.",
    ),
    Row(
        "reactor.rendering.duration", "s", _H, "reactor_rendering_duration_seconds",
        "How long it took to put one export together beside the loop, the sending of a push included.",
        ("export",),
    ),
    Row(
        "reactor.exports", "{export}", _C, "reactor_exports_total",
        "Pushes, by signal (metrics, traces or logs) and by how they went.", ("signal", "result"),
    ),
    Row(
        "reactor.spans", "{span}", _C, "reactor_spans_total",
        "Spans of traces, by result: 'sent', 'dropped' for want of room, or 'failed' to get through.",
        ("result",),
    ),
    Row(
        "reactor.log.records", "{record}", _C, "reactor_log_records_total",
        "Log lines sent by OTLP, by result: 'sent', 'dropped' for want of room, or 'failed' to get through.",
        ("result",),
    ),
    Row(
        "reactor.spans.queued", "{span}", _U, "reactor_spans_queued",
        "Spans that wait to be sent; absent where no traces are sent.",
    ),
    Row(
        "reactor.metric.overflows", "{event}", _C, "reactor_metric_overflows_total",
        "Counts that went to the label value 'overflow' because a metric had too many label sets.",
        ("metric",),
    ),
)  # fmt: skip
