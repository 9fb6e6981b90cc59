"""Which rules are for a run, and what its own label makes of them.

A label makes a rule stricter and nothing else: a word that the rule cannot be compared with is
noted once and ignored.
"""

from collections.abc import Mapping
from dataclasses import replace
from operator import is_

from reactor.core.canary import CANARY_RULE
from reactor.core.cautions import LabelIgnored
from reactor.core.judging import needs_samples
from reactor.core.protection import GOVERNED, Standing
from reactor.core.rules import Condition, Rule
from reactor.core.state import Entry, Setup

LABEL_SAID = "label:"
"""What begins the mark for a label that was noted, among what was ``said`` of an entry."""
MOST_TEXT = 100
_CANARY = (CANARY_RULE,)


def select(setup: Setup, entry: Entry, at: float) -> tuple[Entry, list[LabelIgnored]]:
    """The entry with the rules that are for it, and what is to be noted about its labels."""
    rules = _rules_for(setup, entry)
    chosen = [
        rule
        for rule in rules
        if not rule.select or any(s.matches(entry.container, entry.own) for s in rule.select)
    ]
    notes: list[LabelIgnored] = []
    said = set(entry.said)
    for number, rule in enumerate(chosen):
        if not rule.tighten or rule.tighten not in entry.own:
            continue
        text = entry.own[rule.tighten]
        chosen[number] = tightened(rule, entry.own)
        mark = f"{LABEL_SAID}{rule.key}"
        if _condition(rule, text) is None and mark not in said:
            said.add(mark)
            run, name = entry.run, entry.container.name
            notes.append(LabelIgnored(at, run, name, rule.name, rule.tighten, text[:MOST_TEXT]))
    wanted_before = entry.asked is not None
    # Most are under all rules, and then they share the one list of them.
    same = len(chosen) == len(rules) and all(map(is_, chosen, rules))
    entry = replace(entry, rules=rules if same else tuple(chosen), said=frozenset(said))
    wanted = needs_samples(entry)
    if wanted != wanted_before:
        entry = replace(entry, asked=at if wanted else None)
    return entry, notes


def _rules_for(setup: Setup, entry: Entry) -> tuple[Rule, ...]:
    if entry.standing is Standing.CANARY:
        return _CANARY
    return setup.rules.rules if entry.standing in GOVERNED else ()


def tightened(rule: Rule, own: Mapping[str, str]) -> Rule:
    """The rule as this container's own label has it."""
    text = own.get(rule.tighten) if rule.tighten else None
    condition = _condition(rule, text) if text is not None else None
    return rule if condition is None or condition is rule.when else replace(rule, when=condition)


def _condition(rule: Rule, text: str) -> Condition | None:
    if rule.when is None or rule.when.tighten is None:
        return None
    try:
        return rule.when.tighten(text)
    except Exception:  # noqa: BLE001  # A defect here is a label that says nothing, and stops nobody.
        return None
