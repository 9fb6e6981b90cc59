"""The thresholds of a condition, as numbers that can be drawn: with what it compares which field.

How near a run is to them is in ``nearness``, and in words in ``distance``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from reactor.core.language.fields import ORDERED
from reactor.core.language.kinds import kind_of
from reactor.core.language.printing import brief
from reactor.core.language.ranges import Claim, claim_of
from reactor.core.language.totals import bound_of, total_of
from reactor.core.language.tree import Compare, Kind, Name, Node
from reactor.core.language.walking import walk
from reactor.core.rules import Total

_UNITS: Mapping[Kind, str] = MappingProxyType({Kind.BYTES: "bytes", Kind.DURATION: "seconds"})
_UPWARDS = (">", ">=")


@dataclass(frozen=True, slots=True)
class Threshold:
    """``field sign value``; the unit is bytes, seconds, cores, count, or ratio for parts of the own limit."""

    field: str
    sign: str
    unit: str
    value: float


def thresholds(tree: Node) -> tuple[Threshold, ...]:
    """What this condition compares its fields with; of several for one field the one that comes first."""
    found: dict[tuple[str, str, str], float] = {}
    total = total_of(tree)
    for each in _of_claims(tree) if total is None else (_of_total(total),):
        key = each.field, each.sign, each.unit
        first = min if each.sign in _UPWARDS else max
        found[key] = first(each.value, found.get(key, each.value))
    return tuple(Threshold(*key, value) for key, value in found.items())


def share_of_total(total: Total, amount: float, of: int = 0) -> float | None:
    """How near the whole is to the bound, which is 1; ``of`` is all that the host has."""
    bound = bound_of(total, of)
    over, under = (bound, amount) if total.is_left else (amount, bound)
    return over / under if under > 0 else None


def _of_total(total: Total) -> Threshold:
    field = f"{total.whole}.{total.field}"
    if total.share:
        return Threshold(field, total.sign, "ratio", total.value / 100)
    return Threshold(field, total.sign, "bytes" if total.part == "memory" else "count", total.value)


def _of_claims(tree: Node) -> Iterator[Threshold]:
    for node in walk(tree):
        claim = claim_of(node) if isinstance(node, Compare) else None
        if claim is None or claim.sign in {"==", "!="} or kind_of(claim.subject) not in ORDERED:
            continue
        if isinstance(claim.value, int | float):
            yield _of_claim(claim, float(claim.value))


def _of_claim(claim: Claim, value: float) -> Threshold:
    name = brief(claim.subject)
    if claim.relative:
        return Threshold(name, claim.sign, "ratio", value / 100)
    return Threshold(name, claim.sign, _unit(claim.subject), value)


def _unit(subject: Node) -> str:
    if isinstance(subject, Name) and subject.name == "cpu":
        return "cores"
    return _UNITS.get(kind_of(subject), "count")
