"""Readings and snapshots for the tests of this room."""

from reactor.core.container import ContainerId
from reactor.core.language.thresholds import Threshold
from reactor.core.protection import Standing
from reactor.observe.crowd import Crowd
from reactor.observe.own import Collections, OwnCost
from reactor.observe.readings import ContainerReading, Near, Readings, RuleReading
from reactor.observe.snapshot import Captured, MetricSnapshot, collect
from reactor.observe.tally import Exemplar, Tally

AT = 1_795_262_400.25
STARTED = AT - 3600
OWN = OwnCost(
    cpu=12.5,
    memory=52_428_800,
    threads=3,
    open_fds=21,
    open_fds_max=1024,
    lane_cpu=1.5,
    lane_memory=20_000_000,
    gc=(Collections("0", 70, 700), Collections("2", 3, 30)),
)


def container_id(number: int) -> ContainerId:
    """A full id."""
    return ContainerId(f"{number:064x}")


def reading(number: int, *, name: str | None = None, image: str = "busybox:1") -> ContainerReading:
    """A container of which everything is known."""
    return ContainerReading(
        id=container_id(number),
        name=f"task-{number}" if name is None else name,
        image=image,
        standing=Standing.MAIN,
        threads=number,
        threads_max=256,
        memory=1_048_576 * number,
        memory_limit=8 * 1024**3,
        cpu=number / 8,
        uptime=60.5 + number,
        began=AT - 60.5 - number,
        zombies=number + 1,
        layer=1000 * number,
        state="running",
        health="healthy",
        restarts=number + 2,
        oom_kills=number + 3,
        cores=number / 16,
        cores_max=1.5,
        created=AT - 100 - number,
        read_at=AT - 0.5,
        near=(Near("safety/pids", "only", "kill", number / 200),),
    )


def rule(name: str, unknown: int = 0) -> RuleReading:
    """A rule of which everything is known."""
    return RuleReading(
        name=name,
        level="only",
        action="kill",
        severity="critical",
        team="core",
        state="enabled",
        selected=9,
        matching=1,
        unknown=unknown,
        thresholds=(Threshold("pids", ">", "count", 200.0), Threshold("memory", ">", "ratio", 0.8)),
        near=0.75,
        judging=1.5e-6,
    )


def readings() -> Readings:
    """A moment in which every present value is known, each its own number."""
    return Readings(
        at=AT,
        version="0.1.0",
        ready=True,
        may_kill=True,
        rules_loaded=4,
        rules=(rule("safety/pids", unknown=2), rule("safety/memory")),
        rules_read=AT - 3000,
        budgets={"host": (119.5, 120.0), "hard": (200.0, 200.0)},
        events_up=True,
        last_facts={"samples": AT - 0.25, "events": AT - 2},
        stats_streams=5,
        stats_shed=3,
        containment_held=3,
        lane_up=True,
        lane_runs=4,
        lane_bells=1,
        lane_busy=0.005,
        lane_late=0.002,
        kernel_log=True,
        kernel_mode={"write": 1, "read-only": 0, "none": 0},
        engine_capabilities={"oom-events": 0, "limit-updates": 1},
        kernel_abilities={"read": 1, "kernel-log": 0},
        kernel_lacks={"kernel-log": ("Permission denied", "CAP_SYSLOG")},
        stale_samples=1,
        host_memory_known=True,
        host_memory_available=3_000_000_000,
        owners={("lease", "alive"): 3, ("file", "unknown"): 1},
        leases={"held": 4, "over": 2, "given-up": 1},
        sidecars={("postgres", "ready"): 3, ("postgres", "failed"): 1},
        lease_connections=2,
        outbox_queued=6,
        outbox_in_flight=7,
        outbox_wedged=5,
        outbox_unreachable=3,
        outbox_beside=12,
        outbox_overdue=11,
        journal_queued=9,
        journal_healthy=True,
        journal_commit=0.004,
        recording_healthy=True,
        last_event=AT - 2,
        last_reconcile=AT - 9.5,
        canary_interval=300.0,
        canary_success=AT - 33,
        canary_excused=AT - 999,
        spans_queued=17,
    )


def busy_tally() -> Tally:
    """A tally in which every metric has a number."""
    tally = Tally()
    labels = {"rule": "safety/pids", "action": "kill"}
    tally.count("reactor_decisions_total", dry_run=False, **labels)
    tally.count("reactor_decisions_total", 2, dry_run=True, **labels)
    tally.count("reactor_rule_matches_total", 3, rule="safety/pids")
    tally.count("reactor_rule_holds_total", rule="safety/pids")
    tally.count("reactor_rule_defects_total", rule="safety/pids")
    tally.count("reactor_gate_openings_total", how="counted")
    tally.count("reactor_budget_shortages_total", budget="host")
    tally.count("reactor_comebacks_total", by="swarm")
    tally.count("reactor_outcomes_total", action="kill", result="done", why="ended")
    tally.count("reactor_oom_events_total", 3, told_by="engine")
    tally.count("reactor_kernel_oom_kills_total", 2, result="foreign")
    tally.count("reactor_exits_total", 4, cause="oom")
    tally.count("reactor_contained_total", how="pidfd", outcome="ended")
    tally.count("reactor_blind_seconds_total", 1.25)
    tally.count("reactor_rules_reloads_total", result="success")
    tally.count("reactor_stream_reconnects_total", stream="events")
    tally.count("reactor_exports_total", signal="metrics", result="ok")
    tally.count("reactor_scrapes_total", 3, format="text")
    tally.count("reactor_spans_total", 5, result="sent")
    tally.count("reactor_log_records_total", 2, result="sent")
    tally.count("reactor_facts_total", 6, source="samples")
    tally.count("reactor_step_seconds_total", 0.125, source="samples")
    tally.count("reactor_kills_total", 2, rule="safety/pids", action="kill", team="core")
    tally.count("reactor_engine_calls_total", 4, call="kill", status="2xx")
    tally.observe("reactor_engine_call_duration_seconds", 0.02, call="kill")
    tally.count("reactor_reconcile_found_total", what="adopted")
    tally.count("reactor_canary_runs_total", result="ended")
    tally.count("reactor_canary_failures_total", reason="late")
    tally.count("reactor_sidecar_failures_total", template="postgres", why="image")
    tally.observe("reactor_sidecar_ready_seconds", 2.5, template="postgres")
    tally.count("reactor_web_refused_total", reason="host")
    tally.count("reactor_web_defects_total")
    tally.reach("reactor_web_config_reloads_total", 1, result="success")
    tally.observe("reactor_canary_duration_seconds", 0.125)
    tally.observe("reactor_rendering_duration_seconds", 0.25, export="scrape")
    exemplar = Exemplar(0.75, AT - 5, "0123456789abcdef", "0123456789abcdef0123456789abcdef")
    tally.observe("reactor_breach_duration_seconds", 0.75, exemplar, rule="safety/pids")
    tally.observe("reactor_breach_duration_seconds", 0.76, rule="safety/pids")
    for name in ("call_delay", "death_delay", "whole_duration"):
        tally.observe(f"reactor_{name}_seconds", 0.75, exemplar, action="kill")
    tally.count("reactor_layer_measures_total", result="done")
    tally.count("reactor_layer_measuring_seconds_total", 0.5)
    tally.count("reactor_owners_gone_total", kind="lease")
    tally.count("reactor_orphans_ended_total", standing="main")
    tally.count("reactor_lease_events_total", 7, event="renewed")
    tally.count("reactor_metric_overflows_total", metric="none")
    tally.reach("reactor_events_received_total", 1234)
    for seconds in (0.0005, 0.027, 0.027, 1.0, 61.0):
        tally.observe("reactor_kill_duration_seconds", seconds, action="kill")
    tally.observe("reactor_loop_lag_seconds", 0.002)
    return tally


def captured(*containers: ContainerReading, tally: Tally | None = None) -> Captured:
    """A moment in which everything is known, and there are these containers."""
    return Captured(readings(), (tally or busy_tally()).freeze(), STARTED, Crowd(containers))


def snapshot(*numbers: int) -> MetricSnapshot:
    """Everything, and these containers."""
    return collect(captured(*(reading(number) for number in numbers)), OWN)
