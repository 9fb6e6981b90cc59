"""A comparison with another constant in it: what a container's label asks for instead of the rule's.

Only the tree is changed here. A stranger's words can make a condition stricter and never looser.
"""

import re
from dataclasses import replace

from reactor.core.language.fields import FIELDS, ORDERED
from reactor.core.language.kinds import FLIPPED
from reactor.core.language.tree import NOWHERE, Compare, Kind, Literal, Name, Node
from reactor.core.language.units import read_bytes, read_duration

_NUMBER = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18})?", re.ASCII)
_DOWN, _UP = ("<", "<="), (">", ">=")


def can_be_tightened(tree: Node) -> bool:
    """Whether it is one comparison, by more or less, of a field with a constant."""
    return _fixed(tree) is not None


def tightened(tree: Node, text: str) -> Node | None:
    """The tree with this constant if that is stricter, the same tree if not; None if it is none."""
    fixed = _fixed(tree)
    if fixed is None or not isinstance(tree, Compare):
        return None
    sign, old = fixed
    value = _read(old.kind, text.strip())
    if value is None:
        return None
    stricter = value < float(old.value) if sign in _UP else value > float(old.value)
    if not stricter:
        return tree
    new = Literal(old.kind, value, text.strip(), NOWHERE)
    return replace(tree, left=new) if tree.left is old else replace(tree, right=new)


def _fixed(tree: Node) -> tuple[str, Literal] | None:
    """The sign as it reads with the field on the left, and the constant."""
    match tree:
        case Compare(left=Name(name=name), right=Literal() as fixed):
            sign = tree.sign
        case Compare(left=Literal() as fixed, right=Name(name=name)):
            sign = FLIPPED.get(tree.sign, "")
        case _:
            return None
    known = name in FIELDS and FIELDS[name].kind in ORDERED and sign in _UP + _DOWN
    return (sign, fixed) if known else None


def _read(kind: Kind, text: str) -> float | None:
    match kind:
        case Kind.DURATION:
            return read_duration(text)
        case Kind.BYTES:
            return read_bytes(text)
        case Kind.PERCENT:
            return _number(text[:-1]) if text.endswith("%") else None
        case _:
            return _number(text)


def _number(text: str) -> float | None:
    if not _NUMBER.fullmatch(text):
        return None
    return int(text) if text.isdigit() else float(text)
