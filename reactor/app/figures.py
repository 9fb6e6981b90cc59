"""Working out how things stand, from what was taken hold of at one moment: containers, rules, budgets.

Everything here is a function of records that do not change any more, so that it can be done in a thread,
beside the loop; nothing here asks a clock, and nothing decides.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from time import thread_time

from reactor.core.amounts import fresh_host
from reactor.core.budgets import left
from reactor.core.container import Container
from reactor.core.exempting import exempted
from reactor.core.gate import is_gated
from reactor.core.groups import Groups
from reactor.core.judging import fresh_sample, needs_samples
from reactor.core.language.nearness import Measure, measure_of
from reactor.core.language.thresholds import share_of_total, thresholds
from reactor.core.obeying import under_orders
from reactor.core.orders import is_silent
from reactor.core.rules import Condition, Rule
from reactor.core.state import Entry, Setup, State
from reactor.core.views import Views
from reactor.observe.breath import breathing
from reactor.observe.labels import Shown
from reactor.observe.readings import ContainerReading, Near, RuleReading

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
class Figures:
    """All that is worked out of one state: one walk through the living runs, for containers and rules."""

    setup: Setup
    state: State
    at: float
    offset: float
    shown: Shown
    _sums: dict[tuple[str, str], _Sum] = field(default_factory=dict)
    _compiled: dict[int, tuple[Condition, Measure | None]] = field(default_factory=dict)
    stale: int = 0

    def containers(self) -> Iterator[ContainerReading]:
        """Each living container; when this is through, the rules are known, too."""
        self.setup = under_orders(self.setup, self.state, self.at)
        self._sums = {_key(rule): _Sum() for rule in self.setup.rules.rules}
        groups = Groups(self.state, self.at)
        for entry in breathing(self.state.living()):
            views = Views(self.setup, entry, self.at, groups)
            self.stale += needs_samples(entry) and fresh_sample(self.setup, entry, self.at) is None
            yield self._container(entry, views, self._nearest(entry, views))

    def rules(self) -> tuple[RuleReading, ...]:
        """Each level of each rule, in their order."""
        self._add_wholes()
        return tuple(self._rule(rule) for rule in self.setup.rules.rules)

    def _container(self, entry: Entry, views: Views, near: tuple[Near, ...]) -> ContainerReading:
        container, view = entry.container, views.usual
        sample = fresh_sample(self.setup, entry, self.at)
        return ContainerReading(
            id=container.id,
            name=container.name,
            image=container.image,
            standing=entry.standing,
            threads=view.pids,
            threads_max=sample.pids_limit if sample else container.pids_limit,
            memory=view.memory,
            memory_limit=sample.memory_limit if sample else container.memory_limit,
            cpu=sample.cpu if sample else None,
            uptime=None if container.born is None else max(0.0, self.at - container.born),
            zombies=view.zombies,
            layer=view.layer_writes,
            state=container.state,
            health=_health(container),
            restarts=container.restarts,
            oom_kills=view.oom_kills,
            cores=view.cpu,
            cores_max=container.limits.cpu,
            created=None if container.created is None else container.created + self.offset,
            read_at=sample.at + self.offset if sample else None,
            near=near,
            labels=self.shown.values(entry.own),
        )

    def _nearest(self, entry: Entry, views: Views) -> tuple[Near, ...]:
        """Judge all rules for this run; the nearest of those that would end it, and of the others."""
        nearest: dict[bool, tuple[bool, float, Rule]] = {}
        for rule in entry.rules:
            ratio = self._judged(entry, rule, views)
            if ratio is None or not entry.governed:
                continue
            found = not self.setup.runs_dry(rule), ratio, rule
            known = nearest.get(rule.ends)
            if known is None or found[:2] > known[:2]:
                nearest[rule.ends] = found
        return tuple(
            Near(rule.name, rule.level.value, rule.action.value, ratio) for _, ratio, rule in nearest.values()
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


def _health(container: Container) -> str:
    """Its own words, and none of a stranger's."""
    return container.health if container.health in {"starting", "healthy", "unhealthy"} else ""


def budgets(setup: Setup, state: State, at: float) -> Mapping[str, tuple[float, float]]:
    """How many tokens the emptiest budget of each kind has, and how many there can be."""
    terms = setup.budgets
    if terms.off:
        return {}
    kinds = {"rule": terms.rule, "owner": terms.owner, "host": terms.host, "hard": terms.hard}
    tokens = {kind: float(budget.most) for kind, budget in kinds.items()}
    for name, bucket in state.curbs.brakes.buckets.items():
        kind = name.partition(" ")[0]
        tokens[kind] = min(tokens[kind], left(kinds[kind], bucket, at))
    return {kind: (tokens[kind], float(budget.most)) for kind, budget in kinds.items()}


def held_back(state: State) -> int:
    """On how many containers the rules that are held back would act, or might."""
    gate = state.curbs.gate
    return len(gate.matches) + (gate.unknown if gate.waiting else 0) if gate.held else 0
