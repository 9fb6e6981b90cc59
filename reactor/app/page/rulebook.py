"""The rules in force as rows: what they say, whether they act, and what they make of everybody."""

from collections.abc import Mapping
from typing import Any

from reactor.app.page.overview import Overview, Tally, place_of
from reactor.core.gate import is_gated
from reactor.core.language.totals import say_total
from reactor.core.orders import is_silent
from reactor.core.rules import Level, Rule
from reactor.core.state import Setup, State
from reactor.observe.text import plain

Told = Mapping[str, Any]
LONGEST = 500


def rulebook(setup: Setup, state: State, overview: Overview, at: float) -> list[Told]:
    """All rules in the order of their files; the counts are those of the overview."""
    return [_told(setup, state, rule, overview, at) for rule in setup.rules.rules]


def _told(setup: Setup, state: State, rule: Rule, overview: Overview, at: float) -> Told:
    tally = overview.rules.get(place_of(rule), Tally())
    of_the_whole = sum(place.rule == rule.key for place in state.wholes)
    return {
        "name": plain(rule.name),
        "level": "" if rule.level is Level.ONLY else rule.level.value,
        "place": plain(rule.place),
        "trigger": rule.on.value if rule.on is not None else "",
        "condition": plain(rule.when.text, LONGEST) if rule.when is not None else "",
        "for": rule.hold,
        "action": rule.action.value,
        "contain": rule.contain,
        "severity": rule.severity.value,
        "team": plain(rule.team),
        "summary": plain(rule.summary, LONGEST),
        "dry_run": setup.runs_dry(rule),
        "state": _state(setup, state, rule, at),
        "selects": tally.selects,
        "holds": tally.holds + of_the_whole,
        "unknown": tally.unknown,
        "sums": _sums(state, rule),
    }


def _state(setup: Setup, state: State, rule: Rule, at: float) -> str:
    """What keeps it from acting, the first thing; else whether it acts or only says so."""
    orders = state.curbs.orders
    if state.curbs.is_off(rule.key):
        return "broken"
    if orders is not None and is_silent(orders.silences, rule.name, at):
        return "silenced"
    if setup.runs_dry(rule):
        return "dry"
    if is_gated(setup, state, rule):
        return "gated"
    return "limited" if rule.key in state.curbs.limited else "live"


def _sums(state: State, rule: Rule) -> list[str]:
    """What was added up for a rule about the whole, in words."""
    total = rule.when.total if rule.when is not None else None
    if total is None:
        return []
    added = [each for place, each in state.curbs.sums.items() if place.rule == rule.key]
    return [plain(say_total(total, each.amount, each.group, each.of), LONGEST) for each in added[:20]]
