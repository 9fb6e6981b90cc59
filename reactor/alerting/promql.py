"""A condition in PromQL: true for the same containers, as far as a scrape can see.

What is unknown to a rule has no series, so that both say nothing then. Only comparisons of what a
metric shows with a constant, and ``&&``, ``||`` and ``!`` over these, can be said; whatever else a condition
asks makes it ``NotInMetrics``, whole: half of a condition would be another one. Which containers a rule is
about is in ``whom``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from reactor.alerting.gauges import COUNTED, GAUGES, HOST_AVAILABLE, SAME, SHARE, Gauge
from reactor.core.language.printing import brief
from reactor.core.language.ranges import Claim, claim_of, opposite
from reactor.core.language.tree import Compare, Logic, Name, Node, Not
from reactor.core.language.units import exact
from reactor.core.rules import Total

_RISING = frozenset({">", ">="})
_FALLING = frozenset({"<", "<="})


class NotInMetrics(Exception):
    """A rule asks for what no metric shows; the message says what that is."""


@dataclass(frozen=True, slots=True)
class Said:
    """An expression, and how its value is said."""

    expr: str
    value: str


def expression(tree: Node, near: Fraction = Fraction(1)) -> Said:
    """The condition, with every bound that is reached by growing taken at a share of itself."""
    match tree:
        case Compare():
            return _compared(_claim(tree), near)
        case Not(operand=Compare() as operand):
            return _compared(opposite(_claim(operand)), near)
        case Logic(sign=sign, parts=parts):
            return _joined(sign, [expression(part, near) for part in parts])
        case _:
            raise NotInMetrics(f"{brief(tree)} is no comparison with a number")


def has_bound(tree: Node) -> bool:
    """Whether anything in it can be near: a comparison that is reached by growing."""
    match tree:
        case Compare():
            return (claim := claim_of(tree)) is not None and claim.sign in _RISING
        case Not(operand=Compare() as operand):
            return (claim := claim_of(operand)) is not None and opposite(claim).sign in _RISING
        case Logic(parts=parts):
            return any(has_bound(part) for part in parts)
        case _:
            return False


def total_expression(total: Total, of: str, near: Fraction = Fraction(1)) -> Said:
    """A condition about the whole; ``of`` are the info series of those that are added up."""
    bound = exact(total.value)
    if total.whole == "owner":
        raise NotInMetrics("no metric says whose a container is")
    if total.is_left:
        if total.share:
            raise NotInMetrics("no metric has the whole memory of the host")
        return Said(f"{HOST_AVAILABLE} {total.sign} {_number(bound / near)}", GAUGES["memory"].said)
    gauge = GAUGES[total.field]
    summed = f"sum by (job, instance, engine) ({gauge.expr} * {SAME} group_left () {of})"
    return Said(f"{summed} {total.sign} {_number(bound * near)}", gauge.said)


def _claim(node: Compare) -> Claim:
    claim = claim_of(node)
    if claim is None or not isinstance(claim.value, int | float) or isinstance(claim.value, bool):
        raise NotInMetrics(f"{brief(node)} is no comparison with a number")
    return claim


def _compared(claim: Claim, near: Fraction) -> Said:
    gauge = _gauge(claim.subject)
    bound = exact(float(claim.value)) * (near if claim.sign in _RISING else 1)
    if claim.relative:
        return Said(f"{gauge.expr} / {gauge.limit} {claim.sign} {_number(bound / 100)}", SHARE)
    return Said(f"{gauge.expr} {claim.sign} {_number(bound)}", gauge.said)


def _gauge(subject: Node) -> Gauge:
    gauge = GAUGES.get(subject.name) if isinstance(subject, Name) else None
    if gauge is None:
        raise NotInMetrics(f"no metric shows {brief(subject)}")
    return gauge


def _joined(sign: str, parts: Iterable[Said]) -> Said:
    # The same labels on both sides, but not the same name: so by container.
    found = list(parts)
    word = f" and {SAME} " if sign == "&&" else f" or {SAME} "
    alike = sign == "&&" or len({part.value for part in found}) == 1
    return Said(word.join(f"({part.expr})" for part in found), found[0].value if alike else COUNTED)


def _number(number: Fraction) -> str:
    """A number that Prometheus reads as the same one."""
    return str(number.numerator) if number.denominator == 1 else repr(float(number))
