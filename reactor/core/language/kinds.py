"""The kind of every part of a checked expression, and which parts have a limit beside them.

Nothing is checked here; what may stand where is decided in ``checker``, ``operators`` and ``functions``.
"""

from dataclasses import dataclass

from reactor.core.language.fields import NAMES
from reactor.core.language.tree import (
    Arithmetic,
    Call,
    Choice,
    Compare,
    Index,
    Items,
    Kind,
    Literal,
    Method,
    Name,
    Negative,
    Node,
)

FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
"""The sign of a comparison that is read from right to left."""
PEAKS = frozenset({"avg", "max", "min"})
"""The functions over time that give what they are asked of, and so have its limit."""


@dataclass(frozen=True, slots=True)
class Share:
    """A comparison with a percentage: ``subject`` is the part of ``limit`` that is asked for."""

    subject: Node
    limit: str
    sign: str
    percent: Literal


def kind_of(node: Node) -> Kind:
    """The kind of a checked value. A plain number beside something with a unit takes that unit."""
    match node:
        case Literal():
            return node.kind
        case Name():
            return NAMES[node.name].kind
        case Negative():
            return kind_of(node.operand)
        case Arithmetic(left=one, right=other) | Choice(yes=one, no=other):
            kind = kind_of(one)
            return kind if kind is not Kind.NUMBER else kind_of(other)
        case Call(name=name, arguments=arguments):
            return result(name, kind_of(arguments[0]))
        case Items():
            return Kind.LIST
        case Index():
            return Kind.MAYBE if node.optional else Kind.TEXT
        case _:
            return _answer(node)


def result(function: str, first: Kind) -> Kind:
    """What a function gives when its first argument is of this kind."""
    if function == "time_to":
        return Kind.DURATION
    if function == "rate":
        return first if first is Kind.BYTES else Kind.NUMBER
    return Kind.COUNT if function in {"changes", "size"} else first


def limit_of(node: Node) -> str:
    """The field that holds the limit of a value; empty if it has none."""
    match node:
        case Name(name=name) | Call(name="max" | "min" | "avg", arguments=(Name(name=name), *_)):
            return NAMES[name].limit if name in NAMES else ""
        case _:
            return ""


def share_of_limit(node: Compare) -> Share | None:
    """A comparison with a percentage, read with the percentage on the right."""
    match node:
        case Compare(right=Literal(kind=Kind.PERCENT) as percent):
            return Share(node.left, limit_of(node.left), node.sign, percent)
        case Compare(left=Literal(kind=Kind.PERCENT) as percent):
            return Share(node.right, limit_of(node.right), FLIPPED[node.sign], percent)
        case _:
            return None


def _answer(node: Node) -> Kind:
    """Methods, and everything that is true or false."""
    method = node.name if isinstance(node, Method) else ""
    return {"size": Kind.COUNT, "orValue": Kind.TEXT}.get(method, Kind.CONDITION)
