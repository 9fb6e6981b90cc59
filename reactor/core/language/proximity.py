"""Which comparison of a condition a run is nearest to: what stands beside the number of ``nearness``.

The share is the same, and 1 is the bound itself. Where all parts have to hold the farthest one counts,
where one is enough the nearest; what cannot come nearer (a name, a state) only lets it hold or does not.
Compiled once, because ten thousand runs are asked at a time; how far it is in words is in ``distance``.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from reactor.core.language.closures import test_of, value_of
from reactor.core.language.fields import ORDERED
from reactor.core.language.kinds import kind_of, share_of_limit
from reactor.core.language.printing import brief
from reactor.core.language.ranges import Claim, claim_of
from reactor.core.language.tree import Compare, Kind, Logic, Name, Node
from reactor.core.rules import View

Value = Callable[[View], float | int | None]
_UPWARDS, _DOWNWARDS = frozenset({">", ">="}), frozenset({"<", "<="})
HOLDS, FAILS = math.inf, 0.0
"""The shares of what has no distance: it stands in the way of nothing, or of everything."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """One comparison that can come nearer: what is compared, and what its numbers are counted in."""

    name: str
    kind: Kind
    value: Value
    bound: Value
    upwards: bool = True


Near = tuple[float, Gauge | None]
"""The share, and the comparison that it is of; none where nothing in it can come nearer."""
Measure = Callable[[View], Near | None]
"""None is unknown."""


def measure_of(tree: Node) -> Measure:
    """A checked condition as a measure. It never raises."""
    if isinstance(tree, Logic):
        join = _farthest if tree.sign == "&&" else _nearest
        return join(tuple(measure_of(part) for part in tree.parts))
    gauge = _gauge(tree) if isinstance(tree, Compare) else None
    return _given(tree) if gauge is None or not isinstance(tree, Compare) else _measured(tree, gauge)


def _gauge(node: Compare) -> Gauge | None:
    claim = claim_of(node)
    if claim is None or claim.sign not in _UPWARDS | _DOWNWARDS or kind_of(claim.subject) not in ORDERED:
        return None
    if not isinstance(claim.value, int | float):
        return None
    bound = _bound(node, claim, float(claim.value))
    upwards = claim.sign in _UPWARDS
    return Gauge(brief(claim.subject), kind_of(claim.subject), value_of(claim.subject), bound, upwards)


def _bound(node: Compare, claim: Claim, number: float) -> Value:
    share = share_of_limit(node) if claim.relative else None
    if share is None:
        return lambda _: number
    limit, part = value_of(Name(share.limit)), number / 100

    def of_limit(view: View) -> float | None:
        found = limit(view)
        return None if found is None or found <= 0 else found * part

    return of_limit


def _measured(node: Compare, gauge: Gauge) -> Measure:
    otherwise = _given(node)

    def measure(view: View) -> Near | None:
        value = gauge.value(view)
        bound = gauge.bound(view) if value is not None else None
        if value is None or bound is None:
            return None
        over, under = (value, bound) if gauge.upwards else (bound, value)
        # Of nothing, and of less than nothing, there are no parts.
        return (over / under, gauge) if over >= 0 and under > 0 else otherwise(view)

    return measure


def _given(node: Node) -> Measure:
    test = test_of(node)

    def measure(view: View) -> Near | None:
        verdict = test(view)
        return None if verdict is None else (HOLDS if verdict else FAILS, None)

    return measure


def _farthest(parts: tuple[Measure, ...]) -> Measure:
    def measure(view: View) -> Near | None:
        found = [part(view) for part in parts]
        known = [near for near in found if near is not None]
        # What fails decides it, whatever is unknown beside it.
        least = min(known, key=_share, default=None)
        return least if len(known) == len(found) or (least is not None and least[0] == FAILS) else None

    return measure


def _nearest(parts: tuple[Measure, ...]) -> Measure:
    def measure(view: View) -> Near | None:
        found = [part(view) for part in parts]
        known = [near for near in found if near is not None]
        most = max(known, key=_share, default=(FAILS, None))
        # What is not known may be nearer, unless it is reached already.
        return most if len(known) == len(found) or most[0] >= 1 else None

    return measure


def _share(near: Near) -> float:
    return near[0]
