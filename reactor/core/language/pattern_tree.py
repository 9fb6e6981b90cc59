"""What a regular expression is made of.

How one is written is the business of ``patterns``, how it matches that of ``automata``.
"""

from dataclasses import dataclass


class BadPatternError(ValueError):
    """The text is no pattern; ``offset`` is where in it the mistake lies."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of these ranges, or of none of them."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False

    def has(self, char: str) -> bool:
        """Whether a character is one of them."""
        return any(low <= char <= high for low, high in self.ranges) is not self.negated


@dataclass(frozen=True, slots=True)
class Row:
    """One part after the other."""

    parts: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Any one of the parts."""

    parts: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part so many times; ``most`` is None for any number."""

    part: "Part"
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Branch:
    """One alternative of the whole: its parts, and at which ends it is tied to those of the text."""

    part: "Part"
    from_start: bool
    to_end: bool


Part = Chars | Row | Either | Repeat
