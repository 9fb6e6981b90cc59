"""What becomes of decisions: calls, latencies, queue and quarantine."""

from reactor.observe.names import Kind
from reactor.observe.rows.row import Row

_C, _U, _H = Kind.COUNTER, Kind.UPDOWN, Kind.HISTOGRAM

ACTIONS = (
    Row(
        "reactor.outcomes", "{outcome}", _C, "reactor_outcomes_total",
        "What came of decisions.", ("action", "result", "why"),
    ),
    Row(
        "reactor.kills", "{run}", _C, "reactor_kills_total",
        "Runs that ended by our doing, verified. By the rule that decided, or the built-in one; 'canary' are "
        "those that were sent to be ended.",
        ("rule", "action", "team"),
    ),
    Row(
        "reactor.call.delay", "s", _H, "reactor_call_delay_seconds",
        "From the decision to the first step that ends the run: a call to the engine, or a direct one.",
        ("action",),
    ),
    Row(
        "reactor.death.delay", "s", _H, "reactor_death_delay_seconds",
        "From that first step until the end of the run was verified.",
        ("action",),
    ),
    Row(
        "reactor.kill.duration", "s", _H, "reactor_kill_duration_seconds",
        "From the decision until the end of the run was verified.", ("action",),
    ),
    Row(
        "reactor.whole.duration", "s", _H, "reactor_whole_duration_seconds",
        "From the first evidence of a breach until the end of the run was verified.",
        ("action",),
    ),
    Row(
        "reactor.engine.calls", "{call}", _C, "reactor_engine_calls_total",
        "Calls to the engine for decisions, by what was asked, and what came back: 2xx to 5xx, or none.",
        ("call", "status"),
    ),
    Row(
        "reactor.engine.call.duration", "s", _H, "reactor_engine_call_duration_seconds",
        "How long the engine took to answer a call for a decision.",
        ("call",),
    ),
    Row(
        "reactor.retries", "{try}", _C, "reactor_retries_total",
        "Tries beyond the first to get decisions done.",
    ),
    Row(
        "reactor.came_back", "{run}", _C, "reactor_came_back_total",
        "Containers that began another run after we had ended one, by a restart policy for instance.",
    ),
    Row(
        "reactor.outbox.queued", "{decision}", _U, "reactor_outbox_queued",
        "Decisions that wait for a worker.",
    ),
    Row(
        "reactor.outbox.in_flight", "{decision}", _U, "reactor_outbox_in_flight",
        "Decisions that a worker is carrying out.",
    ),
    Row(
        "reactor.outbox.quarantined", "{decision}", _U, "reactor_outbox_quarantined",
        "Decisions that the engine does not get done; tried again from time to time.",
    ),
    Row(
        "reactor.outbox.wedged", "{decision}", _U, "reactor_outbox_wedged",
        "Of those in quarantine, the ones whose run the engine does not end although it answers.",
    ),
    Row(
        "reactor.outbox.unreachable", "{decision}", _U, "reactor_outbox_unreachable",
        "Of those in quarantine, the ones that wait for an engine that does not answer.",
    ),
    Row(
        "reactor.outbox.beside", "{decision}", _U, "reactor_outbox_beside",
        "Decisions begun although all places were taken, because nobody came back from the engine.",
    ),
    Row(
        "reactor.outbox.overdue", "{decision}", _U, "reactor_outbox_overdue",
        "Decisions under way that have lost their place, because the engine does not come back from them.",
    ),
    Row(
        "reactor.outbox.at_bound", "{decision}", _C, "reactor_outbox_at_bound_total",
        "Decisions that had to wait because as many went on beside as may be.",
    ),
    Row(
        "reactor.containment.held", "{run}", _U, "reactor_containment_held",
        "Runs that can be ended directly, should a rule ask for it; absent where nobody is.",
    ),
    Row(
        "reactor.contained", "{step}", _C, "reactor_contained_total",
        "Direct steps before the engine was asked, by how, and what came of them: ended, frozen or not; "
        "for a thaw done or failed.",
        ("how", "outcome"),
    ),
)  # fmt: skip
