"""From rules to alerts: which levels of a rule are told, how urgent each is, and what is said.

A rule has two alerts: a container is near its number, and a container is beyond it and still there, which
means that what should have ended it did not. Where a rule has a soft and a hard level, the soft one is
what is near. How an alert is written down is in ``writing``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from reactor.alerting.promql import NotInMetrics, Said, expression, has_bound, total_expression
from reactor.alerting.whom import IMAGE, NAME, quoted_label, whom
from reactor.core.language.printing import tame, text_of
from reactor.core.language.tree import Node
from reactor.core.language.units import say_duration
from reactor.core.rules import Level, Rule, Severity

NEAR, BEYOND = "ReactorContainerNearLimit", "ReactorContainerBeyondLimit"
WHOLE_NEAR, WHOLE_BEYOND = "ReactorTotalNearLimit", "ReactorTotalBeyondLimit"
NAMES = (NEAR, BEYOND, WHOLE_NEAR, WHOLE_BEYOND)
"""All names that an alert made here can have; each has its runbook."""

_JOIN = f"* on (job, instance, engine, container_id) group_left ({NAME}, {IMAGE})"
_LONGEST = 300
"""Characters of a condition that are shown."""


@dataclass(frozen=True, slots=True)
class Settings:
    """``near`` is the share of a number that is near it; ``hold`` are seconds that this must last."""

    near: Fraction = Fraction(9, 10)
    hold: float = 60.0


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. ``hold`` is its ``for:`` in seconds; texts are Prometheus' templates, already escaped."""

    name: str
    expr: str
    hold: float
    labels: tuple[tuple[str, str], ...]
    summary: str
    description: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A rule without alerts, and why."""

    rule: str
    why: str


def alerts_of(rules: Iterable[Rule], settings: Settings = Settings()) -> Iterator[Alert | LeftOut]:
    """The alerts of rules, in their order."""
    for rule in rules:
        try:
            yield from _alerts(rule, settings)
        except NotInMetrics as unseen:
            yield LeftOut(_titled(rule), str(unseen))


def plain_text(text: str) -> str:
    """A stranger's text as a template that gives it back as it is."""
    return text.replace("{{", '{{ "{{" }}')


def _alerts(rule: Rule, settings: Settings) -> tuple[Alert, ...]:
    tree = rule.when.tree if rule.when is not None else None
    if rule.when is None or tree is None:
        raise NotInMetrics(f"it waits for an event ({rule.on}) and has no number")
    if rule.on is not None:
        raise NotInMetrics(f"its number counts only at an event ({rule.on})")
    return tuple(_alert(rule, tree, near, settings.hold) for near in _levels(rule, settings))


def _levels(rule: Rule, settings: Settings) -> tuple[Fraction | None, ...]:
    """At which shares of its numbers a rule has an alert; None is the alert for what is beyond them."""
    match rule.level:
        case Level.SOFT:
            return (Fraction(1),)
        case Level.HARD:
            return (None,)
        case Level.ONLY:
            return (settings.near, None)


def _alert(rule: Rule, tree: Node, near: Fraction | None, hold: float) -> Alert:
    said = _said(rule, tree, near or Fraction(1))
    whole = rule.when is not None and rule.when.total is not None
    name = (NEAR, BEYOND, WHOLE_NEAR, WHOLE_BEYOND)[(2 if whole else 0) + (near is None)]
    subject = "What all containers in scope use" if whole else "Container {{ $labels.container_name }}"
    where = "beyond the limit" if near is None else "near the limit"
    return Alert(
        name=name,
        expr=said.expr if near is not None or rule.dry_run else f"{said.expr} {_in_force(rule)}",
        # Beyond it a rule has its own time first.
        hold=hold + (rule.hold if near is None else 0.0),
        labels=tuple(_labels(rule, near)),
        summary=f"{subject} is {where} of rule {plain_text(rule.name)}",
        description=f"It is at {said.value}, and {_condition(rule, tree)}. {_consequence(rule, near)}",
    )


def _said(rule: Rule, tree: Node, near: Fraction) -> Said:
    found, total = whom(rule), rule.when.total if rule.when is not None else None
    if total is not None:
        return total_expression(total, found, near)
    said = expression(tree, near)
    if not has_bound(tree):
        raise NotInMetrics("nothing in it is reached by growing")
    return Said(f"({said.expr}) {_JOIN} {found}", said.value)


def _in_force(rule: Rule) -> str:
    """What is beyond the number of a rule that is held, dry or silenced is left there on purpose."""
    labels = f'rule={quoted_label(rule.name)}, level="{rule.level}", state=~"dry-run|silenced"'
    return f"unless on (job, instance, engine) (reactor_rule_state{{{labels}}} == 1)"


def _labels(rule: Rule, near: Fraction | None) -> Iterator[tuple[str, str]]:
    """What an alert is routed by. A rule that ends nobody wakes nobody."""
    harmless = rule.dry_run or not rule.ends
    urgent = Severity.WARNING if near is not None else rule.severity
    yield "severity", Severity.INFO if harmless else urgent
    yield "rule", plain_text(rule.name)
    if rule.dry_run:
        yield "dry_run", "true"
    if rule.team:
        yield "team", plain_text(rule.team)


def _condition(rule: Rule, tree: Node) -> str:
    hold = f" for {say_duration(rule.hold)}" if rule.hold else ""
    return f"rule {plain_text(rule.name)} acts at: {plain_text(tame(text_of(tree), _LONGEST))}{hold}"


def _consequence(rule: Rule, near: Fraction | None) -> str:
    if rule.dry_run:
        return "The rule is a dry run: it only says what it would do."
    if near is None:
        return f"It should have come to a {rule.action} by now."
    return f"Beyond it a {rule.action} follows."


def _titled(rule: Rule) -> str:
    return rule.name if rule.level is Level.ONLY else f"{rule.name} ({rule.level})"
