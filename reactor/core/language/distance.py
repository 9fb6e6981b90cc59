"""How far a run is from what a condition waits for: ``pids 187 of 200, 14 more``.

Only comparisons with a constant have a distance; text and whole trees have none. The wording
for people is here, because it goes with the kind of the value; whether a condition holds is in
``closures``.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from reactor.core.lacking import has_no_limit
from reactor.core.language.closures import value_of
from reactor.core.language.contrast import beside, order_of
from reactor.core.language.fields import ORDERED
from reactor.core.language.kinds import kind_of, share_of_limit
from reactor.core.language.printing import brief, text_of
from reactor.core.language.ranges import Claim, claim_of
from reactor.core.language.totals import bound_of, exceeds, say_amount, say_of
from reactor.core.language.tree import Compare, Kind, Name, Node
from reactor.core.language.units import say_bytes, say_duration, say_number
from reactor.core.language.walking import walk
from reactor.core.rules import Total, View

AGES = ("age", "total_age")
"""What grows by a second each second."""


@dataclass(frozen=True, slots=True)
class Distance:
    """One comparison of a condition, and how far its value is from the bound.

    ``said`` is for people. ``reached_in`` is in how many seconds a bound on an age is reached, None for
    all other values: nobody knows how they go on. ``share`` is the value in parts of the bound.
    """

    comparison: str
    said: str
    share: float | None = None
    reached_in: float | None = None


def distances(tree: Node, view: View) -> tuple[Distance, ...]:
    """The distances of all comparisons with a constant, in the order in which they are written."""
    return tuple(_distances(tree, view))


def _distances(tree: Node, view: View) -> Iterator[Distance]:
    for node in walk(tree):
        claim = claim_of(node) if isinstance(node, Compare) else None
        if claim is None or claim.sign in ("==", "!=") or kind_of(claim.subject) not in ORDERED:
            continue
        if isinstance(node, Compare) and isinstance(claim.value, int | float):
            yield _distance(node, claim, float(claim.value), view)


def _distance(node: Compare, claim: Claim, bound: float, view: View) -> Distance:
    text, name, kind = text_of(node), brief(claim.subject), kind_of(claim.subject)
    value = value_of(claim.subject)(view)
    share = share_of_limit(node)
    if share is not None and has_no_limit(view, share.limit):
        return Distance(text, f"it has no {share.limit.replace('_', ' ')}")
    if value is None:
        return Distance(text, f"{name} is unknown")
    if share is not None:
        limit = value_of(Name(share.limit))(view)
        if limit is None or limit <= 0:
            return Distance(text, f"its {share.limit.replace('_', ' ')} is unknown")
        bound = bound / 100 * limit
    near = beside(partial(_said, kind, value), partial(_said, kind, bound), order_of(value, bound))
    return _measured(text, claim, f"{name} {near} of {_said(kind, bound)}", value, bound)


def distance_of(total: Total, known: float, of: int = 0) -> Distance:
    """How far the whole is from the bound of a condition about it. What is not known is not in it."""
    bound, said = bound_of(total, of), say_of(total, known, of)
    part = known / bound if bound > 0 else None
    missing, towards = (known - bound, "above it") if total.is_left else (bound - known, "to go")
    far = "beyond it" if exceeds(total, known, of) else f"{say_amount(total, missing)} {towards}"
    return Distance(f"{total.whole}.{total.field}", f"{said}: {far}", part)


def _measured(text: str, claim: Claim, said: str, value: float, bound: float) -> Distance:
    upwards = claim.sign in (">", ">=")
    missing = bound - value if upwards else value - bound
    if math.isinf(value):
        # What does not go on growing never gets there. No machine reads an infinite number.
        return Distance(text, f"{brief(claim.subject)}: never, as it goes on now")
    part = value / bound if bound > 0 else None
    if missing < 0 or (missing == 0 and claim.sign in (">=", "<=")):
        return Distance(text, f"{said}: beyond it", part)
    towards = "to go" if upwards else "above it"
    far = f"{_said(kind_of(claim.subject), missing)} {towards}" if missing else "right at it"
    reached = missing if upwards and _is_age(claim.subject) else None
    return Distance(text, f"{said}: {far}", part, reached)


def _is_age(subject: Node) -> bool:
    """Whether time alone makes it more."""
    return isinstance(subject, Name) and subject.name in AGES


def _said(kind: Kind, value: float, finer: int = 0) -> str:
    whole = int(value) if float(value).is_integer() else value
    match kind:
        case Kind.BYTES:
            return say_bytes(value, finer)
        case Kind.DURATION:
            return say_duration(value, finer)
        case _:
            return say_number(whole, finer)
