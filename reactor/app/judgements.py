"""What the rules make of all living runs at one moment: counted for each rule, and the nearest of each run.

The same functions that decide are asked, on a state that does not change any more; so it can be done in a
thread, beside the loop. Nothing here decides.
"""

from dataclasses import dataclass, field
from math import isfinite
from time import thread_time

from reactor.core.amounts import fresh_host
from reactor.core.exempting import exempted
from reactor.core.gate import is_gated
from reactor.core.language.nearness import Measure, measure_of
from reactor.core.language.thresholds import share_of_total, thresholds
from reactor.core.orders import is_silent
from reactor.core.rules import Condition, Rule
from reactor.core.state import Entry, Setup, State
from reactor.core.views import Views
from reactor.observe.readings import Near, RuleReading

TIMED = 50
"""For so many runs the judging of a rule is timed: the clock costs as much as the judging."""


@dataclass(slots=True)
class _Sum:
    """What was found out about one rule, over all runs."""

    selected: int = 0
    matching: int = 0
    unknown: int = 0
    near: float | None = None
    timed: int = 0
    took: float = 0.0

    def come(self, near: float | None) -> None:
        if near is not None:
            self.near = near if self.near is None else max(self.near, near)


@dataclass(slots=True)
class Judgements:
    """One walk through the living runs: ``nearest`` for each of them, and then ``rules``."""

    setup: Setup
    state: State
    at: float
    _sums: dict[tuple[str, str], _Sum] = field(init=False)
    _compiled: dict[int, tuple[Condition, Measure | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sums = {_key(rule): _Sum() for rule in self.setup.rules.rules}

    def nearest(self, entry: Entry, views: Views) -> tuple[Near, ...]:
        """Judge all rules for this run; the nearest of those that would end it, and of the others."""
        nearest: dict[bool, tuple[bool, float, Rule]] = {}
        for rule in entry.rules:
            ratio = self._judged(entry, rule, views)
            if ratio is None or not entry.governed:
                continue
            # A hold has everything run dry, and says nothing of who is near what.
            found = not rule.dry_run, ratio, rule
            known = nearest.get(rule.ends)
            if known is None or found[:2] > known[:2]:
                nearest[rule.ends] = found
        return tuple(
            Near(rule.name, rule.level.value, rule.action.value, ratio, dry_run=rule.dry_run)
            for _, ratio, rule in nearest.values()
        )

    def _judged(self, entry: Entry, rule: Rule, views: Views) -> float | None:
        found = self._sums.get(_key(rule))
        if found is None or exempted(self.setup.policy, rule, entry.container) is not None:
            return None
        found.selected += 1
        found.matching += rule.key in entry.holding
        found.unknown += entry.unsure or self._is_unknown(rule, views, found) or self._lacks_host(rule)
        if rule.when is None or rule.on is not None or entry.unsure:
            # What waits for an event is never near: the event may come at any time, or never.
            return None
        near = self._near(rule.when, rule, views)
        found.come(near)
        return near

    def _is_unknown(self, rule: Rule, views: Views, found: _Sum) -> bool:
        if rule.when is None or rule.waits:
            # What is about more than one run is unknown for every single one.
            return False
        try:
            view = views.for_rule(rule)
            if found.timed >= TIMED:
                return rule.when.test(view) is None
            began = thread_time()
            verdict = rule.when.test(view)
            found.took += thread_time() - began
        except Exception:  # noqa: BLE001  # A rule with a defect is counted as such, and must not stop the numbers.
            return False
        found.timed += 1
        return verdict is None

    def _near(self, when: Condition, rule: Rule, views: Views) -> float | None:
        known = self._compiled.get(id(when))
        if known is None:
            # The condition is kept beside it, so that nobody else's can come to have the same identity.
            known = when, measure_of(when.tree) if when.tree is not None and when.total is None else None
            self._compiled[id(when)] = known
        try:
            near = known[1](views.for_rule(rule)) if known[1] is not None else None
        except Exception:  # noqa: BLE001  # As above.
            return None
        # Without a comparison that it is of, it is no distance.
        return near[0] if near is not None and near[1] is not None and isfinite(near[0]) else None

    def _lacks_host(self, rule: Rule) -> bool:
        asks = rule.when is not None and rule.when.total is not None and rule.when.total.is_left
        return asks and fresh_host(self.setup, self.state, rule, self.at) is None

    def _add_wholes(self) -> None:
        """What is about the whole is as near as the whole is."""
        by_key = {rule.key: rule for rule in self.setup.rules.rules}
        for place, added in self.state.curbs.sums.items():
            rule = by_key.get(place.rule)
            if rule is not None and rule.when is not None and rule.when.total is not None:
                near = share_of_total(rule.when.total, added.amount, added.of)
                self._sums[_key(rule)].come(near)
        for place in self.state.wholes:
            if place.rule in by_key:
                self._sums[_key(by_key[place.rule])].matching += 1

    def rules(self) -> tuple[RuleReading, ...]:
        """Each level of each rule, in their order; when all runs have been judged."""
        self._add_wholes()
        return tuple(self._rule(rule) for rule in self.setup.rules.rules)

    def _rule(self, rule: Rule) -> RuleReading:
        found = self._sums[_key(rule)]
        return RuleReading(
            name=rule.name,
            level=rule.level.value,
            action=rule.action.value,
            severity=rule.severity.value,
            team=rule.team,
            state=self._state(rule, found),
            selected=found.selected,
            matching=found.matching,
            unknown=found.unknown,
            thresholds=thresholds(rule.when.tree) if rule.when is not None and rule.when.tree else (),
            near=found.near,
            judging=found.took / found.timed if found.timed else None,
        )

    def _state(self, rule: Rule, found: _Sum) -> str:
        """The first that is true, the worst first."""
        curbs = self.state.curbs
        if curbs.is_off(rule.key):
            return "disabled"
        if is_silent(self.setup.silences, rule.name, self.at):
            return "silenced"
        if found.selected and found.unknown == found.selected:
            return "unknown"
        if is_gated(self.setup, self.state, rule) or rule.key in curbs.limited:
            return "held"
        return "dry-run" if self.setup.runs_dry(rule) else "enabled"


def _key(rule: Rule) -> tuple[str, str]:
    return rule.name, rule.level.value
