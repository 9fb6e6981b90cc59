"""How values and answers are put together, unknown (None) included. Nothing raises.

Unknown spreads through values and comparisons; through ``&&`` and ``||`` only as far as the other
side leaves it open, as in CEL. Which of these a tree is made of is decided in ``closures``.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from reactor.core.rules import View

Value = Callable[[View], Any]
"""A number, a text, a truth or a list, or None for unknown."""
Test = Callable[[View], bool | None]


def against(sign: Callable[[Any, Any], bool], get: Value, fixed: Any) -> Test:
    """A value and a constant: the shortest path, for the comparison that nearly every rule is made of."""

    def test(view: View) -> bool | None:
        value = get(view)
        return None if value is None else sign(value, fixed)

    return test if fixed is not None else lambda _: None


def between(sign: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
    """Two values and what a sign makes of them."""

    def test(view: View) -> Any:
        one, other = left(view), right(view)
        return None if one is None or other is None else sign(one, other)

    return test


def share(get: Value, limit: Value, sign: str, percent: Fraction) -> Test:
    """A value and a percentage of its limit."""
    # Both sides are multiplied out, so that whole numbers are compared and 80% is exactly that.
    part, whole, compare = percent.numerator, percent.denominator, SIGNS[sign]

    def test(view: View) -> bool | None:
        value, most = get(view), limit(view)
        if value is None or most is None or most <= 0:
            return None
        return compare(value * whole, most * part)

    return test


def calculated(sign: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
    """Two numbers and what they come to."""

    def value(view: View) -> Any:
        one, other = left(view), right(view)
        if one is None or other is None:
            return None
        try:
            return sign(one, other)
        except ArithmeticError:
            return None  # Divided by zero, or too large to be told.

    return value


def chosen(test: Test, yes: Value, no: Value) -> Value:
    """One of two; unknown if it is not known which."""

    def value(view: View) -> Any:
        answer = test(view)
        if answer is None:
            return None
        return yes(view) if answer else no(view)

    return value


def negated(test: Test) -> Test:
    """The opposite."""

    def opposite(view: View) -> bool | None:
        answer = test(view)
        return None if answer is None else not answer

    return opposite


def every(tests: Sequence[Test]) -> Test:
    """Whether all of them hold: one that does not is enough to know."""

    def all_of(view: View) -> bool | None:
        verdict: bool | None = True
        for test in tests:
            answer = test(view)
            if answer is False:
                return False
            if answer is None:
                verdict = None
        return verdict

    return all_of


def some(tests: Sequence[Test]) -> Test:
    """Whether any of them holds: one that does is enough to know."""

    def any_of(view: View) -> bool | None:
        verdict: bool | None = False
        for test in tests:
            answer = test(view)
            if answer:
                return True
            if answer is None:
                verdict = None
        return verdict

    return any_of


def is_in(item: Any, whole: Any) -> bool:
    """Whether something is in a list, or a key in labels."""
    return item in whole


def _divided(one: float, other: float) -> float:
    if isinstance(one, int) and isinstance(other, int):
        # As in CEL, whole numbers stay whole and lose what is behind the point.
        return abs(one) // abs(other) * (1 if (one < 0) is (other < 0) else -1)
    return one / other


SUMS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": _divided}
)
"""The signs between two numbers."""
SIGNS: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
        "==": operator.eq,
        "!=": operator.ne,
    }
)
"""The signs of a comparison."""
