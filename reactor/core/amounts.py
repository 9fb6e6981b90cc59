"""The whole at one moment: what many runs use together, or what the host has left, and what ends change.

Only the adding up is here; who goes when it is too much, or too little, is chosen in ``whole``.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reactor.core.container import ContainerId
from reactor.core.draft import Draft
from reactor.core.facts import HostSeen
from reactor.core.language.totals import bound_of, exceeds, say_total
from reactor.core.restraint import Sum
from reactor.core.rules import Rule, Total
from reactor.core.sampling import freed_by
from reactor.core.state import Entry, Setup, State


class Part(NamedTuple):
    """One run's part of a total, and when that was read."""

    entry: Entry
    value: int
    at: float


@dataclass(frozen=True, slots=True)
class Amount:
    """A total, and the runs that it is made of, or that could give something back.

    ``members`` counts all who belong to it, also those whose part is not known. ``left`` is what the host
    has left, together with what came back since it was asked ``at`` that moment, and ``of`` all that it has;
    both are 0 for what is added up.
    """

    total: Total
    parts: Sequence[Part]
    members: int
    at: float
    left: int = 0
    of: int = 0

    def without(self, gone: frozenset[ContainerId] = frozenset()) -> int:
        """What it comes to once these are gone."""
        is_left = self.total.is_left
        if not gone:
            # Asked in every second, of everybody there is.
            return self.left if is_left else sum(part.value for part in self.parts)
        return self.left + sum(part.value for part in self.parts if (part.entry.run.id in gone) is is_left)

    def holds(self, gone: frozenset[ContainerId] = frozenset()) -> bool:
        """Whether the condition holds, still, once these are gone."""
        return exceeds(self.total, self.without(gone), self.of)

    def proven_at(self) -> float:
        """Up to when the evidence reaches: that of too much, to the oldest of the freshest who are enough."""
        if self.total.is_left:
            return self.at
        amount = 0
        if not self.holds():
            # Of too little the evidence reaches as far as all of them, in whatever order.
            return self.at if len(self.parts) == self.members else float("-inf")
        for part in sorted(self.parts, key=lambda part: -part.at):
            amount += part.value
            if exceeds(self.total, amount):
                return part.at
        # Of too little it is none while the reading of anybody is missing.
        return self.at if len(self.parts) == self.members else float("-inf")

    def said(self, group: str) -> str:
        """``scope.pids 4120 > 4000``."""
        return say_total(self.total, self.without(), group, self.of)

    def sum(self, rule: Rule, group: str) -> Sum:
        """The record of it."""
        bound, known = bound_of(self.total, self.of), len(self.parts)
        return Sum(rule.name, group, self.without(), bound, known, self.members - known, self.of)


class Leaving:
    """A total while one after the other leaves it: added up once, and not for each of them anew."""

    def __init__(self, amount: Amount, gone: frozenset[ContainerId]) -> None:
        self.gone = set(gone)
        self._amount = amount
        self._rest = amount.without(gone)
        self._values = {part.entry.run.id: part.value for part in amount.parts}

    def leave(self, gone: Collection[ContainerId]) -> None:
        """These are gone, too."""
        new = sum(self._values.get(key, 0) for key in gone if key not in self.gone)
        self._rest += new if self._amount.total.is_left else -new
        self.gone.update(gone)

    def holds(self) -> bool:
        """Whether the condition holds, still."""
        return exceeds(self._amount.total, self._rest, self._amount.of)


class Known:
    """The parts of those who were asked already: rules about the whole ask the same of the same."""

    def __init__(self, at: float) -> None:
        self._at = at
        self._found: dict[tuple[str, float, int], tuple[Sequence[Entry], Sequence[Part]]] = {}

    def parts(self, setup: Setup, rule: Rule, total: Total, members: Sequence[Entry]) -> Sequence[Part]:
        """What is known of these for certain; unknown counts nothing."""
        fresh = setup.fresh_for(rule)
        # The members stand beside their parts: so nobody else's can come to have the same identity.
        key = (total.part, fresh, id(members))
        if key not in self._found:
            self._found[key] = members, _parts(total.part, members, fresh, self._at)
        return self._found[key][1]


def amount_of(
    setup: Setup,
    draft: Draft,
    rule: Rule,
    total: Total,
    members: Sequence[Entry],
    at: float,
    known: Known | None = None,
) -> Amount | None:
    """What a total is now; None where that is not known."""
    parts = (known or Known(at)).parts(setup, rule, total, members)
    if not total.is_left:
        return Amount(total, parts, len(members), at)
    host = fresh_host(setup, draft.state, rule, at)
    if host is None:
        return None
    left = host.memory_available + came_back(setup, draft, host)
    return Amount(total, parts, len(members), host.at, left, host.memory_total)


def fresh_host(setup: Setup, state: State, rule: Rule, at: float) -> HostSeen | None:
    """What was last seen of the host, if that is still evidence for this rule."""
    host = state.host
    return None if host is None or at - host.at > setup.fresh_for(rule) else host


def came_back(setup: Setup, draft: Draft, host: HostSeen) -> int:
    """What runs gave back that ended after the host was asked: its next answer has that in it."""
    known = (draft.changed.get(each.run.id, each) for each in draft.state.entries.values())
    entries = [each for each in known if each.freed is not None or each.ended_at is not None]
    freed = [each.freed for each in entries]
    freed += [freed_by(setup, each, host.at) for each in entries if each.ended_at is not None]
    return sum(each.memory for each in freed if each is not None and each.at >= host.at)


def _parts(field: str, members: Sequence[Entry], fresh: float, at: float) -> list[Part]:
    is_pids, found = field == "pids", list[Part]()
    for entry in members:
        sample = entry.sample
        if sample is None or entry.unsure or at - sample.at > fresh:
            continue
        value, run = sample.pids if is_pids else sample.memory, entry.container.run
        if value is not None and (sample.run is run or sample.run == run):
            found.append(Part(entry, value, sample.at))
    return found
