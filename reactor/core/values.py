"""A checked value as a function of a view: a number, a text, labels, or None for unknown.

Fields, labels and arithmetic belong here; conditions are compiled in ``closures``. Nothing
raises: what cannot be calculated is unknown.
"""

import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from reactor.core.rules import View
from reactor.core.tree import Arithmetic, Index, Literal, Name, Negative, Node

Value = Callable[[View], Any]

NOBODY = View(name="", image="", state="", labels=MappingProxyType({}))
"""A view of which nothing is known, to ask constants with."""


class NotCheckedError(TypeError):
    """A tree came to be compiled that the checker does not let pass: a defect of ours."""


def value_of(node: Node) -> Value:
    """A value as a function: a number, a text or a map of labels, or None for unknown."""
    match node:
        case Literal():
            value = node.value
            return lambda _: value
        case Name():
            return operator.attrgetter(node.name)
        case Index(key=Literal(value=str(key))):
            return lambda view: view.labels.get(key)
        case Negative():
            return _calculated(operator.sub, lambda _: 0, value_of(node.operand))
        case Arithmetic():
            return _calculated(_SUMS[node.sign], value_of(node.left), value_of(node.right))
        case _:
            raise NotCheckedError(node)


def constant(node: Node) -> Any:
    """What a value without any name in it comes to; None if it comes to nothing, as 1 / 0 does."""
    return value_of(node)(NOBODY)


def _calculated(sign: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
    def value(view: View) -> Any:
        one, other = left(view), right(view)
        if one is None or other is None:
            return None
        try:
            return sign(one, other)
        except ArithmeticError:
            return None  # Divided by zero, or too large to be told.

    return value


def _divided(one: float, other: float) -> float:
    if isinstance(one, int) and isinstance(other, int):
        # As in CEL, whole numbers stay whole and lose what is behind the point.
        return abs(one) // abs(other) * (1 if (one < 0) is (other < 0) else -1)
    return one / other


_SUMS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": _divided}
)
