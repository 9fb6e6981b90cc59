"""How near a run is to a condition, as one number: 1 where it holds, 0 where it is far away or cannot.

And the thresholds of a condition, as numbers that can be drawn. Only comparisons with a constant count: a
condition without one has no nearness. What is said of a distance in words is in ``distance``.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reactor.core.language.closures import test_of, value_of
from reactor.core.language.fields import ORDERED
from reactor.core.language.kinds import kind_of, share_of_limit
from reactor.core.language.printing import brief
from reactor.core.language.ranges import Claim, claim_of
from reactor.core.language.totals import bound_of, total_of
from reactor.core.language.tree import Compare, Kind, Logic, Name, Node
from reactor.core.language.walking import walk
from reactor.core.rules import Total, View

Nearness = Callable[[View], float | None]
"""How near a run is; None where that is unknown, without end where nothing but a threshold is missing."""

_UNITS = {Kind.BYTES: "bytes", Kind.DURATION: "seconds"}
_UPWARDS = (">", ">=")
_SIGNS = (*_UPWARDS, "<", "<=")


@dataclass(frozen=True, slots=True)
class Threshold:
    """``field sign value``, in bytes, seconds, cores or as a count; a ``ratio`` is one of the own limit."""

    field: str
    sign: str
    unit: str
    value: float


def nearness_of(tree: Node) -> Nearness | None:
    """How near a run is to this condition, as a function; None if there is nothing to be near to."""
    if not any(_bound(node) for node in walk(tree)):
        return None
    near = _nearness(tree)

    def found(view: View) -> float | None:
        value = near(view)
        return 1.0 if value is not None and math.isinf(value) else value

    return found


def nearness_of_total(total: Total, amount: float, of: int = 0) -> float | None:
    """How near the whole is; ``of`` is all that the host has, where a share of it is meant."""
    return _ratio(amount, bound_of(total, of), upwards=not total.is_left)


def thresholds(tree: Node) -> tuple[Threshold, ...]:
    """What this condition compares its fields with; of several for one field the one that comes first."""
    found: dict[tuple[str, str, str], float] = {}
    for each in _thresholds(tree):
        key = each.field, each.sign, each.unit
        first = min if each.sign in _UPWARDS else max
        found[key] = first(each.value, found.get(key, each.value))
    return tuple(Threshold(*key, value) for key, value in found.items())


def _thresholds(tree: Node) -> Iterator[Threshold]:
    total = total_of(tree)
    if total is not None:
        unit = "ratio" if total.share else "bytes" if total.part == "memory" else "count"
        value = total.value / 100 if total.share else total.value
        yield Threshold(f"{total.whole}.{total.field}", total.sign, unit, value)
        return
    for node in walk(tree):
        claim = _bound(node)
        if claim is not None:
            value = float(claim.value)
            unit = "ratio" if claim.relative else _unit(claim.subject)
            yield Threshold(brief(claim.subject), claim.sign, unit, value / 100 if claim.relative else value)


def _unit(subject: Node) -> str:
    if isinstance(subject, Name) and subject.name == "cpu":
        return "cores"
    return _UNITS.get(kind_of(subject), "count")


def _bound(node: Node) -> Claim | None:
    """The comparison of something that can be counted with a constant, if it is one."""
    claim = claim_of(node) if isinstance(node, Compare) else None
    if claim is None or claim.sign not in _SIGNS or not isinstance(claim.value, int | float):
        return None
    return claim if kind_of(claim.subject) in ORDERED else None


def _nearness(node: Node) -> Nearness:
    if isinstance(node, Logic):
        parts = tuple(_nearness(part) for part in node.parts)
        return _every(parts) if node.sign == "&&" else _some(parts)
    claim = _bound(node)
    return _truth(node) if claim is None or not isinstance(node, Compare) else _compared(node, claim)


def _truth(node: Node) -> Nearness:
    """What is only true or false is no matter of near and far."""
    test = test_of(node)

    def near(view: View) -> float | None:
        holds = test(view)
        return None if holds is None else math.inf if holds else 0.0

    return near


def _compared(node: Compare, claim: Claim) -> Nearness:
    value_in, plain = value_of(claim.subject), _truth(node)
    share, upwards, constant = share_of_limit(node), claim.sign in _UPWARDS, float(claim.value)
    limit_in = value_of(Name(share.limit)) if share is not None else None

    def near(view: View) -> float | None:
        value = value_in(view)
        if value is None:
            return None
        bound = constant
        if limit_in is not None:
            limit = limit_in(view)
            if limit is None or limit <= 0:
                return None
            bound = constant / 100 * limit
        ratio = _ratio(value, bound, upwards=upwards)
        # Of nothing, and of less than nothing, there are no parts.
        return plain(view) if ratio is None else ratio

    return near


def _ratio(value: float, bound: float, *, upwards: bool) -> float | None:
    over, under = (value, bound) if upwards else (bound, value)
    return over / under if over >= 0 and under > 0 else None


def _every(parts: tuple[Nearness, ...]) -> Nearness:
    def near(view: View) -> float | None:
        values = [part(view) for part in parts]
        if 0.0 in values:
            return 0.0
        known = [value for value in values if value is not None]
        return min(known) if len(known) == len(values) else None

    return near


def _some(parts: tuple[Nearness, ...]) -> Nearness:
    def near(view: View) -> float | None:
        values = [part(view) for part in parts]
        known = [value for value in values if value is not None]
        nearest = max(known, default=0.0)
        # What is not known may be nearer, unless it is reached already.
        return nearest if len(known) == len(values) or nearest >= 1 else None

    return near
