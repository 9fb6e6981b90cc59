"""What the rules say of a container at a moment: which hold, which are unknown, and why one does not act.

The core is asked by the same functions that judge in it; nothing is changed.
"""

from dataclasses import dataclass

from reactor.core.judging import view_of
from reactor.core.protection import Standing
from reactor.core.rules import Rule
from reactor.core.state import Entry, Setup
from reactor.core.units import say_duration

_NOT_GOVERNED = {
    Standing.WATCHED: "it is out of scope: no selector names it",
    Standing.SKIPPED: "it carries the skip label",
    Standing.PROTECTED: "the configuration protects it",
}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The names of the rules whose conditions hold, and of those that cannot be judged."""

    hold: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()


def verdicts(setup: Setup, entry: Entry | None, at: float) -> Verdicts:
    """What the conditions say of a living run; of any other they say nothing."""
    if entry is None or not entry.alive or not entry.governed:
        return Verdicts()
    view = view_of(setup, entry, at)
    said = {rule.name: rule.when.test(view) for rule in entry.rules if rule.when is not None}
    if entry.unsure:
        said = dict.fromkeys(said, None)
    return Verdicts(
        frozenset(name for name, verdict in said.items() if verdict),
        frozenset(name for name, verdict in said.items() if verdict is None),
    )


def why_not(setup: Setup, entry: Entry | None, name: str, at: float) -> str:
    """Why this rule does not decide about this run now, in one line; empty if nothing stands in its way."""
    if entry is None:
        return "the monitor does not know the container at that moment"
    if not entry.governed:
        return _NOT_GOVERNED[entry.standing]
    if not entry.alive and not entry.due:
        return "the run is over at that moment"
    rule = next((rule for rule in setup.rules.rules if rule.name == name), None)
    if rule is None:
        return ""
    if rule not in entry.rules:
        return "the select of its group does not name the container"
    return _of_rule(setup, entry, rule, at)


def _of_rule(setup: Setup, entry: Entry, rule: Rule, at: float) -> str:
    if entry.ending:
        return "another decision about the run is under way"
    if rule.when is None:
        return f"its trigger, {rule.on}, did not come" if rule.on is not None else ""
    view = view_of(setup, entry, at)
    verdict = rule.when.test(view)
    if verdict is None:
        return f"unknown: {rule.when.explain(view)}"
    if not verdict:
        return f"does not hold: {rule.when.explain(view)}"
    held = entry.holding.get(rule.key)
    if held is not None and at - held.since < rule.hold:
        return f"has held for {say_duration(at - held.since)}, and it takes {say_duration(rule.hold)}"
    return f"holds: {rule.when.explain(view)}"
