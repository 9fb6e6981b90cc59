"""How far a run is from what a condition waits for: ``pids 187 of 200, 14 more``.

Only comparisons with a constant have a distance; text and whole trees have none. The wording
for people is here, because it goes with the kind of the value; whether a condition holds is in
``closures``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from reactor.core.closures import share_of_limit
from reactor.core.fields import FIELDS, ORDERED
from reactor.core.printing import text_of
from reactor.core.ranges import Claim, claim_of
from reactor.core.rules import View
from reactor.core.tree import Compare, Kind, Name, Node, walk
from reactor.core.units import say_bytes, say_duration, say_number
from reactor.core.values import value_of


@dataclass(frozen=True, slots=True)
class Distance:
    """One comparison of a condition, and how far its value is from the bound.

    ``said`` is for people. ``reached_in`` is in how many seconds a bound on the age is reached, None for
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
        if claim is None or not isinstance(claim.subject, Name) or claim.sign in ("==", "!="):
            continue
        if isinstance(claim.value, str) or FIELDS[claim.subject.name].kind not in ORDERED:
            continue
        assert isinstance(node, Compare)  # noqa: S101 - Only a comparison makes a claim.
        yield _distance(node, claim, claim.subject.name, view)


def _distance(node: Compare, claim: Claim, name: str, view: View) -> Distance:
    text, kind = text_of(node), FIELDS[name].kind
    value, bound = value_of(Name(name))(view), float(claim.value)
    if claim.relative:
        limit = getattr(view, FIELDS[name].limit)
        if value is not None and (limit is None or limit <= 0):
            return Distance(text, f"{name} has no limit")
        bound = bound / 100 * limit if limit is not None else bound
    if value is None or (claim.relative and share_of_limit(node) is None):
        return Distance(text, f"{name} is unknown")
    missing = bound - value if claim.sign in (">", ">=") else value - bound
    share = value / bound if bound > 0 else None
    said = f"{name} {_said(kind, value)} of {_said(kind, bound)}"
    if missing < 0 or (missing == 0 and claim.sign in (">=", "<=")):
        return Distance(text, f"{said}: beyond it", share)
    towards = "to go" if claim.sign in (">", ">=") else "above it"
    ages = name == "age" and claim.sign in (">", ">=")
    return Distance(text, f"{said}: {_said(kind, missing)} {towards}", share, missing if ages else None)


def _said(kind: Kind, value: float) -> str:
    whole = int(value) if float(value).is_integer() else value
    match kind:
        case Kind.BYTES:
            return say_bytes(value)
        case Kind.DURATION:
            return say_duration(value)
        case _:
            return say_number(whole)
