"""The board *Container*: one container, with the numbers of the rules drawn into its curves."""

from tools.boards.fleet import CORES, ENDING, NEAR, OTHERS
from tools.boards.layout import Row, annotation, board, variable
from tools.boards.panels import GREEN, RED, YELLOW, Json, Panel, Query, lines, number, table

UID = "reactor-container"
ONE = '@, container_id=~"$container"'
INFO = f"reactor_container_info{{{ONE}}}"
LIMITS = "limit: .*|rule .*"
"""The names of the series that are limits, and drawn dashed."""


def container() -> Json:
    """The whole board."""
    chosen = variable(
        "container",
        "Container",
        'query_result(reactor_container_info{job=~"$job", instance=~"$instance", engine=~"$engine"})',
        regex='/container_id="(?<value>[^"]+)".*container_name="(?<text>[^"]+)"/',
        multi=False,
        includeAll=False,
        allValue=None,
        current={},
    )
    return board(
        UID,
        "reactor / Container",
        "One container: what it uses, how far it is from the limits of the rules, and what was decided "
        "meanwhile.",
        [
            Row("Now", _now(), 4),
            Row("Limits", _limits(), 9),
            Row("More", _more(), 7),
        ],
        [chosen],
        [_decisions(), _ooms()],
    )


def _decisions() -> Json:
    now = f"sum by (rule, action, dry_run) (reactor_decisions_total{{@, {OTHERS}}})"
    before = f"sum by (rule, action, dry_run) (reactor_decisions_total{{@, {OTHERS}}} offset $__interval)"
    expr = f"{now} - {before} > 0 or {now} unless {before}"
    return annotation("Decisions of this monitor", expr, "{{rule}}", "{{action}}, dry run: {{dry_run}}", RED)


def _ooms() -> Json:
    expr = "sum by (told_by) (increase(reactor_oom_events_total{@}[$__interval])) > 0"
    return annotation("OOM kills on this monitor", expr, "OOM kill", "told by {{told_by}}", YELLOW)


def _now() -> tuple[Panel, ...]:
    return (
        number(
            "Container",
            "Its name, its image, and whether it is in scope: main and sidecar are.",
            Query(INFO, "{{container_name}}, {{container_image_name}}, {{standing}}"),
            width=7,
            text="name",
        ),
        number(
            "State",
            "What the engine says it is doing.",
            Query(f"container_state{{{ONE}}}", "{{state}}"),
            text="name",
            width=3,
        ),
        number(
            "Age", "How long its present run lasts.", Query(f"container_uptime_seconds{{{ONE}}}"), unit="s"
        ),
        number(
            "Nearest rule",
            "How near it is to the nearest of the rules that would end it. At 100 % that one acts.",
            Query(f"reactor_container_threshold_ratio{{{ONE}, {ENDING}}}", "{{rule}}"),
            unit="percentunit",
            steps=NEAR,
            text="value_and_name",
        ),
        number(
            "OOM kills",
            "Kills by the kernel in its present run.",
            Query(f"container_oom_kills{{{ONE}}}"),
            width=3,
            steps=((None, GREEN), (1, RED)),
        ),
        number("Restarts", "Restarts by its policy.", Query(f"container_restarts_total{{{ONE}}}"), width=3),
    )


def _limits() -> tuple[Panel, ...]:
    return (
        lines(
            "PIDs",
            "Processes and threads, the hard limit of the container, and the numbers of the rules in "
            "force, a percentage where it lies for this container; some may be for other containers.",
            Query(f"container_threads{{{ONE}}}", "PIDs"),
            Query(f"container_threads_max{{{ONE}}}", "limit: hard"),
            Query(_numbers("pids", "count"), "rule {{rule}} {{level}}"),
            Query(_shares("pids", "container_threads_max"), "rule {{rule}} {{level}}"),
            dashed=LIMITS,
            defaults={"min": 0},
        ),
        lines(
            "Memory",
            "The working set, the limit of the container, and the numbers of the rules: a percentage is "
            "drawn where it lies for this container.",
            Query(f"container_memory_working_set_bytes{{{ONE}}}", "working set"),
            Query(f"container_memory_limit_bytes{{{ONE}}}", "limit: hard"),
            Query(_shares("memory", "container_memory_limit_bytes"), "rule {{rule}} {{level}}"),
            Query(_numbers("memory", "bytes"), "rule {{rule}} {{level}}"),
            unit="bytes",
            dashed=LIMITS,
            defaults={"min": 0},
        ),
        lines(
            "CPU",
            "Cores in use, the limit of the container, and the numbers of the rules.",
            Query(f"container_cpu_usage{{{ONE}}}", "cores"),
            Query(f"container_cpu_limit{{{ONE}}}", "limit: hard"),
            Query(_numbers("cpu", "cores"), "rule {{rule}} {{level}}"),
            unit=CORES,
            dashed=LIMITS,
            defaults={"min": 0},
        ),
        lines(
            "Age",
            "How long its run lasts, and the ages in the rules in force; some may be for other containers.",
            Query(f"container_uptime_seconds{{{ONE}}}", "age"),
            Query(_numbers("age", "seconds"), "rule {{rule}} {{level}}"),
            unit="s",
            dashed=LIMITS,
            defaults={"min": 0},
        ),
    )


def _numbers(field: str, unit: str) -> str:
    """What the rules in force compare a field with, for as long as the container is there."""
    rules = f'reactor_rule_threshold{{@, field="{field}", unit="{unit}"}}'
    return f"{rules} * on (job, instance, engine) group_left () {INFO}"


def _shares(field: str, limit: str) -> str:
    """The same where a rule says it as a percentage of the container's own limit."""
    rules = f'reactor_rule_threshold{{@, field="{field}", unit="ratio"}}'
    return f"{rules} * on (job, instance, engine) group_left () {limit}{{{ONE}}}"


def _more() -> tuple[Panel, ...]:
    return (
        lines(
            "Nearness",
            "How near it is to the nearest rule that would end it, over time.",
            Query(f"reactor_container_threshold_ratio{{{ONE}, {ENDING}}}", "{{rule}} {{level}}"),
            unit="percentunit",
            steps=NEAR,
            width=8,
            custom={"thresholdsStyle": {"mode": "line"}},
            defaults={"min": 0},
        ),
        lines(
            "Zombies and OOM kills",
            "Processes that ended and that nobody reaped, where a rule reads them; and kills by the "
            "kernel in this run.",
            Query(f"container_zombies{{{ONE}}}", "zombies"),
            Query(f"container_oom_kills{{{ONE}}}", "OOM kills"),
            width=8,
        ),
        lines(
            "Age of the last reading",
            "How old the last reading of its resources is. Rules do not act on one that is too old.",
            Query(f"time() - container_sample_timestamp_seconds{{{ONE}}}", "age of the reading"),
            unit="s",
            width=8,
        ),
        table(
            "Numbers of the rules",
            "What the rules in force compare with: bytes, seconds, cores, a count, or a ratio of the "
            "container's own limit.",
            Query("sum by (rule, level, field, sign, unit) (reactor_rule_threshold{@})", now=True),
            width=16,
            unit="none",
            columns={"rule": "Rule", "level": "Level", "field": "Field", "sign": "Sign", "unit": "Unit"},
            value="Number",
        ),
        lines(
            "CPU time",
            "CPU time that it uses per second, as the kernel adds it up.",
            Query(f"rate(container_cpu_time_seconds_total{{{ONE}}}[$__rate_interval])", "CPU time"),
            unit=CORES,
            width=8,
        ),
    )
