"""Conditions about the whole, such as ``scope.pids > 4000``: what they may look like, and how one is said.

Only the condition belongs here; adding up and choosing victims is the business of whoever judges it.
"""

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
_FINEST = 6


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
    return total.value / 100 * of if total.share else total.value


def say_amount(total: Total, amount: float) -> str:
    """A part of the whole, or all of it: ``4120``, ``1.2 GiB``."""
    return say_bytes(amount, 0) if total.part == "memory" else say_number(amount, 0)


def say_total(total: Total, known: float, of: int = 0) -> str:
    """``scope.pids 4120 > 4000``; ``host.memory_available 7.5% (1.2 GiB of 16 GiB) < 10%``."""
    name = f"{total.whole}.{total.field}"
    value = int(total.value) if float(total.value).is_integer() else total.value
    if total.share:
        amount = f"{_said_share(total, known, of)} ({say_bytes(known, 0)} of {say_bytes(of, 0)})"
        return f"{name} {amount} {total.sign} {write_percent(value)}"
    say = say_bytes if total.part == "memory" else say_number
    same = known == total.value
    finer = next((n for n in range(_FINEST) if same or say(known, n) != say(value, n)), _FINEST)
    return f"{name} {say(known, finer)} {total.sign} {say(value, finer)}"


def _said_share(total: Total, known: float, of: int) -> str:
    same = 100 * exact(known) == exact(total.value) * of
    texts = ((say_percent(known, of, n), say_percent(total.value, 100, n)) for n in range(_FINEST))
    return next((said for said, bound in texts if same or said != bound), say_percent(known, of, _FINEST))


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
