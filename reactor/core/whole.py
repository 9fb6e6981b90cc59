"""Rules about the whole: what many runs use together, and who goes when that is too much.

Victims are taken in the rule's order until the rest is within the bound, and not one more. What
is being ended counts as gone already; should that fail, the next look at the whole tells.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from reactor.core.candidates import Candidate
from reactor.core.container import ContainerId
from reactor.core.deciding import applies, may_decide, overtakes
from reactor.core.draft import Draft
from reactor.core.holding import Holding, held
from reactor.core.judging import view_of
from reactor.core.language.totals import exceeds, say_amount, say_total
from reactor.core.restraint import Sum
from reactor.core.rules import Order, Rule, Total
from reactor.core.state import Entry, Setup
from reactor.core.topology import reach


@dataclass(frozen=True, slots=True)
class _Part:
    """One run's part of a total, and when that was read."""

    entry: Entry
    value: int
    at: float


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
    parts = [part for entry in members if (part := _part(setup, rule, total, entry, at)) is not None]
    amount, place = sum(part.value for part in parts), (rule.key, group)
    sums[place] = Sum(rule.name, group, amount, total.value, len(parts), len(members) - len(parts))
    verdict = exceeds(total, amount)
    before = draft.state.wholes.get(place)
    proof = _proven_at(total, parts, at, whole=len(parts) == len(members))
    now = held(before, at, verdict=verdict, proof=proof, keep=rule.keep, patience=setup.patience_for(rule))
    if now is not None:
        holdings[place] = now
    if not verdict or now is None:
        return []
    victims = _victims(setup, draft, rule, total, parts, at)
    said = say_total(total, amount, group)
    ready = at - now.since >= rule.hold
    return [
        Candidate(
            part.entry.run,
            rule,
            now.since,
            ready,
            f"{said}, of which this is {say_amount(total, part.value)}",
            summary=rule.summarise(view_of(setup, part.entry, at)),
        )
        for part in victims
    ]


def _part(setup: Setup, rule: Rule, total: Total, entry: Entry, at: float) -> _Part | None:
    """What is known of a run for certain; unknown counts nothing."""
    sample = entry.sample
    if entry.unsure or sample is None or sample.run != entry.run or at - sample.at > setup.fresh_for(rule):
        return None
    value = sample.pids if total.field == "pids" else sample.memory
    return None if value is None else _Part(entry, value, sample.at)


def _proven_at(total: Total, parts: Iterable[_Part], at: float, *, whole: bool) -> float:
    """Up to when the evidence reaches: that of too much, to the oldest of the freshest who are enough."""
    amount = 0
    for part in sorted(parts, key=lambda part: -part.at):
        amount += part.value
        if exceeds(total, amount):
            return part.at
    # Of too little it is none while the reading of anybody is missing.
    return at if whole else float("-inf")


def _victims(
    setup: Setup, draft: Draft, rule: Rule, total: Total, parts: list[_Part], at: float
) -> Iterator[_Part]:
    going = _going(setup, rule, parts)
    gone = _with_sidecars(draft, going)
    rest = _rest(parts, gone)
    for part in sorted(parts, key=_order(setup, rule, rule.victims or Order(total.field), at)):
        if not exceeds(total, rest):
            return
        entry = part.entry
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
    for _, members in _groups(setup, draft, total):
        if any(member.run == entry.run for member in members):
            parts = [part for one in members if (part := _part(setup, each.rule, total, one, at)) is not None]
            gone = _with_sidecars(draft, _going(setup, each.rule, parts))
            return exceeds(total, _rest(parts, gone))
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
