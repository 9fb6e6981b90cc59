"""What is decided, what holds decisions back, and what befell runs without us."""

from reactor.observe.names import Kind
from reactor.observe.rows.row import Row

_C, _U, _G, _H = Kind.COUNTER, Kind.UPDOWN, Kind.GAUGE, Kind.HISTOGRAM

DECISIONS = (
    Row("reactor.containers", "{container}", _U, "reactor_containers", "Living containers.", ("standing",)),
    Row(
        "reactor.dry_run", "", _G, "reactor_dry_run",
        "1 while the whole monitor runs dry: nothing is done, and all is said.",
    ),
    Row(
        "reactor.gate.held", "{container}", _U, "reactor_gate_held",
        "Containers that new rules would act on, while they are held back because these are too many.",
    ),
    Row(
        "reactor.hold", "{hold}", _U, "reactor_hold",
        "1 while an operator holds the monitor: nothing is done, and all is said.",
    ),
    Row(
        "reactor.silences", "{silence}", _U, "reactor_silences",
        "Silences in force: containers and rules that an operator exempted for a time.",
    ),
    Row(
        "reactor.breaker.open", "{breaker}", _U, "reactor_breaker_open",
        "Breakers that are open: one for all together, and one for each owner.",
    ),
    Row(
        "reactor.brakes.waiting", "{container}", _U, "reactor_brakes_waiting",
        "Containers that would be ended, and wait for a token of a budget or for the breaker.",
    ),
    Row(
        "reactor.breaker.openings", "{opening}", _C, "reactor_breaker_openings_total",
        "Times that a breaker opened, since too many runs matched within a while.",
    ),
    Row(
        "reactor.budget.tokens", "{token}", _G, "reactor_budget_tokens",
        "Tokens left in the emptiest budget of a kind: rule, owner, host or hard. Absent where nobody is "
        "held back.",
        ("budget",),
    ),
    Row(
        "reactor.budget.tokens.max", "{token}", _G, "reactor_budget_tokens_max",
        "Tokens in a full budget of a kind.",
        ("budget",),
    ),
    Row(
        "reactor.budget.shortages", "{shortage}", _C, "reactor_budget_shortages_total",
        "Times that a budget came to have no token left, by kind: rule, owner, host or hard.", ("budget",),
    ),
    Row(
        "reactor.comebacks", "{end}", _C, "reactor_comebacks_total",
        "Ends of containers that an orchestrator had brought back in the place of one that was ended.",
        ("by",),
    ),
    Row(
        "reactor.gate.holds", "{hold}", _C, "reactor_gate_holds_total",
        "Times that new rules were said to match too many runs and to wait for an acknowledgement.",
    ),
    Row(
        "reactor.gate.openings", "{opening}", _C, "reactor_gate_openings_total",
        "Times that new rules came into force: 'counted' to be within bounds, or 'acknowledged'.", ("how",),
    ),
    Row(
        "reactor.decisions", "{decision}", _C, "reactor_decisions_total",
        "Decisions that a run should be ended.", ("rule", "action", "dry_run"),
    ),
    Row(
        "reactor.oom.events", "{event}", _C, "reactor_oom_events_total",
        "OOM kills in containers, each counted once, by who told of it first: engine, kernel-log, counter of "
        "its cgroup, or host: the kernel's log, where the whole host was short of memory.", ("told_by",),
    ),
    Row(
        "reactor.exits", "{run}", _C, "reactor_exits_total",
        "Runs that ended, by the cause that is known for it; without canaries.", ("cause",),
    ),
    Row(
        "reactor.ended_unseen", "{run}", _C, "reactor_ended_unseen_total",
        "Runs that ended while nobody watched and whose exit code nobody knows any more.",
    ),
    Row(
        "reactor.breach.duration", "s", _H, "reactor_breach_duration_seconds",
        "From the first evidence of a breach to the decision; a rule's 'for' is part of it.", ("rule",),
    ),
)  # fmt: skip
