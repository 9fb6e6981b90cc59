"""What comes in from the engine: events, lists and resource readings."""

from reactor.observe.names import Kind
from reactor.observe.rows.row import Row

_C, _U, _G = Kind.COUNTER, Kind.UPDOWN, Kind.GAUGE

STREAMS = (
    Row("reactor.ready", "", _G, "reactor_ready", "1 when the first reconcile is done and events come in."),
    Row(
        "reactor.may_kill", "", _G, "reactor_may_kill",
        "1 while the engine lets us end containers, 0 while it or a proxy before it refuses; else absent.",
    ),
    Row(
        "reactor.facts", "{fact}", _C, "reactor_facts_total",
        "Facts that came in, by their source.",
        ("source",),
    ),
    Row(
        "reactor.last_fact.timestamp", "s", _G, "reactor_last_fact_timestamp_seconds",
        "When the last fact of a source came in; absent before the first.",
        ("source",),
    ),
    Row(
        "reactor.step", "s", _C, "reactor_step_seconds_total",
        "Time that it took to judge the facts of a source.",
        ("source",),
    ),
    Row(
        "reactor.events.up", "", _G, "reactor_events_up",
        "1 while the engine's events are subscribed to.",
    ),
    Row(
        "reactor.engine.capability", "", _G, "reactor_engine_capability",
        "1 for what the engine can do, 0 for what it cannot; the log and 'reactor doctor' say which rules "
        "lose by it.",
        ("capability",),
    ),
    Row(
        "reactor.events.received", "{event}", _C, "reactor_events_received_total",
        "Container events that the engine sent.",
    ),
    Row(
        "reactor.events.repeated", "{event}", _C, "reactor_events_repeated_total",
        "Events dropped because they had been seen already; normal after a reconnect.",
    ),
    Row(
        "reactor.stream.reconnects", "{reconnect}", _C, "reactor_stream_reconnects_total",
        "Streams that ended, in whatever way, and were opened again.", ("stream",),
    ),
    Row(
        "reactor.gaps", "{gap}", _C, "reactor_gaps_total",
        "Times without events that may have lost some, after which everything was inspected again.",
    ),
    Row(
        "reactor.blind", "s", _C, "reactor_blind_seconds_total",
        "Time during which no events could be received.",
    ),
    Row(
        "reactor.last_event.timestamp", "s", _G, "reactor_last_event_timestamp_seconds",
        "When the last event was received; absent before the first.",
    ),
    Row(
        "reactor.stream.deaf", "{time}", _C, "reactor_stream_deaf_total",
        "Times that the events were subscribed to anew because they did not say what the list showed.",
    ),
    Row(
        "reactor.look.overflows", "{time}", _C, "reactor_look_overflows_total",
        "Times that more looks were wished for than can be kept, and everything was looked at instead.",
    ),
    Row(
        "reactor.stats.streams", "{stream}", _U, "reactor_stats_streams",
        "Open streams of resource readings, one for each run that a rule needs one for.",
    ),
    Row(
        "reactor.stats.shed", "{stream}", _U, "reactor_stats_shed",
        "Runs that a rule needs readings of and that get none, for want of room; they are not judged.",
    ),
    Row("reactor.samples", "{sample}", _C, "reactor_samples_total", "Resource readings with data in them."),
    Row(
        "reactor.no_data_frames", "{sample}", _C, "reactor_no_data_frames_total",
        "Resource readings without data; they count as unknown, never as zero.",
    ),
    Row(
        "reactor.stale_samples", "{run}", _U, "reactor_stale_samples",
        "Runs whose last resource reading is too old to be evidence, and those that have none although there "
        "was time for a first one.",
    ),
)  # fmt: skip
