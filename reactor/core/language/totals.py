"""Conditions about the whole, such as ``scope.pids > 4000``: what they may look like, and how one is said.

Only the condition belongs here; adding up and choosing victims is the business of whoever judges it.
"""

from functools import partial

from reactor.core.language.contrast import beside, order_of
from reactor.core.language.fields import LEFT, TOTALS
from reactor.core.language.kinds import FLIPPED
from reactor.core.language.printing import brief
from reactor.core.language.problems import Problem
from reactor.core.language.tree import Compare, Kind, Literal, Name, Node
from reactor.core.language.units import exact, say_bytes, say_number, say_percent, write_percent
from reactor.core.language.values import SIGNS
from reactor.core.language.walking import names, start, walk
from reactor.core.rules import Total

_UP = (">", ">=")
_DOWN = ("<", "<=")
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
    if value.kind is Kind.PERCENT and not TOTALS[name.name].limit:
        return Problem(value.place, f"a percentage is a share of a limit, and {name.name} has none")
    if name.name in LEFT:
        return _wrong_way(tree, name.name) if sign not in _DOWN else None
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
    return Total(whole, field, sign, float(value.value), share=value.kind is Kind.PERCENT)


def exceeds(total: Total, known: float, of: int = 0) -> bool:
    """Whether what is known of the whole is enough for the condition to hold.

    ``of`` is the host's memory, of which a percentage is a share. Where it is not known, nothing holds.
    """
    if not total.share:
        return SIGNS[total.sign](known, total.value)
    return of > 0 and SIGNS[total.sign](100 * exact(known), exact(total.value) * of)


def bound_of(total: Total, of: int = 0) -> float:
    """What the whole is compared with, in the same unit as it is."""
    return float(exact(total.value) * of / 100) if total.share else total.value


def say_total(total: Total, known: float, owner: str = "", of: int = 0) -> str:
    """``scope.pids 4120 > 4000``; of an owner's total with that owner's name."""
    whose = f" of owner {owner[:_LONGEST_OWNER]!r}" if owner else ""
    said = f"{total.whole}.{total.field} {_contrasted(total, known, of)}"
    return f"{said} {total.sign} {_bound(total)}{whose}"


def say_of(total: Total, known: float, of: int = 0) -> str:
    """``scope.pids 3120 of 4000``."""
    said = f"{total.whole}.{total.field} {_contrasted(total, known, of)}"
    return f"{said} of {say_amount(total, bound_of(total, of))}"


def say_amount(total: Total, amount: float) -> str:
    """So much of what the total is about."""
    return _say(total, amount, 0)


def _contrasted(total: Total, known: float, of: int) -> str:
    if not total.share:
        bound = partial(_say, total, total.value)
        return beside(partial(_say, total, known), bound, order_of(known, total.value))
    order = order_of(float(100 * exact(known) - exact(total.value) * of), 0.0)
    near = partial(say_percent, known, of)
    said = beside(near, partial(say_percent, total.value, 100), order, _bound(total))
    return f"{said} ({_say(total, known, 0)} of {_say(total, of, 0)})"


def _bound(total: Total) -> str:
    value = int(total.value) if float(total.value).is_integer() else total.value
    return write_percent(value) if total.share else say_amount(total, total.value)


def _say(total: Total, amount: float, finer: int) -> str:
    whole = int(amount) if float(amount).is_integer() else amount
    return say_bytes(whole, finer) if total.part == "memory" else say_number(whole, finer)


def _parts(tree: Node) -> tuple[Name | None, str, Node]:
    match tree:
        case Compare(left=Name() as name, right=other) if name.name in TOTALS:
            return name, tree.sign, other
        case Compare(left=other, right=Name() as name) if name.name in TOTALS:
            return name, FLIPPED.get(tree.sign, tree.sign), other
        case _:
            return None, "", tree


def _wrong_way(tree: Node, name: str) -> Problem:
    return Problem(start(tree), f"{name} is what is left, and too little of it is bad: write {name} < or <=")


def _not_alone(tree: Node) -> Problem:
    name = next(node for node in walk(tree) if isinstance(node, Name) and node.name in TOTALS)
    example = "1GiB" if TOTALS[name.name].kind is Kind.BYTES else "4000"
    sign = "<" if name.name in LEFT else ">"
    remedy = f"write {name.name} {sign} {example} as the whole condition"
    return Problem(name.place, f"{name.name} is about the whole and stands alone: {remedy}")
