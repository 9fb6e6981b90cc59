"""The rules in force as rows: what they say, whether they act, and what they make of everybody."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reactor.app.page.overview import Overview, Tally, place_of
from reactor.app.page.slices import Slices
from reactor.core.gate import is_gated
from reactor.core.language.totals import say_total
from reactor.core.orders import is_silent
from reactor.core.restraint import Sum
from reactor.core.rules import Level, Rule
from reactor.core.state import Setup, State
from reactor.observe.text import plain

Told = Mapping[str, Any]
LONGEST = 500
MOST_SUMS = 20
"""Of a rule so many totals are told."""


async def rulebook(setup: Setup, state: State, overview: Overview, at: float, slices: Slices) -> list[Told]:
    """All rules in the order of their files; the counts are those of the overview."""
    wholes, sums = await _of_the_whole(state, slices)
    told = []
    for rule in setup.rules.rules:
        tally = overview.rules.get(place_of(rule), Tally())
        about = _Whole(wholes[rule.key], sums.get(rule.key, ()))
        told.append(_told(setup, state, rule, tally, about, at))
        if slices.over:
            await slices.pause()
    return told


@dataclass(frozen=True, slots=True)
class _Whole:
    """For how many owners a rule about a total holds, and what was added up for some."""

    holds: int
    sums: Sequence[Sum]


async def _of_the_whole(state: State, slices: Slices) -> tuple[Counter[str], Mapping[str, list[Sum]]]:
    """Both by the keys of the rules, in one walk: there may be a place for each owner."""
    wholes: Counter[str] = Counter()
    sums: dict[str, list[Sum]] = {}
    for place in state.wholes:
        wholes[place.rule] += 1
        if slices.over:
            await slices.pause()
    for place, each in state.curbs.sums.items():
        some = sums.setdefault(place.rule, [])
        if len(some) < MOST_SUMS:
            some.append(each)
        if slices.over:
            await slices.pause()
    return wholes, sums


def _told(setup: Setup, state: State, rule: Rule, tally: Tally, whole: _Whole, at: float) -> Told:
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
        "holds": tally.holds + whole.holds,
        "unknown": tally.unknown,
        "sums": _sums(rule, whole.sums),
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


def _sums(rule: Rule, added: Sequence[Sum]) -> list[str]:
    """What was added up for a rule about the whole, in words."""
    total = rule.when.total if rule.when is not None else None
    if total is None:
        return []
    return [plain(say_total(total, each.amount, each.group, each.of), LONGEST) for each in added]
