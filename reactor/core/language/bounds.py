"""The constants that a condition compares readings with: passing one is to be told at once.

Only finding them belongs here; where a reading lies between them is for those who read to say.
"""

from dataclasses import dataclass

from reactor.core.language.ranges import Claim, claim_of
from reactor.core.language.tree import Compare, Name, Node
from reactor.core.language.units import exact
from reactor.core.language.walking import walk

QUICK = frozenset({"memory", "pids"})
"""The fields that can be read as often as one likes."""
_AGES = frozenset({"age", "total_age"})
_OTHERS = frozenset({"cpu", "pids_limit", "memory_limit"})


@dataclass(frozen=True, slots=True, order=True)
class Bound:
    """What ``field`` is compared with: bytes, processes, or a percentage of its limit if ``relative``."""

    field: str
    value: float
    relative: bool = False

    @property
    def ratio(self) -> tuple[int, int]:
        """The number, or the part of the limit, exactly: numerator and denominator."""
        return (exact(self.value) / (100 if self.relative else 1)).as_integer_ratio()


def bounds_of(tree: Node) -> frozenset[Bound]:
    """All bounds in a condition, whatever stands around them."""
    claims = (claim_of(node) for node in walk(tree) if isinstance(node, Compare))
    found = (_bound(claim) for claim in claims if claim is not None)
    return frozenset(bound for bound in found if bound is not None)


def is_plain(tree: Node) -> bool:
    """Whether readings matter to a condition only by the bounds that they pass."""
    bounded = sum(_bound(claim) is not None for node in walk(tree) if (claim := _claim(node)) is not None)
    read = sum(isinstance(node, Name) and node.name in QUICK for node in walk(tree))
    return bounded == read


def is_bounded(tree: Node) -> bool:
    """Whether no part of a reading matters to a condition but by the bounds that it passes."""
    return is_plain(tree) and not any(isinstance(node, Name) and node.name in _OTHERS for node in walk(tree))


def ages_of(tree: Node) -> tuple[tuple[str, float], ...] | None:
    """What ages are compared with, by their names; None if they are read in any other way."""
    claims = (claim_of(node) for node in walk(tree) if isinstance(node, Compare))
    ages = [
        (claim.subject.name, claim.value) for claim in claims if claim and isinstance(claim.subject, Name)
    ]
    found = tuple((name, float(value)) for name, value in ages if name in _AGES)
    read = sum(isinstance(node, Name) and node.name in _AGES for node in walk(tree))
    return found if len(found) == read else None


def _claim(node: Node) -> Claim | None:
    return claim_of(node) if isinstance(node, Compare) else None


def _bound(claim: Claim) -> Bound | None:
    subject, value = claim.subject, claim.value
    if not isinstance(subject, Name) or subject.name not in QUICK or isinstance(value, str):
        return None
    return Bound(subject.name, float(value), claim.relative)
