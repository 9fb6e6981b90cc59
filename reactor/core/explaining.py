"""A condition with a container's numbers filled in: ``pids 231 > 200``.

Only wording belongs here. Of an ``||`` the parts that are true are said, of an ``&&`` all.
Text that comes from a container (names, images, labels) is escaped and cut; a number is
written with as many digits as it takes to tell it from what it is compared with.
"""

from dataclasses import replace
from typing import Any

from reactor.core.closures import share_of_limit, test_of
from reactor.core.fields import FIELDS, ORDERED
from reactor.core.printing import quoted, text_of
from reactor.core.rules import View
from reactor.core.tree import Arithmetic, Compare, Index, Kind, Literal, Logic, Name, Negative, Node
from reactor.core.units import say_bytes, say_duration, say_number, say_percent
from reactor.core.values import value_of

_LONGEST_TEXT = 64
"""Characters of a stranger's text in an explanation."""
_FINEST = 6
"""How often digits are added to tell two numbers apart; closer than that they read the same."""


def explain(tree: Node, view: View) -> str:
    """The condition, or what of it is true, with the values of this view."""
    return text_of(_true_parts(tree, view), lambda node: _filled(node, view, 0))


def _true_parts(node: Node, view: View) -> Node:
    """The tree without those parts of an ``||`` that do not hold, unless none does."""
    if not isinstance(node, Logic):
        return node
    parts = [_true_parts(part, view) for part in node.parts]
    if node.sign == "||":
        parts = [part for part in parts if test_of(part)(view)] or parts
    return parts[0] if len(parts) == 1 else replace(node, parts=tuple(parts))


def _filled(node: Node, view: View, finer: int) -> str | None:
    """What stands for a node in the explanation; None where it is printed as it was written."""
    match node:
        case Name(name="labels"):
            return None
        case Name() | Index():
            value = _said(_kind(node), value_of(node)(view), finer)
            return f"{text_of(node)} {value}"
        case Compare() if share_of_limit(node):
            return _share(node, view)
        case Compare() if _kind(node.left) in ORDERED and node.sign != "in":
            finer = _finer(node, view)
            sides = (
                text_of(side, lambda part: _filled(part, view, finer)) for side in (node.left, node.right)
            )
            return f" {node.sign} ".join(sides)
        case _:
            return None


def _share(node: Compare, view: View) -> str:
    """``memory 91.4% (914 MiB of 1000 MiB) > 80%``, in the order in which it was written."""
    name = next(side.name for side in (node.left, node.right) if isinstance(side, Name))
    value, limit, kind = getattr(view, name), getattr(view, FIELDS[name].limit), FIELDS[name].kind
    amount = _said(kind, value, 0)
    if value is None or limit is None or limit <= 0:
        said = f"{name} {amount} (no limit)" if value is not None else f"{name} unknown"
    else:
        said = f"{name} {_percentage(node, value, limit)} ({amount} of {_said(kind, limit, 0)})"
    return f" {node.sign} ".join(
        said if isinstance(side, Name) else text_of(side) for side in (node.left, node.right)
    )


def _percentage(node: Compare, value: int, limit: int) -> str:
    share = share_of_limit(node)
    asked = float(share[2].value) if share else 0.0
    for finer in range(_FINEST):
        said = _guarded(say_percent, value, limit, finer)
        if said != say_percent(asked, 100, finer):
            break
    return said


def _finer(node: Compare, view: View) -> int:
    """How many digits it takes until the two sides read differently."""
    left, right = value_of(node.left)(view), value_of(node.right)(view)
    if left is None or right is None or left == right:
        return 0
    kind = _kind(node.left)
    steps = (step for step in range(_FINEST) if _said(kind, left, step) != _said(kind, right, step))
    return next(steps, _FINEST)


def _kind(node: Node) -> Kind:
    """The kind of a checked value. A plain number beside something with a unit takes that unit."""
    match node:
        case Literal():
            return node.kind
        case Name():
            return FIELDS[node.name].kind
        case Negative():
            return _kind(node.operand)
        case Arithmetic():
            left = _kind(node.left)
            return left if left is not Kind.NUMBER else _kind(node.right)
        case _:
            return Kind.TEXT


def _said(kind: Kind, value: Any, finer: int) -> str:
    if value is None:
        return "unknown"
    if kind is Kind.TEXT:
        return quoted(str(value), _LONGEST_TEXT)
    say = {Kind.BYTES: say_bytes, Kind.DURATION: say_duration}.get(kind, say_number)
    return _guarded(say, value, finer)


def _guarded(say: Any, *values: Any) -> str:
    try:
        return str(say(*values))
    except (OverflowError, ValueError):
        return "beyond counting"  # An engine may send a number with a thousand digits.
