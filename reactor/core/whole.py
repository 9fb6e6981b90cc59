"""Rules about the whole: what many runs use together, and who goes when that is too much.

Victims are taken in the rule's order until the rest is within the bound, and not one more. What
is being ended counts as gone already; should that fail, the next look at the whole tells.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from reactor.core.accounts import BY_IMAGE, Account, accounts, in_scope
from reactor.core.amounts import Amount, Known, Leaving, Part, amount_of
from reactor.core.candidates import Candidate
from reactor.core.container import ContainerId
from reactor.core.deciding import applies, may_decide, overtakes
from reactor.core.draft import Draft
from reactor.core.holding import Holding, held
from reactor.core.judging import view_of
from reactor.core.language.totals import say_amount
from reactor.core.restraint import Place, Sum
from reactor.core.rules import Order, Rule, Total
from reactor.core.state import Entry, Setup
from reactor.core.topology import reach


def take_victims(setup: Setup, draft: Draft, at: float) -> list[Candidate]:
    """Whom the rules about the whole would end now; keeps their sums and their holdings."""
    found: list[Candidate] = []
    holdings: dict[Place, Holding] = {}
    sums: dict[Place, Sum] = {}
    living: tuple[Entry, ...] | None = None
    known = Known(at)
    for rule in setup.rules.rules:
        total = rule.when.total if rule.when is not None else None
        if total is None or draft.state.curbs.is_off(rule.key):
            continue
        mine: list[Candidate] = []
        living = in_scope(draft.living()) if living is None else living
        for account in accounts(setup.policy, living, total):
            mine += _judge_account(setup, draft, rule, total, account, at, mine, holdings, sums, known)
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
    known: Known,
) -> list[Candidate]:
    """Whom one account costs. ``ahead`` are those whom the rule ends for another one."""
    amount, place = amount_of(setup, draft, rule, total, account.members, at, known), account.place(rule)
    if amount is not None:
        sums[place] = amount.sum(rule, account.owner)
    verdict = amount.holds() if amount is not None else None
    before = draft.state.wholes.get(place)
    proof = amount.proven_at() if amount is not None else at
    now = held(before, at, verdict=verdict, proof=proof, keep=rule.keep, patience=setup.patience_for(rule))
    if now is not None:
        holdings[place] = now
    if amount is None or not verdict or now is None:
        return []
    ready = at - now.since >= rule.hold
    gone = frozenset(each.id for each in ahead if each.ready)
    said = amount.said(account.owner) + (BY_IMAGE if account.claimed else "")
    return [
        Candidate(
            part.entry.run,
            rule,
            now.since,
            ready,
            f"{said}, {_mine(total, part)}",
            summary=rule.summarise(view_of(setup, part.entry, at)),
        )
        for part in _victims(setup, draft, rule, amount, account, gone, at)
    ]


def _mine(total: Total, part: Part) -> str:
    mine = "and this gives back" if total.is_left else "of which this is"
    return f"{mine} {say_amount(total, part.value)}"


def _victims(
    setup: Setup,
    draft: Draft,
    rule: Rule,
    amount: Amount,
    account: Account,
    ahead: frozenset[ContainerId],
    at: float,
) -> Iterator[Part]:
    going = _going(setup, rule, amount.parts)
    going |= {part.entry.run.id: part.entry for part in amount.parts if part.entry.run.id in ahead}
    gone = _with_sidecars(draft, going)
    if not amount.holds(gone):
        # Mostly so where enough of them are going already: then nobody need be put in order.
        return
    order = _order(setup, rule, rule.victims or Order(amount.total.part), at)
    tally = Leaving(amount, gone)
    alone = not any(entry.is_sidecar for entry in draft.living())
    for part in sorted(amount.parts, key=order):
        if not tally.holds():
            return
        entry = part.entry
        if not account.is_liable(entry):
            continue
        mine = next((each for each in entry.rules if each.key == rule.key), None)
        if mine is None or entry.run.id in tally.gone or not applies(setup, entry, rule, at):
            continue
        if not may_decide(setup, entry, rule, at):
            continue
        going[entry.run.id] = entry
        tally.leave({entry.run.id} if alone else _with_sidecars(draft, going))
        yield part


class Taken:
    """The victims in the order in which they were taken, and what was decided since.

    Each was taken because those before it are not enough. As long as none but these were decided about, that
    needs no adding up anew: with thousands of victims, each would cost a look at everybody.
    """

    def __init__(self, victims: Iterable[Candidate]) -> None:
        self._turn = {(each.rule.key, each.id): turn for turn, each in enumerate(victims)}
        self._last: dict[str, int] = {}
        self._ended: set[str] = set()

    def decided(self, each: Candidate, *, ends: bool) -> None:
        """It was decided about this one; ``ends`` if more was done than to say so."""
        turn = self._turn.get((each.rule.key, each.id), -1)
        self._last[each.rule.key] = max(turn, self._last.get(each.rule.key, -1))
        if ends:
            self._ended.add(each.rule.key)

    def is_next(self, each: Candidate) -> bool:
        """Whether only those were decided about since who were taken before it, by its own rule."""
        total, key = each.rule.when.total if each.rule.when is not None else None, each.rule.key
        if total is None or total.whole == "owner" or self._ended - {key}:
            return False
        return self._last.get(key, -1) < self._turn.get((key, each.id), -1)


def is_still_needed(setup: Setup, draft: Draft, each: Candidate, at: float) -> bool:
    """Whether a total is exceeded still, after all that was decided since its victims were taken."""
    total, entry = each.rule.when.total if each.rule.when is not None else None, draft.entry(each.id)
    if total is None or entry is None:
        return True
    for account in accounts(setup.policy, in_scope(draft.living()), total):
        if any(member.run == entry.run for member in account.members) and account.is_liable(entry):
            amount = amount_of(setup, draft, each.rule, total, account.members, at)
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
