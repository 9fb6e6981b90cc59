"""What the rules say of a container at a moment: which hold, which are unknown, and why one does not act.

The core is asked by the same functions that judge in it; nothing is changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from reactor.core.amounts import fresh_host
from reactor.core.container import ContainerId
from reactor.core.deciding import is_cooling
from reactor.core.exempting import exempted
from reactor.core.groups import Groups
from reactor.core.language.totals import exceeds, say_total
from reactor.core.language.units import say_bytes, say_duration, say_number
from reactor.core.protection import Standing
from reactor.core.restraint import Sum
from reactor.core.rules import Rule, Total
from reactor.core.state import Entry, Setup, State
from reactor.core.views import Views

_NOT_GOVERNED = {
    Standing.WATCHED: "it is out of scope: no selector names it",
    Standing.SKIPPED: "it carries the skip label",
    Standing.PROTECTED: "the configuration protects it",
}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The names of the rules whose conditions hold, and of those that cannot be judged."""

    hold: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()


class Moment:
    """The state of the monitor at one moment, to be asked about it."""

    def __init__(self, setup: Setup, state: State, at: float) -> None:
        self._setup, self._state, self._at = setup, state, at

    def verdicts(self, container: ContainerId) -> Verdicts:
        """What the conditions say of a living run; of any other, and about the whole, they say nothing."""
        entry = self._state.entries.get(container)
        if entry is None or not entry.alive or not entry.governed:
            return Verdicts()
        views = self._views(entry)
        said = [
            (rule.name, rule.when.test(views.for_rule(rule)) if not entry.unsure else None)
            for rule in entry.rules
            if rule.when is not None and rule.when.total is None
        ]
        return Verdicts(
            frozenset(name for name, verdict in said if verdict),
            frozenset(name for name, verdict in said if verdict is None),
        )

    def why_not(self, container: ContainerId, name: str) -> str:
        """Why this rule does not decide about this run now, in one line; empty if nobody can tell."""
        entry = self._state.entries.get(container)
        if entry is None:
            return "the monitor does not know the container at that moment"
        if not entry.governed:
            return _NOT_GOVERNED[entry.standing]
        if not entry.alive and not entry.due:
            return "the run is over at that moment"
        if all(rule.name != name for rule in self._setup.rules.rules):
            return ""
        mine = [rule for rule in entry.rules if rule.name == name]
        if not mine:
            return "the select of its group does not name the container"
        return "; ".join(filter(None, (self._of_rule(entry, rule) for rule in mine)))

    def _views(self, entry: Entry) -> Views:
        return Views(self._setup, entry, self._at, Groups(self._state, self._at))

    def _of_rule(self, entry: Entry, rule: Rule) -> str:
        exception = exempted(self._setup.policy, rule, entry.container)
        if exception is not None:
            return f"the exception {exception.by} exempts it"
        if is_cooling(entry, rule, self._at):
            return f"its cooldown of {say_duration(rule.cooldown)} is not over"
        if entry.ending:
            return "another decision about the run is under way"
        limited = self._state.curbs.limited.get(rule.key)
        if limited is not None:
            return f"it holds back: {limited.matches} match, and its limit is {limited.limit}"
        return self._of_condition(entry, rule)

    def _of_condition(self, entry: Entry, rule: Rule) -> str:
        if rule.when is None:
            return f"its trigger, {rule.on}, did not come" if rule.on is not None else ""
        if rule.when.total is not None:
            return "; ".join(self._of_whole(rule))
        view = self._views(entry).for_rule(rule)
        verdict = rule.when.test(view)
        if verdict is None:
            return f"unknown: {rule.when.explain(view)}"
        if not verdict:
            return f"does not hold: {rule.when.explain(view)}"
        if rule.on is not None:
            return f"its condition holds, and its trigger, {rule.on}, did not come"
        held = entry.holding.get(rule.key)
        if held is not None and self._at - held.since < rule.hold:
            return (
                f"has held for {say_duration(self._at - held.since)}, and it takes {say_duration(rule.hold)}"
            )
        return f"holds: {rule.when.explain(view)}"

    def _of_whole(self, rule: Rule) -> Iterator[str]:
        total = rule.when.total if rule.when is not None else None
        say = say_bytes if total is not None and total.part == "memory" else say_number
        if total is not None and total.is_left:
            yield self._of_host(rule, total)
            return
        for place, found in self._state.curbs.sums.items():
            if place.rule == rule.key:
                amount = f"{say(found.amount)} of {say(found.bound)}"
                yield f"{amount} in {found.known} containers{_unknown(found)}"

    def _of_host(self, rule: Rule, total: Total) -> str:
        host = fresh_host(self._setup, self._state, rule, self._at)
        if host is None:
            return f"unknown: {total.whole}.{total.field} is not known"
        verdict = exceeds(total, host.memory_available, host.memory_total)
        said = say_total(total, host.memory_available, of=host.memory_total)
        return f"holds: {said}" if verdict else f"does not hold: {said}"


def _unknown(found: Sum) -> str:
    return f", and of {found.unknown} nothing is known" if found.unknown else ""
