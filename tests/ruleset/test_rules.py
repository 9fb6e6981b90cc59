"""Good rule files: what the rules in them come to."""

from dataclasses import replace

import pytest

from reactor.core.container import Container, ContainerId, Run, State
from reactor.core.rules import (
    Condition,
    Exemption,
    Level,
    Order,
    Rule,
    Severity,
    Total,
    Trigger,
)
from reactor.core.selector import Selector
from reactor.core.verbs import Action
from reactor.ruleset import BadRules, parse
from reactor.ruleset.expressions import Language
from reactor.ruleset.reading import read_rules
from tests.core.written import view

FULL = """
groups:
  - name: safety
    select:
      - label: team=ml*
      - label: reactor.task
      - {name: "ci-*", image: "python:*", project: web}
    rules:
      - name: pids
        summary: >
          more than
          200 processes
        when: pids > 200
        for: 1m30s
        dry_run: true
        then: [kill]
  - name: second-1
    rules:
      - name: oom
        on: oom
      - name: big
        on: oom
        when: |
          memory > 80%
            || pids > 200
"""


def rules(text: str) -> tuple[Rule, ...]:
    return parse(text, "r.yaml").rules


def test_every_key() -> None:
    """Every key of the format ends up where it belongs, and the rest has its defaults."""
    pids, oom, big = rules(FULL)
    assert (pids.name, pids.place) == ("safety/pids", "r.yaml:9")
    assert (pids.summary, pids.hold, pids.dry_run) == ("more than 200 processes", 90.0, True)
    assert (pids.action, pids.on) == (Action.KILL, None)
    assert pids.when is not None
    assert pids.when.test(view(pids=201)) is True
    assert pids.select == (
        Selector(label="team", value="ml*"),
        Selector(label="reactor.task"),
        Selector(name="ci-*", image="python:*", project="web"),
    )
    assert (oom.name, oom.on, oom.when, oom.select) == ("second-1/oom", Trigger.OOM, None, ())
    assert (oom.summary, oom.hold, oom.dry_run, oom.action) == ("", 0.0, False, Action.KILL)
    assert big.on is Trigger.OOM
    assert big.when is not None
    assert big.when.text == "memory > 80% || pids > 200"


def test_on_is_a_word() -> None:
    """``on`` and ``yes`` are text in YAML 1.2, even where a file claims to be older."""
    text = "groups:\n  - name: g\n    rules:\n      - name: yes\n        on: oom\n"
    assert rules("%YAML 1.1\n---\n" + text)[0].on is Trigger.OOM
    assert rules(text)[0].name == "g/yes"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_endings(ending: str) -> None:
    """Files from any editor are read alike, and keep their places."""
    made = rules(FULL.replace("\n", ending))
    assert [rule.place for rule in made] == ["r.yaml:9", "r.yaml:19", "r.yaml:21"]


def test_empty_value_selects_that() -> None:
    """A label with an empty value is not the same as a label with any value."""
    text = "groups:\n  - name: g\n    select: [{label: 'a='}]\n    rules: [{name: r, on: oom}]\n"
    container = Container(Run(ContainerId("0" * 64), ""), "c", "i", State.RUNNING)
    (selector,) = rules(text)[0].select
    assert selector.matches(container, {"a": ""})
    assert not selector.matches(container, {"a": "b"})


def test_version_follows_the_contents() -> None:
    """The version changes with the text, and not with the name of the file."""
    first = parse(FULL, "a.yaml").version
    assert first == parse(FULL, "b.yaml").version
    assert first != parse(FULL + "# reviewed\n", "a.yaml").version
    assert len(first) == 12


def test_errors_are_fit_for_a_terminal() -> None:
    """What a file holds does not reach the terminal as it is, nor at any length."""
    with pytest.raises(BadRules) as refused:
        parse('"\\e[31m' + "x" * 900 + '": 1\n')
    said = str(refused.value.errors[-1])
    assert said.startswith("rules.yaml:1:1: unknown key '\\u001b[31mxxx")
    assert len(said) < 560


NEW = """
groups:
  - name: g
    defaults: {severity: info, team: infra, for: 1m, keep_for: 5s, limit: 7, then: [stop], dry_run: true}
    exceptions: [{name: all, fields: [label.team], values: [[ml]]}]
    rules:
      - name: usual
        when: age > 1h
      - name: own
        summary: '{pids} processes in {name}'
        description: |
          Look at {{braces}}.
        severity: critical
        team: ml
        when: age > 1h
        for: 0s
        keep_for: 0s
        fresh: 2s
        cooldown: 1h
        limit: 1
        then: [{stop: {grace: 10m}}]
        dry_run: false
        exceptions: [{name: x, fields: [name, image], values: [[a, 'b*'], [c, d]]}]
      - name: moment
        on: die
      - name: dark
        on: blind
      - name: levels
        cooldown: 5m
        summary: both
        soft:
          when: pids > 100
        hard:
          summary: hard
          on: oom
          then: [kill]
          severity: critical
"""


def test_defaults() -> None:
    """What a group says holds for rules that do not say it; a moment cannot last."""
    usual, own, moment, dark, soft, hard = rules(NEW)
    assert (usual.severity, usual.team, usual.hold, usual.keep, usual.limit) == (
        Severity.INFO, "infra", 60.0, 5.0, 7
    )  # fmt: skip
    assert (usual.action, usual.grace, usual.dry_run) == (Action.STOP, None, True)
    assert (own.severity, own.team, own.hold, own.keep, own.fresh, own.cooldown, own.limit) == (
        Severity.CRITICAL, "ml", 0.0, 0.0, 2.0, 3600.0, 1
    )  # fmt: skip
    assert (own.action, own.grace, own.dry_run) == (Action.STOP, 600.0, False)
    assert (own.summary, own.description) == ("{pids} processes in {name}", "Look at {{braces}}.")
    assert (moment.on, moment.hold, moment.keep) == (Trigger.DIE, 0.0, 0.0)
    assert (dark.on, dark.hold) == (Trigger.BLIND, 60.0)
    assert (soft.hold, hard.hold, soft.action, hard.action) == (60.0, 0.0, Action.STOP, Action.KILL)


def test_exceptions() -> None:
    """Those of the group stand before the rule's own."""
    usual, own, *_ = rules(NEW)
    shared = Exemption("all", ("label.team",), (("ml",),))
    assert usual.exempt == (shared,)
    assert own.exempt == (shared, Exemption("x", ("name", "image"), (("a", "b*"), ("c", "d"))))


def test_levels() -> None:
    """Two rules of one name; each says what the rule says, unless it says it itself."""
    *_, soft, hard = rules(NEW)
    assert (soft.name, hard.name) == ("g/levels", "g/levels")
    assert (soft.level, hard.level) == (Level.SOFT, Level.HARD)
    assert (soft.place, hard.place) == ("r.yaml:31", "r.yaml:33")
    assert (soft.cooldown, hard.cooldown, soft.summary, hard.summary) == (300.0, 300.0, "both", "hard")
    assert (soft.on, hard.on, hard.when, hard.severity) == (None, Trigger.OOM, None, Severity.CRITICAL)
    assert soft.digest != hard.digest


@pytest.mark.parametrize("trigger", [trigger for trigger in Trigger if trigger is not Trigger.BLIND])
def test_every_trigger(trigger: Trigger) -> None:
    (rule,) = rules(f"groups:\n  - name: g\n    rules:\n      - {{name: r, on: {trigger}}}\n")
    assert (rule.on, rule.hold) == (trigger, 0.0)


class Stub(Language):
    """A language in which conditions have what a test says they have."""

    def __init__(self, **known: object) -> None:
        super().__init__()
        self._known = known

    def condition(self, text: str) -> Condition:
        return replace(super().condition(text), **self._known)  # type: ignore[arg-type]  # The names are fields.


def compiled(language: Language, *lines: str) -> Rule:
    body = "".join(f"        {line}\n" for line in lines)
    read = read_rules("r.yaml", f"groups:\n  - name: g\n    rules:\n      - name: r\n{body}", language)
    assert [str(error) for error in read.errors] == []
    return read.rules[0]


def test_victims() -> None:
    """Who has most of what a total is about goes first, unless the rule says otherwise."""
    whole = Stub(total=Total("scope", "memory", ">", 8.0))
    assert compiled(whole, "when: memory > 8GiB").victims == Order("memory")
    assert compiled(whole, "when: memory > 8GiB", "victims: most pids").victims == Order("pids")
    assert compiled(whole, "when: memory > 8GiB", "victims: least age").victims == Order("age", largest=False)
    assert compiled(Stub(total=None), "when: memory > 8GiB").victims is None


def test_total_stands_alone() -> None:
    """A condition about the whole has no moment, and nobody whose label could tighten it."""
    text = "groups:\n  - name: g\n    rules:\n      - {name: r, when: memory > 1GiB, on: oom, tighten: a}\n"
    found = read_rules("r.yaml", text, Stub(total=Total("scope", "memory", ">", 8.0))).errors
    assert [str(error) for error in found] == [
        "r.yaml:4:40: a condition about the whole stands without 'on'",
        "r.yaml:4:49: a condition about the whole stands without 'tighten'",
    ]


def test_tighten() -> None:
    rule = compiled(Stub(tighten=lambda _: None), "when: age > 12h", "tighten: reactor.lifetime")
    assert rule.tighten == "reactor.lifetime"
