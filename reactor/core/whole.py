"""Rules about the whole: what many runs use together, and who goes when that is too much.

Victims are taken in the rule's order until the rest is within the bound, and not one more. What
is being ended counts as gone already; should that fail, the next look at the whole tells.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from reactor.core.amounts import Amount, Part, amount_of
from reactor.core.candidates import Candidate
from reactor.core.container import ContainerId
from reactor.core.deciding import applies, may_decide, overtakes
from reactor.core.draft import Draft
from reactor.core.holding import Holding, held
from reactor.core.judging import view_of
from reactor.core.language.totals import say_amount
from reactor.core.restraint import Sum
from reactor.core.rules import Order, Rule, Total
from reactor.core.state import Entry, Setup
from reactor.core.topology import reach


def take_victims(setup: Setup, draft: Draft, at: float) -> list[Candidate]:
    """Whom the rules about the whole would end now; keeps their sums and their holdings."""
    found: list[Candidate] = []
    holdings: dict[tuple[str, str], Holding] = {}
    sums: dict[tuple[str, str], Sum] = {}
    for rule in setup.rules.rules:
        total = rule.when.total if rule.when is not None else None
        if total is None or draft.state.curbs.is_off(rule.key):
            continue
        for group, members in _groups(setup, draft, total):
            found += _judge_group(setup, draft, rule, total, group, members, at, holdings, sums)
    if (holdings, sums) != (draft.state.wholes, draft.state.curbs.sums):
        curbs = replace(draft.state.curbs, sums=sums)
        draft.state = replace(draft.state, wholes=holdings, curbs=curbs)
    return found


def _groups(setup: Setup, draft: Draft, total: Total) -> Iterable[tuple[str, list[Entry]]]:
    """The runs that are added up together: all in scope, or those of each owner."""
    governed = [entry for entry in draft.living() if entry.governed]
    if total.whole != "owner":
        return [("", governed)]
    owners: dict[str, list[Entry]] = {}
    for entry in governed:
        owner = entry.own.get(setup.policy.labels.owner)
        if owner:
            owners.setdefault(owner, []).append(entry)
    return sorted(owners.items())


def _judge_group(
    setup: Setup,
    draft: Draft,
    rule: Rule,
    total: Total,
    group: str,
    members: list[Entry],
    at: float,
    holdings: dict[tuple[str, str], Holding],
    sums: dict[tuple[str, str], Sum],
) -> list[Candidate]:
    amount, place = amount_of(setup, draft, rule, total, members, at), (rule.key, group)
    if amount is not None:
        sums[place] = amount.sum(rule, group)
    verdict = amount.holds() if amount is not None else None
    before = draft.state.wholes.get(place)
    proof = amount.proven_at() if amount is not None else at
    now = held(before, at, verdict=verdict, proof=proof, keep=rule.keep, patience=setup.patience_for(rule))
    if now is not None:
        holdings[place] = now
    if amount is None or not verdict or now is None:
        return []
    ready = at - now.since >= rule.hold
    return [
        Candidate(
            part.entry.run,
            rule,
            now.since,
            ready,
            _reason(amount, group, part),
            summary=rule.summarise(view_of(setup, part.entry, at)),
        )
        for part in _victims(setup, draft, rule, amount, at)
    ]


def _reason(amount: Amount, group: str, part: Part) -> str:
    mine = "and this gives back" if amount.total.is_left else "of which this is"
    return f"{amount.said(group)}, {mine} {say_amount(amount.total, part.value)}"


def _victims(setup: Setup, draft: Draft, rule: Rule, amount: Amount, at: float) -> Iterator[Part]:
    going = _going(setup, rule, amount.parts)
    gone = _with_sidecars(draft, going)
    order = _order(setup, rule, rule.victims or Order(amount.total.part), at)
    for part in sorted(amount.parts, key=order):
        if not amount.holds(gone):
            return
        entry = part.entry
        mine = next((each for each in entry.rules if each.key == rule.key), None)
        if mine is None or entry.run.id in gone or not applies(setup, entry, rule, at):
            continue
        if not may_decide(setup, entry, rule, at):
            continue
        going[entry.run.id] = entry
        gone = _with_sidecars(draft, going)
        yield part


def is_still_needed(setup: Setup, draft: Draft, each: Candidate, at: float) -> bool:
    """Whether a total is exceeded still, after all that was decided since its victims were taken."""
    total, entry = each.rule.when.total if each.rule.when is not None else None, draft.entry(each.id)
    if total is None or entry is None:
        return True
    for _, members in _groups(setup, draft, total):
        if any(member.run == entry.run for member in members):
            amount = amount_of(setup, draft, each.rule, total, members, at)
            gone = _with_sidecars(draft, _going(setup, each.rule, amount.parts if amount else ()))
            return amount is not None and amount.holds(gone)
    return False


def _going(setup: Setup, rule: Rule, parts: Iterable[Part]) -> dict[ContainerId, Entry]:
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


def _order(
    setup: Setup, rule: Rule, order: Order, at: float
) -> Callable[[Part], tuple[bool, bool, float, float, str]]:
    """Who is on the way already comes first, what is not known last; of equals the youngest comes first."""

    def key(part: Part) -> tuple[bool, bool, float, float, str]:
        value = getattr(view_of(setup, part.entry, at), order.field, None)
        rank = float(value) if isinstance(value, int | float) else None
        if rank is not None and order.largest:
            rank = -rank
        born = part.entry.container.born
        young, slow = float("inf") if born is None else -born, _is_slow(part.entry, rule)
        return not slow, rank is None, rank or 0.0, young, part.entry.run.id

    return key
