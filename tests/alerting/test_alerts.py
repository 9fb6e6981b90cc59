"""From a rule file to alerts: what is said, what is left out; nobody's words become anything else."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import pytest
from ruamel.yaml import YAML

from reactor.alerting import Alert, LeftOut, Settings, alerts_of, rule_file
from reactor.alerting.alerts import plain_text
from reactor.ruleset import parse

JOIN = (
    "* on (job, instance, engine, container_id) group_left (container_name, container_image_name) "
    'reactor_container_info{standing=~"main|sidecar"}'
)
SAME = "on (job, instance, engine, container_id)"
IN_FORCE = (
    "unless on (job, instance, engine) "
    '(reactor_rule_state{rule="g/r", level="only", state=~"dry-run|silenced"} == 1)'
)
"""What is left where it is on purpose is beyond nothing."""
USUAL = "groups: [{{name: g, rules: [{{name: r, when: '{when}'}}]}}]"


def made(text: str, settings: Settings | None = None) -> list[Alert | LeftOut]:
    return list(alerts_of(parse(text).rules, settings or Settings()))


def near_and_beyond(when: str) -> tuple[str, str]:
    """The expressions of the two alerts of a rule with this condition, without their join."""
    near, beyond = made(USUAL.format(when=when))
    assert isinstance(near, Alert)
    assert isinstance(beyond, Alert)
    assert near.expr.endswith(JOIN)
    assert beyond.expr.endswith(f"{JOIN} {IN_FORCE}")
    return tuple(each.expr.partition(f" {JOIN}")[0][1:-1] for each in (near, beyond))  # type: ignore[return-value]  # There are two.


def left_out(text: str) -> str:
    (found,) = made(text)
    assert isinstance(found, LeftOut)
    return found.why


@pytest.mark.parametrize(
    ("when", "near", "beyond"),
    [
        ("pids > 200", "container_threads > 180", "container_threads > 200"),
        ("200 < pids", "container_threads > 180", "container_threads > 200"),
        ("pids >= 15", "container_threads >= 13.5", "container_threads >= 15"),
        ("age > 12h", "container_uptime_seconds > 38880", "container_uptime_seconds > 43200"),
        (
            "memory > 1GiB",
            "container_memory_working_set_bytes > 966367641.6",
            "container_memory_working_set_bytes > 1073741824",
        ),
        (
            "memory > 80%",
            "container_memory_working_set_bytes / container_memory_limit_bytes > 0.72",
            "container_memory_working_set_bytes / container_memory_limit_bytes > 0.8",
        ),
        ("cpu > 1.5", "container_cpu_usage > 1.35", "container_cpu_usage > 1.5"),
        ("zombies > 20", "container_zombies > 18", "container_zombies > 20"),
        (
            "pids > 100 && age > 10m",
            f"(container_threads > 90) and {SAME} (container_uptime_seconds > 540)",
            f"(container_threads > 100) and {SAME} (container_uptime_seconds > 600)",
        ),
        (
            "pids > 100 || memory > 1kB && pids < 5",
            (
                f"(container_threads > 90) or {SAME} ((container_memory_working_set_bytes > 900) and {SAME} "
                "(container_threads < 5))"
            ),
            (
                f"(container_threads > 100) or {SAME} ((container_memory_working_set_bytes > 1000) "
                f"and {SAME} (container_threads < 5))"
            ),
        ),
        ("!(pids <= 100)", "container_threads > 90", "container_threads > 100"),
    ],
)
def test_conditions_in_promql(when: str, near: str, beyond: str) -> None:
    """Bounds that are reached by growing are taken at 90 % for what is near; others stay as they are."""
    assert near_and_beyond(when) == (near, beyond)


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ('name == "web" && pids > 5', 'name == "web" is no comparison with a number'),
        ("rate(pids, 5s) > 5", "no metric shows rate(pids, 5s)"),
        ("total_age > 24h", "no metric shows total_age"),
        ("group.pids > 5", "no metric shows group.pids"),
        ("pids > pids_limit - 5", "pids > pids_limit - 5 is no comparison with a number"),
        ("pids + 5 > 10", "no metric shows pids + 5"),
        ("!init && pids > 5", "!init is no comparison with a number"),
        ("!(pids > 5 && age > 1h)", "!(pids > 5 && age > 1h) is no comparison with a number"),
        ("pids < 5", "nothing in it is reached by growing"),
        ("owner.pids > 5", "no metric says whose a container is"),
        ("host.memory_available < 5%", "no metric has the whole memory of the host"),
    ],
)
def test_what_cannot_be_said_is_left_out_whole(when: str, why: str) -> None:
    assert left_out(USUAL.format(when=when)) == why


def test_triggers_have_no_number() -> None:
    assert left_out("groups: [{name: g, rules: [{name: r, on: oom}]}]").startswith(
        "it waits for an event (oom)"
    )
    both = "groups: [{name: g, rules: [{name: r, on: oom, when: pids > 5}]}]"
    assert left_out(both) == "its number counts only at an event (oom)"


def test_the_whole_is_added_up_over_those_in_scope() -> None:
    near, beyond = made(USUAL.format(when="scope.pids > 3000"))
    assert isinstance(near, Alert)
    assert isinstance(beyond, Alert)
    summed = (
        f"sum by (job, instance, engine) (container_threads * {SAME} group_left () "
        'reactor_container_info{standing=~"main|sidecar"})'
    )
    assert (near.name, near.expr) == ("ReactorTotalNearLimit", f"{summed} > 2700")
    assert (beyond.name, beyond.expr) == ("ReactorTotalBeyondLimit", f"{summed} > 3000 {IN_FORCE}")


def test_what_is_left_is_near_above_its_number() -> None:
    near, beyond = made(USUAL.format(when="host.memory_available < 9GiB"))
    assert isinstance(near, Alert)
    assert isinstance(beyond, Alert)
    assert near.expr == f"reactor_host_memory_available_bytes < {10 * 1024**3}"
    assert beyond.expr == f"reactor_host_memory_available_bytes < {9 * 1024**3} {IN_FORCE}"


def test_the_soft_level_is_what_is_near() -> None:
    text = """\
groups:
  - name: g
    rules:
      - name: r
        severity: critical
        soft: {when: pids > 100, then: [stop]}
        hard: {when: pids > 150, for: 30s}
"""
    near, beyond = made(text)
    assert isinstance(near, Alert)
    assert isinstance(beyond, Alert)
    assert (near.name, near.hold) == ("ReactorContainerNearLimit", 60)
    assert "container_threads > 100" in near.expr
    assert dict(near.labels) == {"severity": "warning", "rule": "g/r"}
    assert (beyond.name, beyond.hold) == ("ReactorContainerBeyondLimit", 90)
    assert "container_threads > 150" in beyond.expr
    assert dict(beyond.labels) == {"severity": "critical", "rule": "g/r"}


def test_rules_that_end_nobody_wake_nobody() -> None:
    dry = "{name: a, when: pids > 5, dry_run: true, severity: critical, team: ml}"
    only_said = "{name: b, when: pids > 5, then: [{webhook: x}], severity: critical}"
    found = [
        each
        for each in made(f"groups: [{{name: g, rules: [{dry}, {only_said}]}}]")
        if isinstance(each, Alert)
    ]
    assert len(found) == 4
    assert {dict(each.labels)["severity"] for each in found} == {"info"}
    assert dict(found[0].labels) == {"severity": "info", "rule": "g/a", "dry_run": "true", "team": "ml"}
    assert found[0].description.endswith("The rule is a dry run: it only says what it would do.")


def test_settings() -> None:
    near, beyond = made(USUAL.format(when="pids > 200"), Settings(near=Fraction(1, 2), hold=300))
    assert isinstance(near, Alert)
    assert isinstance(beyond, Alert)
    assert "> 100)" in near.expr
    assert (near.hold, beyond.hold) == (300, 300)


def test_names_and_images_choose_whom() -> None:
    text = """\
groups:
  - name: g
    select: [{name: "job-?.*", image: 'a"b\\c'}, {image: "x/*"}]
    rules:
      - name: r
        when: pids > 5
        exceptions:
          - {name: e, fields: [name], values: [["job-1*"]]}
"""
    near, _ = made(text)
    assert isinstance(near, Alert)
    scope = 'reactor_container_info{standing=~"main|sidecar", '
    assert near.expr.endswith(
        f'(({scope}container_name=~"job\\\\-.\\\\..*", container_image_name=~"a\\"b\\\\\\\\c"}} or '
        f'{scope}container_image_name=~"x/.*"}}) unless {SAME} {scope}container_name=~"job\\\\-1.*"}})'
    )


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("select: [{label: team=ml}]", "it selects by a label, which no metric shows"),
        ("select: [{project: web}]", "it selects by a label, which no metric shows"),
        ("select: [{name: 'job-[ab]'}]", 'its pattern "job-[ab]" has a set of characters'),
    ],
)
def test_what_goes_by_labels_is_left_out(more: str, why: str) -> None:
    assert left_out(f"groups: [{{name: g, {more}, rules: [{{name: r, when: pids > 5}}]}}]") == why


HOSTILE = [
    '{{ query "up" }}',
    "{{ $labels.container_name | safeHtml }}",
    '"\n      - alert: Mine\n        expr: vector(1)',
    "\\",
    "# comment",
    "\x1b[31m\u202e\x00\ud83d",
    "'%s'",
    "é ✗ 🦀",
]


def written(alerts: Iterable[Alert | LeftOut]) -> Any:
    return YAML(typ="safe", pure=True).load(rule_file(alerts, "docs/alerts.md"))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_anything_else(text: str) -> None:
    """Neither another alert, nor a template, nor a line of a comment."""
    alert = Alert("A", "up", 0, (("severity", plain_text(text)),), plain_text(text), plain_text(text))
    (group,) = written([LeftOut(text, text), alert, LeftOut(text, text)])["groups"]
    (rule,) = group["rules"]
    assert set(rule) == {"alert", "expr", "labels", "annotations"}
    for shown in (rule["labels"]["severity"], rule["annotations"]["summary"]):
        assert shown.isprintable()
        # What Prometheus' templates make of it.
        assert "{{" not in shown.replace('{{ "{{" }}', "")
    if text.isprintable():
        assert rule["annotations"]["summary"].replace('{{ "{{" }}', "{{") == text


def test_a_condition_with_hostile_text_is_said_as_it_is() -> None:
    """It cannot be said in PromQL, and its words stand in a comment."""
    why = left_out(USUAL.format(when='name == "{{ query }}" && pids > 5'))
    text = rule_file([LeftOut("g/r", why)], "x")
    assert text.count("\n") == 5
    assert text.endswith("groups: []\n")
