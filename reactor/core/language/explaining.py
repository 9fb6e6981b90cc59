"""A condition with a container's numbers filled in: ``pids 231 > 200``.

Only wording belongs here. Of an ``||`` the parts that are true are said, of an ``&&`` all.
Text that comes from a container (names, images, labels) is escaped and cut; a number is
written with as many digits as it takes to tell it from what it is compared with.
"""

from dataclasses import replace
from functools import partial
from typing import Any

from reactor.core.language.closures import test_of, value_of
from reactor.core.language.contrast import FINEST, barely, beside, order_of
from reactor.core.language.fields import ORDERED
from reactor.core.language.kinds import Share, kind_of, share_of_limit
from reactor.core.language.printing import brief, literal, quoted, text_of
from reactor.core.language.tree import Call, Compare, Index, Kind, Logic, Method, Name, Node
from reactor.core.language.units import exact, say_bytes, say_duration, say_number, say_percent
from reactor.core.rules import View

_LONGEST_TEXT = 64
"""Characters of a stranger's text in an explanation."""
_UNSAID = frozenset({Kind.LABELS, Kind.CONDITION, Kind.TEXTS})
"""The kinds whose values are not said: too long, or plain from the condition itself."""


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
        case Name() if kind_of(node) in _UNSAID:
            return _truth(node, view)
        case Name() | Index(optional=False) | Call() | Method(name="orValue" | "size"):
            value = _said(kind_of(node), value_of(node)(view), finer)
            return f"{text_of(node)} {value}"
        case Compare():
            return _compared(node, view)
        case _:
            return None


def _truth(node: Name, view: View) -> str | None:
    unknown = kind_of(node) is not Kind.LABELS and value_of(node)(view) is None
    return f"{text_of(node)} unknown" if unknown else None


def _compared(node: Compare, view: View) -> str | None:
    share = share_of_limit(node)
    if share is not None:
        return _share(node, share, view)
    kind = kind_of(node.left)
    if kind not in ORDERED or node.sign == "in":
        return None
    left, right = value_of(node.left)(view), value_of(node.right)(view)
    order = 0 if left is None or right is None else order_of(left, right)
    finer = _finer(kind, left, right) if order else 0
    one, other = (
        text_of(side, lambda part: _filled(part, view, finer or 0)) for side in (node.left, node.right)
    )
    if finer is None and _is_read(node.left):
        one = f"{text_of(node.left)} {barely(_said(kind, right, 0), order)}"
    elif finer is None and _is_read(node.right):
        other = f"{text_of(node.right)} {barely(_said(kind, left, 0), -order)}"
    return f"{one} {node.sign} {other}"


def _is_read(node: Node) -> bool:
    """Whether a side is one value of the container, and so has one number of its own."""
    return isinstance(node, Name | Call)


def _share(node: Compare, share: Share, view: View) -> str:
    """``memory 91.4% (914 MiB of 1000 MiB) > 80%``, in the order in which it was written."""
    value, limit = value_of(share.subject)(view), value_of(Name(share.limit))(view)
    kind, name = kind_of(share.subject), brief(share.subject)
    amount = _said(kind, value, 0)
    if value is None or limit is None or limit <= 0:
        said = f"{name} {amount} (no limit)" if value is not None else f"{name} unknown"
    else:
        percentage = _percentage(share, value, limit)
        said = f"{name} {percentage} ({amount} of {_said(kind, limit, 0)})"
    return f" {node.sign} ".join(
        said if side is share.subject else text_of(side) for side in (node.left, node.right)
    )


def _percentage(share: Share, value: float, limit: float) -> str:
    asked = float(share.percent.value)
    # As the comparison itself has it: whole numbers, so that nothing is rounded.
    order = order_of(value * 100, limit * exact(asked))
    said = partial(_guarded, say_percent, value, limit)
    return beside(said, partial(say_percent, asked, 100), order, literal(share.percent))


def _finer(kind: Kind, left: Any, right: Any) -> int | None:
    """How many digits it takes until the two sides read differently; None if none are enough."""
    steps = range(FINEST + 1)
    return next((step for step in steps if _said(kind, left, step) != _said(kind, right, step)), None)


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
