"""From which field of a reading each row of the table has its number.

Only the drawing of numbers is here, one line for each row; putting them together is the business of
``snapshot``. None is unknown, and gets no series.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from reactor.observe.own import OwnCost
from reactor.observe.readings import Readings, RuleReading
from reactor.observe.tally import Labels
from reactor.observe.text import plain

Number = int | float

RULE_STATES = ("enabled", "dry-run", "held", "silenced", "unknown", "disabled")
"""What a rule can be, one at a time."""

OF_RULE: Mapping[str, Callable[[RuleReading], Number | None]] = MappingProxyType(
    {
        "reactor_rule_selected": lambda one: one.selected,
        "reactor_rule_matching": lambda one: one.matching,
        "reactor_rule_threshold_ratio": lambda one: one.near,
        "reactor_rule_evaluation_seconds": lambda one: one.judging,
    }
)

OF_READINGS: Mapping[str, Callable[[Readings], Number | None]] = MappingProxyType(
    {
        "reactor_rules_loaded": lambda now: now.rules_loaded,
        "reactor_rules_reload_successful": lambda now: int(now.reload_successful),
        "reactor_rules_last_reload_success_timestamp_seconds": lambda now: now.rules_read,
        "reactor_dry_run": lambda now: int(now.dry_run),
        "reactor_gate_held": lambda now: now.gate_held,
        "reactor_hold": lambda now: int(now.held),
        "reactor_silences": lambda now: now.silences,
        "reactor_breaker_open": lambda now: now.breakers_open,
        "reactor_brakes_waiting": lambda now: now.brakes_waiting,
        "reactor_outbox_queued": lambda now: now.outbox_queued,
        "reactor_outbox_in_flight": lambda now: now.outbox_in_flight,
        "reactor_outbox_quarantined": lambda now: now.outbox_quarantined,
        "reactor_outbox_wedged": lambda now: now.outbox_wedged,
        "reactor_outbox_unreachable": lambda now: now.outbox_unreachable,
        "reactor_outbox_beside": lambda now: now.outbox_beside,
        "reactor_outbox_overdue": lambda now: now.outbox_overdue,
        "reactor_containment_held": lambda now: now.containment_held,
        "reactor_lease_connections": lambda now: now.lease_connections,
        "reactor_ready": lambda now: int(now.ready),
        "reactor_may_kill": lambda now: _truth(now.may_kill),
        "reactor_events_up": lambda now: int(now.events_up),
        "reactor_stats_streams": lambda now: now.stats_streams,
        "reactor_stats_shed": lambda now: now.stats_shed,
        "reactor_lane_up": lambda now: _truth(now.lane_up),
        "reactor_lane_runs": lambda now: now.lane_runs,
        "reactor_lane_bells": lambda now: now.lane_bells,
        "reactor_lane_busy": lambda now: now.lane_busy,
        "reactor_lane_late_seconds": lambda now: now.lane_late,
        "reactor_kernel_log_up": lambda now: _truth(now.kernel_log),
        "reactor_stale_samples": lambda now: now.stale_samples,
        "reactor_host_memory_known": lambda now: _truth(now.host_memory_known),
        "reactor_host_memory_available_bytes": lambda now: now.host_memory_available,
        "reactor_last_event_timestamp_seconds": lambda now: now.last_event,
        "reactor_last_reconcile_timestamp_seconds": lambda now: now.last_reconcile,
        "reactor_journal_queued": lambda now: now.journal_queued,
        "reactor_journal_healthy": lambda now: _truth(now.journal_healthy),
        "reactor_journal_commit_seconds": lambda now: now.journal_commit,
        "reactor_recording_healthy": lambda now: _truth(now.recording_healthy),
        "reactor_canary_interval_seconds": lambda now: now.canary_interval,
        "reactor_canary_last_success_timestamp_seconds": lambda now: now.canary_success,
        "reactor_canary_excused_timestamp_seconds": lambda now: now.canary_excused,
        "reactor_spans_queued": lambda now: now.spans_queued,
    }
)

OF_LABELS: Mapping[str, Callable[[Readings], Mapping[Labels, Number]]] = MappingProxyType(
    {
        "reactor_owners": lambda now: {(kind, known): count for (kind, known), count in now.owners.items()},
        "reactor_leases": lambda now: _by(now.leases),
        "reactor_sidecars": lambda now: {
            (plain(template), state): count for (template, state), count in now.sidecars.items()
        },
        "reactor_kernel_mode": lambda now: _by(now.kernel_mode),
        "reactor_engine_capability": lambda now: _by(now.engine_capabilities),
        "reactor_kernel_ability": lambda now: _by(now.kernel_abilities),
        "reactor_kernel_lack": lambda now: {
            (name, plain(why), plain(grant)): 1 for name, (why, grant) in now.kernel_lacks.items()
        },
        "reactor_last_fact_timestamp_seconds": lambda now: _by(now.last_facts),
        "reactor_budget_tokens": lambda now: {(kind,): left for kind, (left, _) in now.budgets.items()},
        "reactor_budget_tokens_max": lambda now: {(kind,): most for kind, (_, most) in now.budgets.items()},
        "reactor_rule_unknown": lambda now: {(plain(name),): n for name, n in now.rule_unknown.items()},
        "reactor_rule_info": lambda now: {
            (*key, one.action, one.severity, plain(one.team)): 1 for key, one in _rules(now)
        },
        "reactor_rule_state": lambda now: {
            (*key, state): int(state == one.state) for key, one in _rules(now) for state in RULE_STATES
        },
        "reactor_rule_threshold": lambda now: {
            (*key, plain(each.field), each.sign, each.unit): each.value
            for key, one in _rules(now)
            for each in one.thresholds
        },
    }
)

OF_OURSELVES: Mapping[str, Callable[[OwnCost], Number | None]] = MappingProxyType(
    {
        "process_cpu_time_seconds_total": lambda own: own.cpu,
        "process_memory_usage_bytes": lambda own: own.memory,
        "process_threads": lambda own: own.threads,
        "process_open_fds": lambda own: own.open_fds,
        "process_open_fds_max": lambda own: own.open_fds_max,
        "reactor_lane_cpu_time_seconds_total": lambda own: own.lane_cpu,
        "reactor_lane_memory_usage_bytes": lambda own: own.lane_memory,
    }
)


def of_rules(now: Readings) -> Iterator[tuple[str, Mapping[Labels, Number]]]:
    """The rows that have one number for each level of each rule."""
    for name, read in OF_RULE.items():
        yield name, {key: value for key, one in _rules(now) if (value := read(one)) is not None}


def _rules(now: Readings) -> Iterator[tuple[Labels, RuleReading]]:
    return (((plain(one.name), one.level), one) for one in now.rules)


def _truth(value: bool | None) -> int | None:
    return None if value is None else int(value)


def _by(counts: Mapping[str, Number]) -> Mapping[Labels, Number]:
    return {(key,): value for key, value in counts.items()}
