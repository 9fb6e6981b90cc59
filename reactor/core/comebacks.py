"""Ends in whose place an orchestrator puts another container at once, and when the next one may be ended.

To end what is brought back, again and again, mends nothing, and spends what other ends need. So the ends of
one service by one rule grow apart: soft verdicts wait, and hard ones never do. What is of one service says a
label, and a label may be a lie. The wait is therefore counted from the end that a container came after, which
was before it was created: whatever anybody writes on it, and however many others carry the same label, a soft
verdict about it waits until ``longest`` after its creation and not longer, and once only.

Only the reckoning is here. Who waits is said in ``braking``, what is remembered and said in ``returning``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from reactor.core.container import Container, ContainerId

SLACK = 1.0
"""Seconds by which the engine's clock and ours may tell two moments in the wrong order."""
MOST = 64
"""Of so many ends and comebacks of one service is known at most, and of so many times as many services."""


@dataclass(frozen=True, slots=True)
class ComebackTerms:
    """What comes ``back_within`` so many seconds after an end came in its place.

    From the comeback ``at_least`` within ``window`` on, the end of the next one follows the one before by
    ``first`` seconds or more, by twice that for each further one, and never by more than ``longest``.
    """

    at_least: int = 3
    back_within: float = 60.0
    window: float = 600.0
    first: float = 5.0
    longest: float = 60.0
    off: bool = False


def no_comebacks() -> ComebackTerms:
    """Nobody waits, and nothing is remembered."""
    return ComebackTerms(off=True)


class Line(NamedTuple):
    """Those that may stand in each other's place: of one service and one image, ended by one rule."""

    kind: str
    service: str
    image: str
    rule: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A container that was ended, and when; ``answered`` if another one came in its place."""

    id: ContainerId
    at: float
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Loop:
    """The latest ends of a line, and when one of those was ended that had come in another's place."""

    gone: tuple[Gone, ...] = ()
    backs: tuple[float, ...] = ()
    name: str = ""
    remedy: str = ""


Loops = Mapping[Line, Loop]


def predecessor(terms: ComebackTerms, loop: Loop, container: Container) -> Gone | None:
    """Whose place this one took: the earliest that it may be. Without a known creation it is nobody's."""
    created = container.created
    if created is None:
        return None
    return next((each for each in loop.gone if _fits(terms, each, container.id, created)), None)


def _fits(terms: ComebackTerms, gone: Gone, key: ContainerId, created: float) -> bool:
    if gone.answered or gone.id == key:
        return False
    return gone.at - SLACK <= created <= gone.at + terms.back_within


def times(terms: ComebackTerms, loop: Loop, at: float) -> int:
    """How often one of this line that was brought back has been ended of late."""
    return sum(at - back < terms.window for back in loop.backs)


def spacing(terms: ComebackTerms, nth: int) -> float:
    """How long after the end before it the end of the ``nth`` comeback may follow."""
    if nth < terms.at_least:
        return 0.0
    return float(min(terms.longest, terms.first * 2.0 ** min(nth - terms.at_least, 30)))


def may_go_from(terms: ComebackTerms, loop: Loop | None, container: Container, at: float) -> float | None:
    """From when on a soft verdict of the loop's rule may end it; None if it need not wait."""
    if terms.off or loop is None:
        return None
    before = predecessor(terms, loop, container)
    if before is None:
        return None
    due = before.at + spacing(terms, times(terms, loop, at) + 1)
    return due if due > at else None


def ended(terms: ComebackTerms, loop: Loop, container: Container, at: float) -> tuple[Loop, int]:
    """The loop with this end in it; which comeback it was, 0 if it came in nobody's place."""
    before = predecessor(terms, loop, container)
    gone = tuple(replace(each, answered=True) if each is before else each for each in loop.gone)
    fresh = [each for each in gone if at - each.at < terms.window]
    backs = [each for each in loop.backs if at - each < terms.window]
    if before is not None:
        backs.append(at)
    fresh.append(Gone(container.id, at))
    loop = replace(loop, gone=tuple(fresh[-MOST:]), backs=tuple(backs[-MOST:]))
    return loop, len(loop.backs) if before is not None else 0


def lately(terms: ComebackTerms, loops: Iterable[tuple[Line, Loop]], at: float) -> dict[Line, Loop]:
    """Those that need be remembered: the latest ones, if there are too many."""
    kept = [(line, loop) for line, loop in loops if loop.gone and at - loop.gone[-1].at < terms.window]
    kept.sort(key=lambda each: each[1].gone[-1].at)
    return dict(kept[-MOST * MOST :])


def is_loud(terms: ComebackTerms, nth: int) -> bool:
    """Whether this comeback is to be said aloud: the first that counts, and then at each doubling."""
    ratio, rest = divmod(nth, terms.at_least)
    return nth > 0 and not rest and ratio & (ratio - 1) == 0
