"""What the signs between two values allow: kinds in, a kind or a problem out.

Comparisons and arithmetic belong here, with the remedies that their mistakes deserve.
Walking the tree is the business of ``checker``.
"""

from reactor.core.language.fields import FIELDS, ORDERED
from reactor.core.language.kinds import limit_of
from reactor.core.language.printing import brief
from reactor.core.language.problems import Problem
from reactor.core.language.tree import Arithmetic, Choice, Compare, Items, Kind, Literal, Node
from reactor.core.language.walking import start

_NUMBERS = frozenset({Kind.NUMBER, Kind.COUNT})


def arithmetic(node: Arithmetic, left: Kind, right: Kind) -> Kind | Problem:
    """The kind of a sum, difference, product or quotient."""
    for side, kind in ((node.left, left), (node.right, right)):
        if kind is Kind.PERCENT:
            return Problem(start(side), "a percentage cannot be counted with: write 0.8 for 80%")
        if kind not in ORDERED:
            return Problem(start(side), f"only quantities can be counted with, and {brief(side)} is {kind}")
    return _sum(node, left, right) if node.sign in "+-" else _product(node, left, right)


def comparison(node: Compare, left: Kind, right: Kind) -> Problem | None:
    """What is wrong with a comparison, if anything is."""
    if isinstance(node.left, Compare) and right in ORDERED:
        middle = f"{brief(node.left)} && {brief(node.left.right)}"
        remedy = f"{middle} {node.sign} {brief(node.right)}"
        return Problem(node.place, f"comparisons do not chain: write {remedy}")
    if node.sign == "in":
        return _within(node, left, right)
    if Kind.PERCENT in (left, right):
        return _percent(node, left, right)
    for side, kind in ((node.left, left), (node.right, right)):
        if kind in _WHOLE:
            return Problem(start(side), _WHOLE[kind])
    if Kind.TEXT is left is right and node.sign not in ("==", "!="):
        return Problem(node.place, f"text has no order here: write == or != instead of {node.sign}")
    return None if _comparable(left, right) else _mismatch(node.left, left, node.right, right)


def choice(node: Choice, left: Kind, right: Kind) -> Kind | Problem:
    """The kind of ``test ? yes : no``."""
    for side, kind in ((node.yes, left), (node.no, right)):
        if kind not in _CHOSEN:
            return Problem(start(side), f"{brief(side)} is {kind} and cannot stand beside ?")
    if _comparable(left, right):
        return left if left is right else Kind.COUNT
    return _mismatch(node.yes, left, node.no, right)


def _sum(node: Arithmetic, left: Kind, right: Kind) -> Kind | Problem:
    if _comparable(left, right):
        return left if left is right else Kind.COUNT
    return _mismatch(node.left, left, node.right, right)


def _product(node: Arithmetic, left: Kind, right: Kind) -> Kind | Problem:
    if right is Kind.NUMBER:
        return left
    if node.sign == "*":
        plain = "one side of * is a plain number, such as 2 or 0.5"
        return right if left is Kind.NUMBER else Problem(start(node.right), plain)
    remedy = "; a share of a limit is written memory > 80%" if left is right else ""
    return Problem(start(node.right), f"what stands behind / is a plain number, such as 2{remedy}")


def _within(node: Compare, item: Kind, whole: Kind) -> Problem | None:
    if whole is Kind.LABELS:
        text = f'a label\'s key is text, as in "team" in labels, and {brief(node.left)} is {item}'
        return None if item is Kind.TEXT else Problem(start(node.left), text)
    if whole is Kind.TEXTS:
        text = f'what is in {brief(node.right)} is text, as in "8080/tcp", and {brief(node.left)} is {item}'
        return None if item is Kind.TEXT else Problem(start(node.left), text)
    if isinstance(node.right, Items):
        return _listed(node.left, item, node.right)
    remedy = ', as in state in ["running", "paused"]'
    if Kind.TEXT is item is whole:
        remedy = f": for a part of a text write {brief(node.right)}.contains({brief(node.left)})"
    return Problem(start(node.right), f"behind 'in' stands a list or labels{remedy}")


def _listed(item: Node, kind: Kind, whole: Items) -> Problem | None:
    if kind in _WHOLE:
        return Problem(start(item), _WHOLE[kind])
    for part in whole.parts:
        if isinstance(part, Literal) and part.kind is Kind.PERCENT:
            return Problem(part.place, "a percentage cannot stand in a list")
        if isinstance(part, Literal) and not _comparable(kind, part.kind):
            return _mismatch(item, kind, part, part.kind)
    return None


def _percent(node: Compare, left: Kind, right: Kind) -> Problem | None:
    if left is right:
        return Problem(start(node.right), "two percentages are not compared with each other")
    percent, other = (node.left, node.right) if left is Kind.PERCENT else (node.right, node.left)
    if limit_of(other):
        return None
    limited = " and ".join(name for name, field in FIELDS.items() if field.limit)
    text = f"a percentage is a share of a limit, and {brief(other)} has none: only {limited} have one"
    return Problem(start(percent), text)


def _comparable(left: Kind, right: Kind) -> bool:
    return left is right or {left, right} <= _NUMBERS


def _mismatch(left: Node, left_kind: Kind, right: Node, right_kind: Kind) -> Problem:
    # The literal is the side that was just typed, so it is the one to mend.
    if isinstance(left, Literal) and not isinstance(right, Literal):
        left, left_kind, right, right_kind = right, right_kind, left, left_kind
    remedy = _remedy(left_kind, right) if isinstance(right, Literal) else ""
    said = f"{brief(left)} is {left_kind}"
    return Problem(start(right), f"{said} and {brief(right)} is {right_kind}{remedy}")


def _leading_digits(text: str) -> str:
    return text[: len(text) - len(text.lstrip("0123456789"))]


def _remedy(kind: Kind, wrong: Literal) -> str:
    number = _leading_digits(wrong.written) or "200"
    match kind:
        case Kind.BYTES:
            return f": write {number}MiB, {number}kB or {number}B"
        case Kind.DURATION:
            return f": write {number}s, {number}m or {number}h"
        case Kind.COUNT | Kind.NUMBER:
            return ": write a plain number, such as 200"
        case Kind.TEXT:
            return f': write it in quotes, "{brief(wrong)}"' if wrong.kind is not Kind.TEXT else ""
        case _:
            return ""


_CHOSEN = ORDERED | {Kind.TEXT, Kind.CONDITION}
"""The kinds that can be chosen between."""
_WHOLE = {
    Kind.CONDITION: "a condition is not compared: write it as it is, or with ! before it",
    Kind.LABELS: 'labels are not compared as a whole: write labels["key"]',
    Kind.LIST: 'a list is not compared: write in, as in state in ["running", "paused"]',
    Kind.TEXTS: 'a list is not compared: write in, as in "8080/tcp" in ports',
    Kind.MAYBE: 'a label that may be missing is not compared: put .orValue("") behind it',
}
"""The kinds that comparisons never take, and what to write instead."""
