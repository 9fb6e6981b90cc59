"""The rule that a run is nearest to, and by how much: what the list of containers is sorted by.

What acts comes before what only says so: near the end is another thing than near a remark. How near a
condition is, is found in ``core.language.nearness``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from reactor.core.language.nearness import HOLDS, Gauge, Measure, Near, measure_of
from reactor.core.language.tree import Kind
from reactor.core.rules import Condition, Level, Rule, View
from reactor.core.state import Entry

FARTHEST = 1e6
"""No share is told that is more."""
MOST_KEPT = 4096
"""Measures that are kept: labels of containers can make any number of stricter conditions."""
UNITS = {Kind.BYTES: "bytes", Kind.DURATION: "seconds", Kind.COUNT: "count"}


class Nearest(msgspec.Struct, frozen=True, gc=False):
    """``value`` of ``bound`` by one comparison of a rule; ``share`` is 1 where the rule begins to hold.

    ``dry_run`` tells that the rule itself only says what it would do, as in the metrics.
    """

    rule: str
    level: str
    action: str
    dry_run: bool
    field: str
    unit: str
    value: float
    bound: float
    share: float


@dataclass(frozen=True, slots=True)
class Stands:
    """What the rules make of one run: the nearest, those that hold, and those that cannot be judged."""

    nearest: Nearest | None
    holding: tuple[Rule, ...]
    unknown: tuple[Rule, ...]


class Measures:
    """Asks the rules of one entry after the other; keeps what was compiled for that."""

    def __init__(self) -> None:
        self._kept: dict[str, Measure] = {}

    def stands(self, entry: Entry, view: View) -> Stands:
        """How the rules for this run stand to it, seen like this."""
        best: _Best | None = None
        holding, unknown = [], []
        for rule, condition in _judged_alone(entry.rules):
            verdict = _verdict(condition, view)
            if verdict is None:
                unknown.append(rule)
            elif verdict:
                holding.append(rule)
            live = not rule.dry_run
            if best is not None and best.live and not live:
                continue  # It could not be the nearest.
            near = self._measure(condition)(view)
            if near is None or near[1] is None or near[0] == HOLDS:
                continue
            if best is None or (live, near[0]) > (best.live, best.share):
                best = _Best(live, near[0], rule, near[1])
        return Stands(_told(best, view), tuple(holding), tuple(unknown))

    def _measure(self, condition: Condition) -> Measure:
        measure = self._kept.get(condition.text)
        if measure is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            measure = self._kept[condition.text] = measure_of(condition.tree) if condition.tree else _nothing
        return measure


@dataclass(slots=True)
class _Best:
    live: bool
    share: float
    rule: Rule
    gauge: Gauge


def _nothing(_: View) -> Near | None:
    return None


def _judged_alone(rules: Iterable[Rule]) -> Iterator[tuple[Rule, Condition]]:
    """The rules that a condition alone decides, about one run: no trigger, no sum over others."""
    for rule in rules:
        if rule.when is not None and rule.on is None and not rule.waits:
            yield rule, rule.when


def _verdict(condition: Condition, view: View) -> bool | None:
    try:
        return condition.test(view)
    except Exception:  # noqa: BLE001  # A defect of one rule must not hide all containers; the core counts it.
        return None


def _told(best: _Best | None, view: View) -> Nearest | None:
    if best is None:
        return None
    value, bound = best.gauge.value(view), best.gauge.bound(view)
    if value is None or bound is None:
        return None
    rule = best.rule
    return Nearest(
        rule=rule.name,
        level="" if rule.level is Level.ONLY else rule.level.value,
        action=rule.action.value,
        dry_run=not best.live,
        field=best.gauge.name,
        unit=UNITS.get(best.gauge.kind, "number"),
        value=value,
        bound=bound,
        share=min(best.share, FARTHEST),
    )
