"""The board *Monitor*: its health, how quick it is, and what it does.

What it sees, what it writes and what it costs are rows of the same board, and made in ``inside``.
"""

from tools.boards.fleet import RATE
from tools.boards.inside import READY, canary, cost, journal, kernel, quantile, streams
from tools.boards.layout import Row, board
from tools.boards.panels import GREEN, RED, Json, Panel, Query, bars, lines, number

UID = "reactor-monitor"
YES = {"1": ("yes", GREEN), "0": ("no", RED)}
NO_OR_YES = {"0": ("no", GREEN), "1": ("yes", RED)}


def monitor() -> Json:
    """The whole board."""
    return board(
        UID,
        "reactor / Monitor",
        "The monitor itself: whether it sees everything, how quick it is, what it costs, and its journal.",
        [
            Row("Health", _health(), 4),
            Row("How quick it is", _latency(), 8),
            Row("What it does", _work(), 8),
            Row("What it sees", streams(), 8),
            Row("What the kernel lets it do", kernel(), 8),
            Row("Journal", journal(), 8),
            Row("What it costs", cost(), 8),
            Row("Canary", canary(), 8),
        ],
    )


def _health() -> tuple[Panel, ...]:
    return (
        number(
            "Ready",
            "Everything is listed, and events come in: of every engine that is to be watched.",
            Query(f"min {READY}"),
            words=YES,
            width=3,
        ),
        number(
            "Journal",
            "What is written gets to the disk.",
            Query("min (reactor_journal_healthy{@})"),
            words=YES,
            width=3,
        ),
        number(
            "Rules read",
            "The last reload succeeded. If not, older rules are in force.",
            Query("min (reactor_rules_reload_successful{@})"),
            words=YES,
            width=3,
        ),
        number(
            "Fast lane",
            "The kernel's counters are read. If not, the engine's streams are, once a second.",
            Query("min (reactor_lane_up{@})"),
            words=YES,
            width=3,
        ),
        number(
            "On hold",
            "An operator has it end nobody.",
            Query("max (reactor_hold{@})"),
            words=NO_OR_YES,
            width=3,
        ),
        number(
            "Breaker open",
            "So much matched at once that nobody is ended for now.",
            Query("max (reactor_breaker_open{@})"),
            words=NO_OR_YES,
            width=3,
        ),
        number(
            "Up for",
            "Since the monitor was started.",
            Query("min (process_uptime_seconds{@})"),
            unit="s",
            width=3,
        ),
        number(
            "Version",
            "The version of reactor, and of the Python that runs it.",
            Query("reactor_build_info{@}", "{{version}}, Python {{python}}"),
            text="name",
            width=3,
        ),
    )


def _latency() -> tuple[Panel, ...]:
    parts = (
        ("reactor_breach_duration_seconds", "breach to decision"),
        ("reactor_call_delay_seconds", "decision to call"),
        ("reactor_death_delay_seconds", "call to verified end"),
        ("reactor_whole_duration_seconds", "breach to verified end"),
    )
    return (
        lines(
            "Half of all ends take at most",
            "The median of each part, from the first evidence of a breach to the verified end. A rule's "
            "own 'for' is part of the first.",
            *(Query(quantile(0.5, name), legend) for name, legend in parts),
            unit="s",
        ),
        lines(
            "99 of 100 ends take at most",
            "The same for the slowest of a hundred.",
            *(Query(quantile(0.99, name), legend) for name, legend in parts),
            unit="s",
        ),
        lines(
            "From decision to verified end, by action",
            "99 of 100 are done within this. A stop has its grace in it.",
            Query(quantile(0.99, "reactor_kill_duration_seconds", "action"), "{{action}}"),
            unit="s",
            width=8,
        ),
        lines(
            "Answers of the engine",
            "99 of 100 calls for decisions are answered within this.",
            Query(quantile(0.99, "reactor_engine_call_duration_seconds", "call"), "{{call}}"),
            unit="s",
            width=8,
        ),
        lines(
            "Lag of the loop",
            "How late a timer of the monitor comes: 99 of 100, and the fast lane's latest look in the "
            "last second.",
            Query(quantile(0.99, "reactor_loop_lag_seconds"), "loop"),
            Query("max (reactor_lane_late_seconds{@})", "fast lane"),
            unit="s",
            width=8,
        ),
    )


def _work() -> tuple[Panel, ...]:
    return (
        lines(
            "Decisions under way",
            "Waiting for a worker, in a worker's hands, and in quarantine since the engine does not get "
            "them done or does not answer.",
            Query("sum (reactor_outbox_queued{@})", "queued"),
            Query("sum (reactor_outbox_in_flight{@})", "in flight"),
            Query("sum (reactor_outbox_wedged{@})", "quarantine: wedged"),
            Query("sum (reactor_outbox_unreachable{@})", "quarantine: unreachable"),
            Query("sum (reactor_outbox_overdue{@})", "overdue"),
            width=8,
        ),
        bars(
            "What came of decisions",
            "Outcomes by result and reason. Unknown is what is tried again.",
            Query(
                f"sum by (result, why) (increase(reactor_outcomes_total{{@}}{RATE})) > 0",
                "{{result}}, {{why}}",
            ),
            width=8,
        ),
        bars(
            "Calls to the engine",
            "Calls on behalf of decisions by what came back, and tries beyond the first.",
            Query(
                f"sum by (call, status) (increase(reactor_engine_calls_total{{@}}{RATE})) > 0",
                "{{call}} {{status}}",
            ),
            Query(f"sum (increase(reactor_retries_total{{@}}{RATE}))", "retries"),
            width=8,
        ),
        lines(
            "Budgets",
            "Tokens that are left in the emptiest budget of each kind, of those in a full one.",
            Query("min by (budget) (reactor_budget_tokens{@})", "{{budget}}"),
            Query("min by (budget) (reactor_budget_tokens_max{@})", "limit: {{budget}}"),
            dashed="limit: .*",
            width=8,
        ),
        lines(
            "Held back",
            "Runs that would be ended and wait: for a budget or the breaker, or for an acknowledgement of "
            "new rules.",
            Query("sum (reactor_brakes_waiting{@})", "brakes"),
            Query("sum (reactor_gate_held{@})", "gate"),
            Query("sum (reactor_silences{@})", "silences in force"),
            width=8,
        ),
        bars(
            "Direct ends",
            "Runs that were ended or frozen by the kernel before the engine was asked.",
            Query(
                f"sum by (how, outcome) (increase(reactor_contained_total{{@}}{RATE})) > 0",
                "{{how}}: {{outcome}}",
            ),
            width=8,
        ),
    )
