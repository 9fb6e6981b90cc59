"""What a comparison with a constant leaves possible, so that contradictions can be found.

A claim is one comparison with the constant on the right. Whether claims about the same
thing can all be true is decided here; what to say about it is in ``sense``.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from reactor.core.language.closures import constant
from reactor.core.language.kinds import FLIPPED, share_of_limit
from reactor.core.language.tree import Call, Compare, Method, Name, Node
from reactor.core.language.walking import names

_OPPOSITES: Mapping[str, str] = MappingProxyType(
    {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}
)


@dataclass(frozen=True, slots=True)
class Claim:
    """``subject sign value``; ``relative`` if the value is a percentage of the subject's limit."""

    subject: Node
    sign: str
    value: float | str
    relative: bool = False


def claim_of(node: Compare) -> Claim | None:
    """The comparison as a claim, or None if neither side is constant."""
    if node.sign == "in":
        return None
    share = share_of_limit(node)
    if share is not None:
        return Claim(share.subject, share.sign, float(share.percent.value), relative=True)
    sign, subject, fixed = node.sign, node.left, node.right
    if not names(subject):
        sign, subject, fixed = FLIPPED[sign], fixed, subject
    value = constant(fixed) if not names(fixed) else None
    return Claim(subject, sign, value) if value is not None else None


def opposite(claim: Claim) -> Claim:
    """The claim that is true exactly where this one is false."""
    return replace(claim, sign=_OPPOSITES[claim.sign])


def possible(claims: Sequence[Claim]) -> bool:
    """Whether claims about one subject can all be true."""
    equal = {claim.value for claim in claims if claim.sign == "=="}
    unequal = {claim.value for claim in claims if claim.sign == "!="}
    if len(equal) > 1 or equal & unequal:
        return False
    return isinstance(claims[0].value, str) or _range_left(claims)


def never_negative(subject: Node) -> bool:
    """Whether a quantity is at least zero by its nature."""
    return isinstance(subject, Name | Method) or (isinstance(subject, Call) and subject.name != "rate")


def _range_left(claims: Sequence[Claim]) -> bool:
    # A bound that is itself excluded lies a step further in; the second number is that step.
    lows, highs = [_natural_low(claims[0])], [_natural_high(claims[0])]
    for claim in claims:
        value = float(claim.value)
        lows += [(value, 1)] if claim.sign == ">" else [(value, 0)] if claim.sign in (">=", "==") else []
        highs += [(value, -1)] if claim.sign == "<" else [(value, 0)] if claim.sign in ("<=", "==") else []
    low, high = max(lows), min(highs)
    alone = low[0] == high[0] and any(claim.sign == "!=" and claim.value == low[0] for claim in claims)
    return low <= high and not alone


def _natural_low(claim: Claim) -> tuple[float, int]:
    return (0.0, 0) if never_negative(claim.subject) else (-math.inf, 0)


def _natural_high(claim: Claim) -> tuple[float, int]:
    return (100.0, 0) if claim.relative else (math.inf, 0)
