"""Going through an expression tree: its parts, its names, its beginning.

Only what asks nothing but the shape of a tree belongs here.
"""

from collections.abc import Iterator

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
    Place,
    Select,
)


def children(node: Node) -> tuple[Node, ...]:
    """The parts directly below, in the order in which they are written."""
    match node:
        case Literal() | Name():
            return ()
        case Items(parts=parts) | Logic(parts=parts) | Call(arguments=parts):
            return parts
        case Index():
            return (node.target, node.key)
        case Select():
            return (node.target,)
        case Method():
            return (node.target, *node.arguments)
        case Not() | Negative():
            return (node.operand,)
        case Arithmetic() | Compare():
            return (node.left, node.right)
        case Choice():
            return (node.test, node.yes, node.no)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, in reading order. Depth costs no stack."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(children(node))


def names(node: Node) -> frozenset[str]:
    """All names that the expression reads; an expression without any is a constant."""
    return frozenset(part.name for part in walk(node) if isinstance(part, Name))


def start(node: Node) -> Place:
    """Where the text of this node begins, brackets around it aside."""
    return min((part.place for part in walk(node)), key=lambda place: place.offset)
