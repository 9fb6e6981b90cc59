"""A checked tree as a function of a view: a value, or None for unknown. It never raises.

Only the compiling belongs here: what the parts of a tree become is in ``values``, and in ``lookback``
what asks about the last while. A tree that ``checker`` has not passed may not come in.
"""

import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from reactor.core.language.automata import matcher
from reactor.core.language.fields import LEFT, TOTALS, attribute
from reactor.core.language.kinds import FLIPPED, share_of_limit
from reactor.core.language.lookback import over_time, time_to, window_of
from reactor.core.language.tree import (
    Arithmetic,
    Call,
    Choice,
    Compare,
    Index,
    Items,
    Literal,
    Logic,
    Method,
    Name,
    Negative,
    Node,
    Not,
)
from reactor.core.language.units import exact
from reactor.core.language.values import (
    SIGNS,
    SUMS,
    Test,
    Value,
    against,
    between,
    calculated,
    chosen,
    every,
    is_in,
    negated,
    share,
    some,
)
from reactor.core.language.walking import names
from reactor.core.rules import View

NOBODY = View(name="", image="", state="", labels=MappingProxyType({}))
"""A view of which nothing is known, to ask constants with."""


class NotCheckedError(TypeError):
    """A tree came to be compiled that the checker does not let pass: a defect of ours."""


def test_of(node: Node) -> Test:
    """A condition as a function."""
    match node:
        case Not():
            return negated(test_of(node.operand))
        case Logic():
            join = every if node.sign == "&&" else some
            return join(tuple(test_of(part) for part in node.parts))
        case Compare():
            return _comparison(node)
        case _:
            return value_of(node)


def value_of(node: Node) -> Value:
    """A value as a function: a number, a text, a truth or a list, or None for unknown."""
    match node:
        case Literal():
            value = node.value
            return lambda _: value
        case Name():
            return _field(node.name)
        case Index(key=Literal(value=str(key)), optional=False):
            return lambda view: view.labels.get(key)
        case Negative():
            return calculated(operator.sub, lambda _: 0, value_of(node.operand))
        case Arithmetic():
            return calculated(SUMS[node.sign], value_of(node.left), value_of(node.right))
        case Choice():
            return chosen(test_of(node.test), value_of(node.yes), value_of(node.no))
        case Method():
            return _method(node)
        case Call():
            return _call(node)
        case Not() | Logic() | Compare():
            return test_of(node)
        case _:
            raise NotCheckedError(node)


def constant(node: Node) -> Any:
    """What a value without any name in it comes to; None if it comes to nothing, as 1 / 0 does."""
    return value_of(node)(NOBODY)


def _field(name: str) -> Value:
    # What is added up is no value of one run: whoever adds it up judges it.
    added = name in TOTALS and name not in LEFT
    return operator.attrgetter(attribute(name)) if not added else lambda _: None


def _comparison(node: Compare) -> Test:
    if node.sign == "in":
        return _within(node)
    relative = share_of_limit(node)
    if relative is not None:
        percent = exact(float(relative.percent.value)) / 100
        return share(value_of(relative.subject), _field(relative.limit), relative.sign, percent)
    sign, left, right = node.sign, node.left, node.right
    if not names(left):
        sign, left, right = FLIPPED[sign], right, left
    if not names(right):
        return against(SIGNS[sign], value_of(left), constant(right))
    return between(SIGNS[sign], value_of(left), value_of(right))


def _within(node: Compare) -> Test:
    get = value_of(node.left)
    if isinstance(node.right, Items):
        return against(is_in, get, frozenset(constant(part) for part in node.right.parts))
    return between(is_in, get, value_of(node.right))


def _method(node: Method) -> Value:
    match node:
        case Method(target=Index(key=Literal(value=str(key)), optional=True)):
            return _of_a_label(node, key)
        case Method(name="size"):
            return _size(node.target)
        case Method(name="matches", arguments=(Literal(value=str(pattern)),)):
            return _known(matcher(pattern), value_of(node.target))
        case _:
            ask = _METHODS[node.name]
            return between(ask, value_of(node.target), value_of(node.arguments[0]))


def _of_a_label(node: Method, key: str) -> Value:
    if node.name == "hasValue":
        return lambda view: key in view.labels
    otherwise = value_of(node.arguments[0])
    return lambda view: view.labels[key] if key in view.labels else otherwise(view)


def _size(node: Node) -> Value:
    return (lambda _: len(node.parts)) if isinstance(node, Items) else _known(len, value_of(node))


def _known(ask: Callable[[Any], Any], get: Value) -> Value:
    def asked(view: View) -> Any:
        value = get(view)
        return None if value is None else ask(value)

    return asked


def _call(node: Call) -> Value:
    window = window_of(node)
    if window is None:
        return _size(node.arguments[0])
    if node.name == "time_to":
        return time_to(window, value_of(node.arguments[0]), value_of(node.arguments[1]))
    return over_time(node.name, window)


_METHODS: Mapping[str, Callable[[str, str], bool]] = MappingProxyType(
    {"contains": operator.contains, "endsWith": str.endswith, "startsWith": str.startswith}
)
