"""Conditions that are sound and still make no sense: they, or a part of them, never change.

Such a part is nearly always a slip, and one that is always true would end every container
in scope. Only what can be known from the text alone belongs here.
"""

from collections.abc import Iterator, Sequence

from reactor.core.language.closures import NOBODY, constant, test_of
from reactor.core.language.fields import FIELDS
from reactor.core.language.kinds import kind_of
from reactor.core.language.printing import brief
from reactor.core.language.problems import Problem, did_you_mean
from reactor.core.language.ranges import Claim, claim_of, opposite, possible
from reactor.core.language.tree import (
    Arithmetic,
    Choice,
    Compare,
    Items,
    Kind,
    Literal,
    Logic,
    Method,
    Name,
    Node,
    Not,
)
from reactor.core.language.walking import names, start, walk

_PARTS = frozenset({"contains", "endsWith", "matches", "startsWith"})
"""The methods that nothing is a part to."""


def find_senseless(tree: Node) -> tuple[Problem, ...]:
    """Everything in a checked condition that is always true, never true or never known."""
    problems: list[Problem] = []
    for node in walk(tree):
        problems += _problems(node)
    return tuple(problems)


def _problems(node: Node) -> Iterator[Problem]:
    match node:
        case Arithmetic(sign="/") if not names(node.right) and constant(node.right) == 0:
            yield Problem(start(node.right), "this divides by zero")
        case Literal(kind=Kind.CONDITION) | Compare() | Method() if not names(node):
            yield from _constant(node)
        case Method(arguments=(Literal(value=""),)) if node.name in _PARTS:
            yield Problem(node.place, f"{brief(node)} is always true: put a text between the quotes")
        case Compare() if node.left == node.right:
            yield Problem(start(node), f"{brief(node)} compares {brief(node.left)} with itself")
        case Compare():
            yield from _words(node) or _alone(node)
        case Choice() if node.yes == node.no:
            yield Problem(start(node.no), f"both sides of ? are {brief(node.no)}: leave the choice out")
        case Logic():
            yield from _together(node)
            yield from _opposed(node)


def _constant(node: Node) -> Iterator[Problem]:
    answer = test_of(node)(NOBODY) if kind_of(node) is Kind.CONDITION else None
    if answer is not None:
        yield Problem(start(node), f"{brief(node)} is always {'true' if answer else 'false'}: leave it out")


def _words(node: Compare) -> tuple[Problem, ...]:
    """The states are a fixed vocabulary, so a word outside it is a slip; so is that of health."""
    for side, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(side, Name) and side.name in FIELDS and FIELDS[side.name].words:
            return tuple(_strange_words(side.name, other.parts if isinstance(other, Items) else (other,)))
    return ()


def _strange_words(name: str, parts: Sequence[Node]) -> Iterator[Problem]:
    known = FIELDS[name].words
    for part in parts:
        if isinstance(part, Literal) and part.value not in known:
            message = f"there is no {name} '{part.value}': {did_you_mean(str(part.value), known)}"
            yield Problem(part.place, message)


def _alone(node: Compare) -> Iterator[Problem]:
    claim = claim_of(node)
    if claim is None:
        return
    if not possible([claim]):
        yield Problem(start(node), f"{brief(node)} can never be true{_why(claim)}")
    elif not possible([opposite(claim)]):
        yield Problem(start(node), f"{brief(node)} is always true{_why(claim)}")


def _why(claim: Claim) -> str:
    subject = brief(claim.subject)
    return (
        f": {subject} stays within its limit"
        if claim.relative and claim.value
        else f": {subject} is never negative"
    )


def _together(node: Logic) -> Iterator[Problem]:
    """Parts of which each makes sense, and which say the impossible, or everything, together."""
    claims = [(part, claim_of(part)) for part in node.parts if isinstance(part, Compare)]
    known = [(part, claim) for part, claim in claims if claim is not None and _open(claim)]
    for place, (part, claim) in enumerate(known):
        for earlier, other in known[:place]:
            if _exclude(node.sign, [other, claim]):
                said = "can never be true" if node.sign == "&&" else "is always true"
                both = f"{brief(earlier)} {node.sign} {brief(part)}"
                yield Problem(start(part), f"{both} {said}")
                break


def _opposed(node: Logic) -> Iterator[Problem]:
    """A part and its own opposite, such as ``privileged || !privileged``."""
    for part in node.parts:
        if isinstance(part, Not) and part.operand in node.parts:
            said = "can never be true" if node.sign == "&&" else "is always true"
            yield Problem(start(part), f"{brief(part.operand)} {node.sign} {brief(part)} {said}")


def _open(claim: Claim) -> bool:
    return possible([claim]) and possible([opposite(claim)])


def _exclude(sign: str, claims: Sequence[Claim]) -> bool:
    if len({(claim.subject, claim.relative) for claim in claims}) > 1:
        return False
    return not possible(claims if sign == "&&" else [opposite(claim) for claim in claims])
