"""How near a run is to what a whole condition waits for, as one number: 1 is the bound itself.

A comparison that time or use brings nearer counts by its value in parts of its bound; all else in a condition
(a name, a state, ``pids < 3``) only lets it hold or does not. Where all parts have to hold the farthest one
counts, where one is enough the nearest. Compiled once, as a condition is, because ten thousand are asked at a
time; how far it is in words is in ``distance``.
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
HOLDS, FAILS = math.inf, 0.0
"""The shares of what has no distance: it stands in the way of nothing, or of everything."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """One comparison that can come nearer: what is compared, and what its numbers are counted in."""

    name: str
    kind: Kind
    value: Value
    bound: Value


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
    return _measured(gauge) if gauge is not None else _given(tree)


def _gauge(node: Compare) -> Gauge | None:
    claim = claim_of(node)
    if claim is None or claim.sign not in {">", ">="} or kind_of(claim.subject) not in ORDERED:
        return None
    if not isinstance(claim.value, int | float) or claim.value <= 0:
        return None
    bound = _bound(node, claim, float(claim.value))
    return Gauge(brief(claim.subject), kind_of(claim.subject), value_of(claim.subject), bound)


def _bound(node: Compare, claim: Claim, number: float) -> Value:
    share = share_of_limit(node) if claim.relative else None
    if share is None:
        return lambda _: number
    limit, part = value_of(Name(share.limit)), number / 100

    def of_limit(view: View) -> float | None:
        found = limit(view)
        return None if found is None or found <= 0 else found * part

    return of_limit


def _measured(gauge: Gauge) -> Measure:
    def measure(view: View) -> Near | None:
        value = gauge.value(view)
        bound = gauge.bound(view) if value is not None else None
        if value is None or bound is None or not math.isfinite(value):
            return None
        return max(0.0, value / bound), gauge

    return measure


def _given(node: Node) -> Measure:
    test = test_of(node)

    def measure(view: View) -> Near | None:
        verdict = test(view)
        return None if verdict is None else (HOLDS if verdict else FAILS, None)

    return measure


def _farthest(parts: tuple[Measure, ...]) -> Measure:
    def measure(view: View) -> Near | None:
        found: Near | None = (HOLDS, None)
        for part in parts:
            near = part(view)
            # What fails decides it, whatever is unknown beside it.
            if near is not None and near[0] == FAILS and near[1] is None:
                return near
            found = min(found, near, key=_share) if found is not None and near is not None else None
        return found

    return measure


def _nearest(parts: tuple[Measure, ...]) -> Measure:
    def measure(view: View) -> Near | None:
        known = [near for part in parts if (near := part(view)) is not None]
        return max(known, key=_share, default=None)

    return measure


def _share(near: Near) -> float:
    return near[0]
