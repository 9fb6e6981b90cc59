"""The board *Fleet*: what is watched, who is near a limit, what was ended and why."""

from tools.boards.layout import Row, board
from tools.boards.panels import (
    GREEN,
    RED,
    YELLOW,
    Json,
    Panel,
    Query,
    bars,
    gauge_cell,
    lines,
    linked_cell,
    number,
    table,
)

UID = "reactor-fleet"
CONTAINER = "/d/reactor-container?" + "&".join(
    f"${{{name}:queryparam}}" for name in ("datasource", "job", "instance", "engine")
)
NAMED = "* on (job, instance, engine, container_id) group_left (container_name) reactor_container_info{@}"
CORES = "suffix: cores"
NEAR = ((None, GREEN), (0.8, YELLOW), (1.0, RED))
IN_RANGE = "in the span that is shown"
ENDING = 'action=~"kill|stop|restart|remove", dry_run="false"'
"""Of what is near a rule, what would end somebody: neither a remark nor a rule that only says so."""
RATE = "[$__rate_interval]"
OTHERS = 'rule!="canary"'
"""Canaries are sent to be ended, and have panels of their own."""


def fleet() -> Json:
    """The whole board."""
    return board(
        UID,
        "reactor / Fleet",
        "What the monitors watch, which containers are near a limit, what was ended and why.",
        [
            Row("At a glance", (*_states(), *_sums()), 4),
            Row("Who is near a limit", _near(), 9),
            Row("What was ended, and why", _ended(), 8),
            Row("Rules", _rules(), 8),
            Row("What they use", _use(), 8),
        ],
    )


def _states() -> tuple[Panel, ...]:
    return (
        number(
            "Containers",
            "Living containers by standing: main and sidecar are in scope, the others are left alone.",
            Query("sum by (standing) (reactor_containers{@})", "{{standing}}"),
            width=8,
        ),
        number(
            "Rules in force",
            "Rules that the monitors judge by.",
            Query("sum (reactor_rules_loaded{@})"),
            width=3,
        ),
        number(
            "Nearest to a limit",
            "How near the nearest container is to a rule that would end it: 100 % is at it.",
            Query(f"max (reactor_container_threshold_ratio{{@, {ENDING}}})"),
            unit="percentunit",
            steps=NEAR,
        ),
    )


def _sums() -> tuple[Panel, ...]:
    return (
        number(
            "Ended",
            f"Runs that rules ended, verified, {IN_RANGE}. Canaries are not among them.",
            Query(f"sum (increase(reactor_kills_total{{@, {OTHERS}}}[$__range]))", now=True),
            width=3,
            defaults={"decimals": 0},
        ),
        number(
            "OOM kills",
            f"Kills by the kernel for want of memory, {IN_RANGE}.",
            Query("sum (increase(reactor_oom_events_total{@}[$__range]))", now=True),
            width=3,
            steps=((None, GREEN), (1, YELLOW)),
            defaults={"decimals": 0},
        ),
        number(
            "Held back",
            "Runs that would be ended, and wait: for a budget, the breaker, or an acknowledgement.",
            Query("sum (reactor_brakes_waiting{@} + reactor_gate_held{@})"),
            width=3,
            steps=((None, GREEN), (1, YELLOW)),
        ),
    )


def _near() -> tuple[Panel, ...]:
    link = linked_cell(
        "Container", "This container", f"{CONTAINER}&var-container=${{__data.fields.container_id}}"
    )
    return (
        table(
            "Nearest to a limit",
            "The twenty containers that are nearest to a rule which would end them, and that rule.",
            Query(f"topk (20, reactor_container_threshold_ratio{{@, {ENDING}}} {NAMED})", now=True),
            unit="percentunit",
            columns={"container_name": "Container", "rule": "Rule", "level": "Level", "engine": "Engine"},
            value="Near",
            steps=NEAR,
            overrides=(gauge_cell("Near"), link),
        ),
        lines(
            "Nearest over time",
            "How near the ten nearest containers came to a rule. At 100 % the rule acts.",
            Query(
                f"topk (10, reactor_container_threshold_ratio{{@, {ENDING}}} {NAMED})",
                "{{container_name}} {{rule}}",
            ),
            unit="percentunit",
            steps=NEAR,
            custom={"thresholdsStyle": {"mode": "line"}},
            defaults={"min": 0},
        ),
    )


def _ended() -> tuple[Panel, ...]:
    return (
        bars(
            "Ended by rule",
            "Runs that were ended and verified to be over, by the rule that decided.",
            Query(
                f"sum by (rule, action) (increase(reactor_kills_total{{@, {OTHERS}}}{RATE})) > 0",
                "{{rule}} {{action}}",
            ),
        ),
        table(
            "Ended by rule and team",
            f"The same, added up {IN_RANGE}.",
            Query(
                f"sum by (rule, action, team) (increase(reactor_kills_total{{@, {OTHERS}}}[$__range])) > 0",
                now=True,
            ),
            columns={"rule": "Rule", "action": "Action", "team": "Team"},
            value="Runs",
            defaults={"decimals": 0},
        ),
        bars(
            "Decisions, and what was only said",
            "Decisions by rule; a dry run is one that is said and not carried out.",
            Query(
                f"sum by (rule, dry_run) (increase(reactor_decisions_total{{@, {OTHERS}}}{RATE})) > 0",
                "{{rule}} dry run: {{dry_run}}",
            ),
            width=8,
        ),
        bars(
            "How runs ended",
            "All runs that ended, by what is known of the cause: by reactor, by themselves, for want of "
            "memory.",
            Query("sum by (cause) (increase(reactor_exits_total{@}[$__rate_interval]))", "{{cause}}"),
            width=8,
        ),
        bars(
            "OOM kills and orphans",
            "Kills by the kernel for want of memory, by who told of them; and what was ended because it "
            "had lost its owner or its main.",
            Query(
                "sum by (told_by) (increase(reactor_oom_events_total{@}[$__rate_interval]))",
                "OOM, told by {{told_by}}",
            ),
            Query(
                "sum by (standing) (increase(reactor_orphans_ended_total{@}[$__rate_interval]))",
                "orphan: {{standing}}",
            ),
            width=8,
        ),
    )


def _rules() -> tuple[Panel, ...]:
    return (
        table(
            "State of the rules",
            "Each rule and the state that it is in. Held: by the gate or by its limit. Unknown: it can be "
            "judged for nobody. Disabled: out of force by a defect.",
            Query("sum by (rule, level, state) (reactor_rule_state{@}) > 0", now=True),
            columns={"rule": "Rule", "level": "Level", "state": "State"},
            value="Monitors",
        ),
        lines(
            "Nearest by rule",
            "How near the nearest run is to each rule. At 100 % it acts; of rules without a number "
            "nothing is shown.",
            Query("max by (rule, level) (reactor_rule_threshold_ratio{@})", "{{rule}} {{level}}"),
            unit="percentunit",
            defaults={"min": 0},
        ),
        lines(
            "Matching",
            "Runs for which the condition of a rule holds at present, whether or not it acts on it.",
            Query("sum by (rule) (reactor_rule_matching{@})", "{{rule}}"),
        ),
        lines(
            "Not judged",
            "Runs for which a rule cannot be judged, for want of a reading or of a limit. It does not act "
            "on them.",
            Query("sum by (rule) (reactor_rule_unknown{@})", "{{rule}}"),
        ),
    )


def _use() -> tuple[Panel, ...]:
    return (
        lines(
            "PIDs",
            "The ten containers with the most processes and threads.",
            Query(f"topk (10, container_threads{{@}} {NAMED})", "{{container_name}}"),
            width=8,
        ),
        lines(
            "Memory",
            "The ten containers with the largest working set.",
            Query(f"topk (10, container_memory_working_set_bytes{{@}} {NAMED})", "{{container_name}}"),
            unit="bytes",
            width=8,
        ),
        lines(
            "CPU",
            "The ten containers that use the most cores.",
            Query(f"topk (10, container_cpu_usage{{@}} {NAMED})", "{{container_name}}"),
            unit=CORES,
            width=8,
        ),
        lines(
            "All together",
            "Processes and threads of all containers in scope.",
            Query(
                "sum (container_threads{@} * on (job, instance, engine, container_id) "
                'reactor_container_info{@, standing=~"main|sidecar"})',
                "PIDs",
            ),
        ),
        lines(
            "Memory of all, and what the host has left",
            "The working set of all containers in scope, and what the kernel calls available, where a "
            "rule asks for it.",
            Query(
                "sum (container_memory_working_set_bytes{@} * on (job, instance, engine, container_id) "
                'reactor_container_info{@, standing=~"main|sidecar"})',
                "containers in scope",
            ),
            Query("max by (instance) (reactor_host_memory_available_bytes{@})", "available on {{instance}}"),
            unit="bytes",
        ),
    )
