"""A pattern as an automaton: all places where it can be are followed at once, so no text makes it go back.

Only the matching belongs here; how a pattern is read is in ``patterns``. A set of places is an integer with
one bit for each.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from reactor.core.language.pattern_tree import BadPatternError, Branch, Chars, Either, Part, Repeat, Row
from reactor.core.language.patterns import read_pattern

MOST_PLACES = 256
"""How large an automaton may become when its repeats are written out."""
LONGEST_TEXT = 1024
"""Characters of a text that is looked through. Only a label can be longer, and is then unknown."""
_MOST_STEPS = 10_000
_REMEMBERED = 1024
_TOO_LARGE = "there are more than can be followed: use fewer or smaller repeats"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of an automaton: whether it can be nothing, and the places where it begins and ends."""

    empty: bool
    first: int
    last: int


_NOTHING = _Piece(empty=True, first=0, last=0)


class _Automaton:
    """One alternative. It is not changed once it is built."""

    def __init__(self, branch: Branch) -> None:
        self._branch = branch
        self._chars: list[Chars] = []
        self._follow: list[int] = []
        self._steps = 0
        self._whole = self._built(branch.part)
        self._ascii = [self._places(chr(code)) for code in range(128)]

    def matches(self, text: str) -> bool:
        whole, branch = self._whole, self._branch
        if whole.empty and not (branch.from_start and branch.to_end and text):
            return True
        here, begin = 0, whole.first
        for char in text:
            after = begin
            for place in _bits(here):
                after |= self._follow[place]
            here = after & (self._ascii[ord(char)] if char.isascii() else self._places(char))
            if branch.from_start:
                begin = 0
            if here & whole.last and not branch.to_end:
                return True
        return bool(here & whole.last)

    def _places(self, char: str) -> int:
        return sum(1 << place for place, chars in enumerate(self._chars) if chars.has(char))

    def _built(self, part: Part) -> _Piece:
        # Repeats of nothing make no place, and could still be written out for ever.
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise BadPatternError(_TOO_LARGE, 0)
        match part:
            case Chars():
                return self._place(part)
            case Row():
                whole = _NOTHING
                for one in part.parts:
                    whole = self._joined(whole, self._built(one))
                return whole
            case Either():
                pieces = [self._built(one) for one in part.parts]
                return _Piece(
                    any(piece.empty for piece in pieces),
                    *_union((piece.first, piece.last) for piece in pieces),
                )
            case Repeat():
                return self._repeated(part)

    def _place(self, chars: Chars) -> _Piece:
        if len(self._chars) >= MOST_PLACES:
            raise BadPatternError(_TOO_LARGE, 0)
        self._chars.append(chars)
        self._follow.append(0)
        here = 1 << (len(self._chars) - 1)
        return _Piece(empty=False, first=here, last=here)

    def _joined(self, left: _Piece, right: _Piece) -> _Piece:
        self._lead(left.last, right.first)
        first = left.first | right.first if left.empty else left.first
        last = left.last | right.last if right.empty else right.last
        return _Piece(left.empty and right.empty, first, last)

    def _repeated(self, part: Repeat) -> _Piece:
        whole = _NOTHING
        for _ in range(part.least):
            whole = self._joined(whole, self._built(part.part))
        if part.most is None:
            again = self._built(part.part)
            self._lead(again.last, again.first)
            return self._joined(whole, _Piece(empty=True, first=again.first, last=again.last))
        for _ in range(part.most - part.least):
            more = self._built(part.part)
            whole = self._joined(whole, _Piece(empty=True, first=more.first, last=more.last))
        return whole

    def _lead(self, places: int, to: int) -> None:
        for place in _bits(places):
            self._follow[place] |= to


def matcher(pattern: str) -> Callable[[str], bool | None]:
    """Whether a text has the pattern in it; None for a text that is too long. Raises BadPatternError."""
    automata = [_Automaton(branch) for branch in read_pattern(pattern)]

    # Names do not change, and the same ones are asked about with every sample.
    @lru_cache(maxsize=_REMEMBERED)
    def found(text: str) -> bool:
        return any(automaton.matches(text) for automaton in automata)

    # What is too long is not remembered either: a thousand labels of a megabyte would stay.
    return lambda text: found(text) if len(text) <= LONGEST_TEXT else None


def _bits(places: int) -> Iterator[int]:
    while places:
        lowest = places & -places
        yield lowest.bit_length() - 1
        places ^= lowest


def _union(pairs: Iterator[tuple[int, int]]) -> tuple[int, int]:
    first = last = 0
    for one, other in pairs:
        first, last = first | one, last | other
    return first, last
