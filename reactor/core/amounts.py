"""The whole at one moment: what many runs use together, or what the host has left, and what ends change.

Only the adding up is here; who goes when it is too much, or too little, is chosen in ``whole``.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter

from reactor.core.columns import NOBODY, Column, Said, Value
from reactor.core.container import ContainerId
from reactor.core.draft import Draft
from reactor.core.facts import HostSeen
from reactor.core.language.totals import bound_of, exceeds, say_total
from reactor.core.lasting import renewed
from reactor.core.restraint import Sum
from reactor.core.rules import Rule, Total
from reactor.core.sampling import freed_by
from reactor.core.state import Entry, Freed, Setup, State, Together
from reactor.core.together import column_of, gave_back


@dataclass(frozen=True, slots=True)
class Amount:
    """A total, and the ``parts`` that it is made of, or that could be given back, by run.

    ``members`` counts all who belong to it, also those whose part is not known. ``left`` is what the host
    has left, together with what came back since it was asked ``at`` that moment, and ``of`` all that it has;
    both are 0 for what is added up. ``vouched`` is up to when readings last, and whose.
    """

    total: Total
    parts: Column
    members: int
    at: float
    left: int = 0
    of: int = 0
    vouched: Said = NOBODY

    def without(self, gone: Collection[ContainerId] = ()) -> int:
        """What it comes to once these are gone."""
        values = self.parts.values
        if 2 * len(gone) > len(values) and not self.total.is_left:
            # Where most of them are going, it is less to add up who stays.
            return sum(values[key].amount for key in values.keys() - gone)
        back = sum(values[key].amount for key in gone if key in values)
        return self.left + back if self.total.is_left else self.parts.total - back

    def holds(self, gone: Collection[ContainerId] = ()) -> bool:
        """Whether the condition holds, still, once these are gone."""
        return exceeds(self.total, self.without(gone), self.of)

    def proven_at(self) -> float:
        """Up to when the evidence reaches: that of too much, to the oldest of the freshest who are enough."""
        if self.total.is_left:
            return self.at
        if self.holds():
            freshest = sorted(self.parts.values.values(), key=self._read_at, reverse=True)
            sums = [*accumulate(map(itemgetter(0), freshest))]
            enough = bisect_left(sums, 1, key=lambda amount: int(exceeds(self.total, amount)))
            if enough < len(sums):
                return self._read_at(freshest[enough])
        # Of too little it reaches as far as all of them, and is none while the reading of anybody is missing.
        return self.at if len(self.parts.values) == self.members else float("-inf")

    def _read_at(self, value: Value) -> float:
        return value.read_at(self.vouched)

    def said(self, group: str) -> str:
        """``scope.pids 4120 > 4000``."""
        return say_total(self.total, self.without(), group, self.of)

    def sum(self, rule: Rule, group: str) -> Sum:
        """The record of it."""
        bound, known = bound_of(self.total, self.of), len(self.parts.values)
        return Sum(rule.name, group, self.without(), bound, known, self.members - known, self.of)


class Leaving:
    """A total while one after the other leaves it: added up once, and not for each of them anew."""

    def __init__(self, amount: Amount, gone: Collection[ContainerId]) -> None:
        self.gone = set(gone)
        self._amount = amount
        self._rest = amount.without(self.gone)

    def leave(self, gone: Collection[ContainerId]) -> None:
        """These are gone, too."""
        values = self._amount.parts.values
        new = sum(values[key].amount for key in gone if key in values and key not in self.gone)
        self._rest += new if self._amount.total.is_left else -new
        self.gone.update(gone)

    def holds(self) -> bool:
        """Whether the condition holds, still."""
        return exceeds(self._amount.total, self._rest, self._amount.of)


def amount_of(setup: Setup, draft: Draft, rule: Rule, members: Sequence[Entry], at: float) -> Amount | None:
    """What a total of these is now; None where that is not known."""
    state = draft.state
    parts = column_of(members, part_of(rule)).fresh(at, setup.fresh_for(rule), _vouched(state))
    back = (renewed(state, each) for each in map(draft.now, state.entries.values()) if gave_back(each))
    return _amount(setup, state, rule, parts, len(members), back, at)


def amount_together(setup: Setup, state: State, rule: Rule, known: Together, at: float) -> Amount | None:
    """The same of all in scope, as they were last added up."""
    parts = known.column(part_of(rule), at, setup.fresh_for(rule), state.vouched)
    entries = (state.entries.get(key) for key in sorted(known.back))
    back = (renewed(state, entry) for entry in entries if entry is not None)
    return _amount(setup, state, rule, parts, len(known.members), back, at)


def part_of(rule: Rule) -> str:
    """What a rule about the whole adds up."""
    return rule.when.total.part if rule.when is not None and rule.when.total is not None else ""


def fresh_host(setup: Setup, state: State, rule: Rule, at: float) -> HostSeen | None:
    """What was last seen of the host, if that is still evidence for this rule."""
    host = state.host
    return None if host is None or at - host.at > setup.fresh_for(rule) else host


def came_back(setup: Setup, entries: Iterable[Entry], host: HostSeen) -> int:
    """What runs gave back that ended after the host was asked: its next answer has that in it."""
    freed = list[Freed | None]()
    for entry in entries:
        freed += [entry.freed, freed_by(setup, entry, host.at) if entry.ended_at is not None else None]
    return sum(each.memory for each in freed if each is not None and each.at >= host.at)


def _amount(
    setup: Setup, state: State, rule: Rule, parts: Column, members: int, back: Iterable[Entry], at: float
) -> Amount | None:
    total = rule.when.total if rule.when is not None else None
    if total is None:
        return None
    if not total.is_left:
        return Amount(total, parts, members, at, vouched=_vouched(state))
    host = fresh_host(setup, state, rule, at)
    if host is None:
        return None
    left = host.memory_available + came_back(setup, back, host)
    return Amount(total, parts, members, host.at, left, host.memory_total, _vouched(state))


def _vouched(state: State) -> Said:
    return (state.vouched.by, state.vouched.as_of) if state.vouched is not None else NOBODY
