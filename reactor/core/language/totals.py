"""Conditions about the whole, such as ``scope.pids > 4000``: what they may look like, and how one is said.

Only the condition belongs here; adding up and choosing victims is the business of whoever judges it.
"""

from functools import partial

from reactor.core.language.contrast import beside, order_of
from reactor.core.language.fields import TOTALS
from reactor.core.language.kinds import FLIPPED
from reactor.core.language.printing import brief
from reactor.core.language.problems import Problem
from reactor.core.language.tree import Compare, Kind, Literal, Name, Node
from reactor.core.language.units import say_bytes, say_number
from reactor.core.language.values import SIGNS
from reactor.core.language.walking import names, start, walk
from reactor.core.rules import Total

_UP = (">", ">=")
_LONGEST_OWNER = 64
"""Characters of an owner's name: it is a label, and so anything."""


def is_about_the_whole(tree: Node) -> bool:
    """Whether a total is read anywhere in it."""
    return not TOTALS.keys().isdisjoint(names(tree))


def wrong_total(tree: Node) -> Problem | None:
    """Why a condition that reads a total is none that can be judged."""
    name, sign, value = _parts(tree)
    if name is None:
        return _not_alone(tree)
    if not isinstance(value, Literal):
        return Problem(
            start(value), f"{name.name} is compared with a plain value, and {brief(value)} is none"
        )
    if value.kind is Kind.PERCENT:
        return Problem(value.place, f"a percentage is a share of a limit, and {name.name} has none")
    if sign not in _UP:
        # What is not known counts nothing, so a total is never known to be small.
        return Problem(start(tree), f"a total is at least what is known of it: write {name.name} > or >=")
    return None


def total_of(tree: Node) -> Total | None:
    """The total that a checked condition is about, if it is about one."""
    name, sign, value = _parts(tree)
    if name is None or not isinstance(value, Literal):
        return None
    whole, _, field = name.name.partition(".")
    return Total(whole, field, sign, float(value.value))


def exceeds(total: Total, known: float) -> bool:
    """Whether what is known of the whole is enough for the condition to hold."""
    return SIGNS[total.sign](known, total.value)


def say_total(total: Total, known: float, owner: str = "") -> str:
    """``scope.pids 4120 > 4000``; of an owner's total with that owner's name."""
    of = f" of owner {owner[:_LONGEST_OWNER]!r}" if owner else ""
    said = f"{total.whole}.{total.field} {_contrasted(total, known)}"
    return f"{said} {total.sign} {say_amount(total, total.value)}{of}"


def say_of(total: Total, known: float) -> str:
    """``scope.pids 3120 of 4000``."""
    return f"{total.whole}.{total.field} {_contrasted(total, known)} of {say_amount(total, total.value)}"


def say_amount(total: Total, amount: float) -> str:
    """So much of what the total is about."""
    return _say(total, amount, 0)


def _contrasted(total: Total, known: float) -> str:
    bound = partial(_say, total, total.value)
    return beside(partial(_say, total, known), bound, order_of(known, total.value))


def _say(total: Total, amount: float, finer: int) -> str:
    whole = int(amount) if float(amount).is_integer() else amount
    return say_bytes(whole, finer) if total.field == "memory" else say_number(whole, finer)


def _parts(tree: Node) -> tuple[Name | None, str, Node]:
    match tree:
        case Compare(left=Name() as name, right=other) if name.name in TOTALS:
            return name, tree.sign, other
        case Compare(left=other, right=Name() as name) if name.name in TOTALS:
            return name, FLIPPED.get(tree.sign, tree.sign), other
        case _:
            return None, "", tree


def _not_alone(tree: Node) -> Problem:
    name = next(node for node in walk(tree) if isinstance(node, Name) and node.name in TOTALS)
    example = "1GiB" if TOTALS[name.name].kind is Kind.BYTES else "4000"
    remedy = f"write {name.name} > {example} as the whole condition"
    return Problem(name.place, f"{name.name} is about the whole and stands alone: {remedy}")
