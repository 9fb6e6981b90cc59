"""A checked tree as a function of a view: True, False, or None for unknown. It never raises.

Only the compiling of conditions belongs here; what they compare is compiled in ``values``.
A tree that ``checker`` has not passed may not come in.

Unknown spreads through values and comparisons; through ``&&`` and ``||`` only as far as the
other side leaves it open, as in CEL.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from reactor.core.fields import FIELDS
from reactor.core.rules import View
from reactor.core.tree import (
    Compare,
    Items,
    Kind,
    Literal,
    Logic,
    Method,
    Name,
    Node,
    Not,
    names,
)
from reactor.core.units import exact
from reactor.core.values import NotCheckedError, Value, constant, value_of

Test = Callable[[View], bool | None]

FLIPPED: Mapping[str, str] = MappingProxyType(
    {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
)
"""The sign of a comparison that is read from right to left."""


def test_of(node: Node) -> Test:
    """A condition as a function."""
    match node:
        case Literal(value=bool(value)):
            return lambda _: value
        case Not():
            return _negated(test_of(node.operand))
        case Logic():
            join = _every if node.sign == "&&" else _some
            return join(tuple(test_of(part) for part in node.parts))
        case Compare():
            return _comparison(node)
        case Method():
            return _method(node)
        case _:
            raise NotCheckedError(node)


def share_of_limit(node: Compare) -> tuple[str, str, Literal] | None:
    """Field, sign and percentage of a comparison with a percentage, read with the field first."""
    match node:
        case Compare(left=Name(name=name), right=Literal(kind=Kind.PERCENT) as percent):
            return name, node.sign, percent
        case Compare(left=Literal(kind=Kind.PERCENT) as percent, right=Name(name=name)):
            return name, FLIPPED[node.sign], percent
        case _:
            return None


def _comparison(node: Compare) -> Test:
    if node.sign == "in":
        return _within(node)
    share = share_of_limit(node)
    if share is not None:
        return _relative(*share)
    sign, left, right = node.sign, node.left, node.right
    if not names(left):
        sign, left, right = FLIPPED[sign], right, left
    if not names(right):
        return _against(_SIGNS[sign], value_of(left), constant(right))
    return _between(_SIGNS[sign], value_of(left), value_of(right))


def _against(sign: Callable[[Any, Any], bool], get: Value, fixed: Any) -> Test:
    """The shortest path, for the comparison that nearly every rule is made of."""

    def test(view: View) -> bool | None:
        value = get(view)
        return None if value is None else sign(value, fixed)

    return test if fixed is not None else lambda _: None


def _between(sign: Callable[[Any, Any], bool], left: Value, right: Value) -> Test:
    def test(view: View) -> bool | None:
        one, other = left(view), right(view)
        return None if one is None or other is None else sign(one, other)

    return test


def _relative(name: str, sign: str, percent: Literal) -> Test:
    # Both sides are multiplied out, so that whole numbers are compared and 80% is exactly that.
    share = exact(float(percent.value)) / 100
    part, whole, compare = share.numerator, share.denominator, _SIGNS[sign]
    get = operator.attrgetter(name, FIELDS[name].limit)

    def test(view: View) -> bool | None:
        value, limit = get(view)
        if value is None or limit is None or limit <= 0:
            return None
        return compare(value * whole, limit * part)

    return test


def _within(node: Compare) -> Test:
    get = value_of(node.left)
    if isinstance(node.right, Items):
        return _against(_is_in, get, frozenset(constant(part) for part in node.right.parts))
    return _between(_is_in, get, value_of(node.right))


def _method(node: Method) -> Test:
    ask = _METHODS[node.name]
    return _between(ask, value_of(node.target), value_of(node.arguments[0]))


def _negated(test: Test) -> Test:
    def negated(view: View) -> bool | None:
        answer = test(view)
        return None if answer is None else not answer

    return negated


def _every(tests: Sequence[Test]) -> Test:
    def every(view: View) -> bool | None:
        verdict: bool | None = True
        for test in tests:
            answer = test(view)
            if answer is False:
                return False
            if answer is None:
                verdict = None
        return verdict

    return every


def _some(tests: Sequence[Test]) -> Test:
    def some(view: View) -> bool | None:
        verdict: bool | None = False
        for test in tests:
            answer = test(view)
            if answer:
                return True
            if answer is None:
                verdict = None
        return verdict

    return some


def _is_in(item: Any, whole: Any) -> bool:
    return item in whole


_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
        "==": operator.eq,
        "!=": operator.ne,
    }
)
_METHODS: Mapping[str, Callable[[str, str], bool]] = MappingProxyType(
    {"contains": operator.contains, "endsWith": str.endswith, "startsWith": str.startswith}
)
