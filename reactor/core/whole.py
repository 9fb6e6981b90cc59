"""Rules about the whole: what many runs use together, and who goes when that is too much.

Victims are taken in the rule's order until the rest is within the bound, and not one more. What
is being ended counts as gone already; should that fail, the next look at the whole tells.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from reactor.core.accounts import Account, accounts
from reactor.core.candidates import Candidate
from reactor.core.container import ContainerId
from reactor.core.deciding import applies, may_decide, overtakes
from reactor.core.draft import Draft
from reactor.core.holding import Holding, held
from reactor.core.judging import view_of
from reactor.core.language.units import say_bytes, say_number
from reactor.core.restraint import Place, Sum
from reactor.core.rules import Order, Rule, Total
from reactor.core.state import Entry, Setup
from reactor.core.topology import reach

_SIGNS: Mapping[str, Callable[[float, float], bool]] = MappingProxyType({">": operator.gt, ">=": operator.ge})


@dataclass(frozen=True, slots=True)
class _Part:
    """One run's part of a total."""

    entry: Entry
    value: int


def take_victims(setup: Setup, draft: Draft, at: float) -> list[Candidate]:
    """Whom the rules about the whole would end now; keeps their sums and their holdings."""
    found: list[Candidate] = []
    holdings: dict[Place, Holding] = {}
    sums: dict[Place, Sum] = {}
    for rule in setup.rules.rules:
        total = rule.when.total if rule.when is not None else None
        if total is None or draft.state.curbs.is_off(rule.key):
            continue
        mine: list[Candidate] = []
        for account in accounts(setup.policy, draft.living(), total):
            mine += _judge_account(setup, draft, rule, total, account, at, mine, holdings, sums)
        found += mine
    if (holdings, sums) != (draft.state.wholes, draft.state.curbs.sums):
        curbs = replace(draft.state.curbs, sums=sums)
        draft.state = replace(draft.state, wholes=holdings, curbs=curbs)
    return found


def _judge_account(
    setup: Setup,
    draft: Draft,
    rule: Rule,
    total: Total,
    account: Account,
    at: float,
    ahead: Iterable[Candidate],
    holdings: dict[Place, Holding],
    sums: dict[Place, Sum],
) -> list[Candidate]:
    """Whom one account costs. ``ahead`` are those whom the rule ends for another one."""
    members, place = account.members, account.place(rule)
    parts = [part for entry in members if (part := _part(setup, rule, total, entry, at)) is not None]
    amount = sum(part.value for part in parts)
    sums[place] = Sum(rule.name, account.owner, amount, total.value, len(parts), len(members) - len(parts))
    verdict = _SIGNS[total.sign](amount, total.value)
    before = draft.state.wholes.get(place)
    now = held(before, at, verdict=verdict, keep=rule.keep, patience=setup.patience_for(rule))
    if now is not None:
        holdings[place] = now
    if not verdict or now is None:
        return []
    gone = frozenset(each.id for each in ahead if each.ready)
    victims = _victims(setup, draft, rule, total, account, parts, gone, at)
    said = say_total(total, amount, account.owner, claimed=account.claimed)
    ready = at - now.since >= rule.hold
    return [
        Candidate(
            part.entry.run, rule, now.since, ready, f"{said}, of which this is {_say(total, part.value)}"
        )
        for part in victims
    ]


def say_total(total: Total, amount: int, owner: str, *, claimed: bool) -> str:
    """A total with its number, such as ``scope.pids 4001 > 4000``."""
    said = f"{total.whole}.{total.field} {_say(total, amount)} {total.sign} {_say(total, total.value)}"
    if owner:
        said += f" of owner {owner[:64]!r}"
    return said + (" (by its image's word)" if claimed else "")


def _part(setup: Setup, rule: Rule, total: Total, entry: Entry, at: float) -> _Part | None:
    """What is known of a run for certain; unknown counts nothing."""
    sample = entry.sample
    if entry.unsure or sample is None or sample.run != entry.run or at - sample.at > setup.fresh_for(rule):
        return None
    value = sample.pids if total.field == "pids" else sample.memory
    return None if value is None else _Part(entry, value)


def _victims(
    setup: Setup,
    draft: Draft,
    rule: Rule,
    total: Total,
    account: Account,
    parts: list[_Part],
    ahead: frozenset[ContainerId],
    at: float,
) -> Iterator[_Part]:
    exceeds = _SIGNS[total.sign]
    going = _going(setup, rule, parts)
    going |= {part.entry.run.id: part.entry for part in parts if part.entry.run.id in ahead}
    gone = _with_sidecars(draft, going)
    rest = _rest(parts, gone)
    for part in sorted(parts, key=_order(setup, rule, rule.victims or Order(total.field), at)):
        if not exceeds(rest, total.value):
            return
        entry = part.entry
        if not account.is_liable(entry):
            continue
        mine = next((each for each in entry.rules if each.key == rule.key), None)
        if mine is None or entry.run.id in gone or not applies(setup, entry, rule, at):
            continue
        if not may_decide(setup, entry, rule, at):
            continue
        going[entry.run.id] = entry
        gone = _with_sidecars(draft, going)
        rest = _rest(parts, gone)
        yield part


def is_still_needed(setup: Setup, draft: Draft, each: Candidate, at: float) -> bool:
    """Whether a total is exceeded still, after all that was decided since its victims were taken."""
    total, entry = each.rule.when.total if each.rule.when is not None else None, draft.entry(each.id)
    if total is None or entry is None:
        return True
    for account in accounts(setup.policy, draft.living(), total):
        members = account.members
        if any(member.run == entry.run for member in members) and account.is_liable(entry):
            parts = [part for one in members if (part := _part(setup, each.rule, total, one, at)) is not None]
            gone = _with_sidecars(draft, _going(setup, each.rule, parts))
            return _SIGNS[total.sign](_rest(parts, gone), total.value)
    return False


def _going(setup: Setup, rule: Rule, parts: Iterable[_Part]) -> dict[ContainerId, Entry]:
    return {each.entry.run.id: each.entry for each in parts if _is_going(setup, each.entry, rule)}


def _is_going(setup: Setup, entry: Entry, rule: Rule) -> bool:
    """Whether it is being ended; for a rule that runs dry, as well what it has said so of."""
    going = bool(entry.ending) and not _is_slow(entry, rule)
    return going or (setup.runs_dry(rule) and rule.key in entry.latched)


def _is_slow(entry: Entry, rule: Rule) -> bool:
    """Whether a hard level need not wait for its polite end. Sidecars have their grace in any case."""
    return bool(entry.ending) and overtakes(entry, rule) and not entry.is_sidecar


def _with_sidecars(draft: Draft, going: Mapping[ContainerId, Entry]) -> frozenset[ContainerId]:
    return frozenset(going) | {entry.run.id for entry in reach(draft.state, going.values())}


def _rest(parts: Iterable[_Part], gone: frozenset[ContainerId]) -> int:
    return sum(part.value for part in parts if part.entry.run.id not in gone)


def _order(
    setup: Setup, rule: Rule, order: Order, at: float
) -> Callable[[_Part], tuple[bool, bool, float, float, str]]:
    """Who is on the way already comes first, what is not known last; of equals the youngest comes first."""

    def key(part: _Part) -> tuple[bool, bool, float, float, str]:
        value = getattr(view_of(setup, part.entry, at), order.field, None)
        rank = float(value) if isinstance(value, int | float) else None
        if rank is not None and order.largest:
            rank = -rank
        born = part.entry.container.born
        young, slow = float("inf") if born is None else -born, _is_slow(part.entry, rule)
        return not slow, rank is None, rank or 0.0, young, part.entry.run.id

    return key


def _say(total: Total, amount: float) -> str:
    return say_bytes(amount, 0) if total.field == "memory" else say_number(amount, 0)
