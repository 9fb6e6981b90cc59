"""Rules about the whole: what many runs use together, and who goes when that is too much.

Victims are taken in the rule's order until the rest is within the bound, and not one more. What
is being ended counts as gone already; should that fail, the next look at the whole tells.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace

from reactor.core.accounts import BY_IMAGE, Account, accounts, in_scope
from reactor.core.amounts import Amount, Leaving, amount_of, amount_together
from reactor.core.candidates import Candidate
from reactor.core.columns import PARTS
from reactor.core.container import ContainerId
from reactor.core.deciding import applies, may_decide, overtakes
from reactor.core.draft import Draft
from reactor.core.gate import is_gated
from reactor.core.holding import Holding, held
from reactor.core.judging import fresh_sample, view_of
from reactor.core.language.totals import say_amount
from reactor.core.lasting import renewed
from reactor.core.restraint import Place, Sum
from reactor.core.rules import Order, Rule
from reactor.core.state import Entry, Setup, State, Together
from reactor.core.together import brought_up
from reactor.core.topology import reach


def take_victims(setup: Setup, draft: Draft, at: float) -> list[Candidate]:
    """Whom the rules about the whole would end now; keeps their sums and their holdings."""
    rules = [rule for rule in setup.rules.rules if rule.when is not None and rule.when.total is not None]
    if not rules and not draft.state.wholes and not draft.state.curbs.sums:
        return []
    entries = draft.state.entries.put_all(draft.changed)
    known = brought_up(draft.state.together, entries, frozenset(rule.key for rule in rules))
    judging = _Judging(setup, draft, at, known)
    for rule in rules:
        if not draft.state.curbs.is_off(rule.key):
            judging.judge(rule)
    draft.state = replace(draft.state, together=known)
    if (judging.holdings, judging.sums) != (draft.state.wholes, draft.state.curbs.sums):
        curbs = replace(draft.state.curbs, sums=judging.sums)
        draft.state = replace(draft.state, wholes=judging.holdings, curbs=curbs)
    return judging.found


class _Judging:
    """One look at all totals. ``known`` is what all in scope use together."""

    def __init__(self, setup: Setup, draft: Draft, at: float, known: Together) -> None:
        self.found: list[Candidate] = []
        self.holdings: dict[Place, Holding] = {}
        self.sums: dict[Place, Sum] = {}
        self._setup, self._draft, self._at, self._known = setup, draft, at, known

    def judge(self, rule: Rule) -> None:
        """What one rule says."""
        mine: list[Candidate] = []
        for account, amount in self._amounts(rule):
            now = self._held(rule, account, amount)
            if amount is not None and now is not None and amount.holds():
                mine += self._candidates(rule, amount, account, now.since, mine)
        self.found += mine

    def _amounts(self, rule: Rule) -> Iterator[tuple[Account, Amount | None]]:
        setup, draft, total = self._setup, self._draft, rule.when.total if rule.when is not None else None
        if total is None:
            return
        if total.whole != "owner":
            yield Account(""), amount_together(setup, draft.state, rule, self._known, self._at)
            return
        for account in accounts(setup.policy, in_scope(draft.living()), total):
            yield account, amount_of(setup, draft, rule, account.members, self._at)

    def _held(self, rule: Rule, account: Account, amount: Amount | None) -> Holding | None:
        setup, at, place = self._setup, self._at, account.place(rule)
        if amount is not None:
            self.sums[place] = amount.sum(rule, account.owner)
        verdict = amount.holds() if amount is not None else None
        before = self._draft.state.wholes.get(place)
        proof = amount.proven_at() if amount is not None else at
        patience = setup.patience_for(rule)
        now = held(before, at, verdict=verdict, proof=proof, keep=rule.keep, patience=patience)
        if now is not None:
            self.holdings[place] = now
        return now

    def _candidates(
        self, rule: Rule, amount: Amount, account: Account, since: float, ahead: Iterable[Candidate]
    ) -> list[Candidate]:
        """Whom one account costs. ``ahead`` are those whom the rule ends for another one."""
        setup, draft, at = self._setup, self._draft, self._at
        ready = at - since >= rule.hold
        if not ready and rule.limit is None and not is_gated(setup, draft.state, rule):
            # Nobody asks who they would be before it is time.
            return []
        going = self._going(rule, amount, account) | {each.id for each in ahead if each.ready}
        said = amount.said(account.owner) + (BY_IMAGE if account.claimed else "")
        return [
            Candidate(
                entry.run,
                rule,
                since,
                ready,
                f"{said}, {_mine(amount, entry)}",
                summary=rule.summarise(view_of(setup, renewed(draft.state, entry), at)),
            )
            for entry in _victims(setup, draft, rule, amount, account, going, self._known, at)
        ]

    def _going(self, rule: Rule, amount: Amount, account: Account) -> set[ContainerId]:
        if account.members:
            return _going(self._setup, rule, amount, account.members)
        ending = map(self._draft.entry, self._known.ending)
        going = _going(self._setup, rule, amount, [entry for entry in ending if entry is not None])
        if self._setup.runs_dry(rule):
            going |= self._known.spoken[rule.key] & amount.parts.values.keys()
        return going


def _mine(amount: Amount, entry: Entry) -> str:
    mine = "and this gives back" if amount.total.is_left else "of which this is"
    return f"{mine} {say_amount(amount.total, amount.parts.values[entry.run.id].amount)}"


def _victims(
    setup: Setup,
    draft: Draft,
    rule: Rule,
    amount: Amount,
    account: Account,
    going: set[ContainerId],
    known: Together,
    at: float,
) -> Iterator[Entry]:
    if not amount.holds(going):
        # Mostly so where enough of them are going already: then nobody need be put in order.
        return
    alone = not known.sidecars
    gone = going if alone else _with_sidecars(draft, going)
    tally = Leaving(amount, gone)
    if not tally.holds():
        return
    entries = [entry for key in amount.parts.values if (entry := draft.entry(key)) is not None]
    for entry in sorted(entries, key=_order(setup, draft.state, rule, at, amount)):
        if not tally.holds():
            return
        if not account.is_liable(entry):
            continue
        mine = next((each for each in entry.rules if each.key == rule.key), None)
        if mine is None or entry.run.id in tally.gone or not applies(setup, entry, rule, at):
            continue
        if not may_decide(setup, entry, rule, at):
            continue
        going.add(entry.run.id)
        tally.leave({entry.run.id} if alone else _with_sidecars(draft, going))
        yield entry


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
            amount = amount_of(setup, draft, each.rule, account.members, at)
            if amount is None:
                return False
            return amount.holds(_with_sidecars(draft, _going(setup, each.rule, amount, account.members)))
    return False


def _going(setup: Setup, rule: Rule, amount: Amount, members: Iterable[Entry]) -> set[ContainerId]:
    """Those of them who are going, as far as their part is known."""
    values = amount.parts.values
    return {key for entry in members if (key := entry.run.id) in values and _is_going(setup, entry, rule)}


def _is_going(setup: Setup, entry: Entry, rule: Rule) -> bool:
    """Whether it is being ended; for a rule that runs dry, as well what it has said so of."""
    going = bool(entry.ending) and not _is_slow(entry, rule)
    return going or (setup.runs_dry(rule) and rule.key in entry.latched)


def _is_slow(entry: Entry, rule: Rule) -> bool:
    """Whether a hard level need not wait for its polite end. Sidecars have their grace in any case."""
    return bool(entry.ending) and overtakes(entry, rule) and not entry.is_sidecar


def _with_sidecars(draft: Draft, going: Collection[ContainerId]) -> set[ContainerId]:
    entries = (entry for key in going if (entry := draft.entry(key)) is not None)
    return {*going, *(entry.run.id for entry in reach(draft.state, entries))}


def _order(
    setup: Setup, state: State, rule: Rule, at: float, amount: Amount
) -> Callable[[Entry], tuple[bool, bool, float, float, str]]:
    """Who is on the way already comes first, what is not known last; of equals the youngest comes first."""
    order = rule.victims or Order(amount.total.part)

    def key(entry: Entry) -> tuple[bool, bool, float, float, str]:
        value = _ranked_by(setup, renewed(state, entry), order.field, at)
        rank = float(value) if isinstance(value, int | float) else None
        if rank is not None and order.largest:
            rank = -rank
        born = entry.container.born
        young, slow = float("inf") if born is None else -born, _is_slow(entry, rule)
        return not slow, rank is None, rank or 0.0, young, entry.run.id

    return key


def _ranked_by(setup: Setup, entry: Entry, field: str, at: float) -> object:
    """The same as a view shows, which is too much to make for ten thousand who are put in order."""
    if field not in PARTS:
        return getattr(view_of(setup, entry, at), field, None)
    sample = fresh_sample(setup, entry, at)
    return None if sample is None else sample.pids if field == "pids" else sample.memory
