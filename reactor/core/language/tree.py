"""The expression tree: what a condition says, whoever wrote it and in whatever syntax.

Only the shape of a condition belongs here, and the place in the text that each part came
from. How text becomes a tree is the business of the ``ruleset`` room; whether a tree makes
sense is in ``checker`` and ``sense``; what it is worth for a container is in ``closures``;
how one goes through it is in ``walking``.

Two trees are equal when they say the same; their places do not count.
"""

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in an expression: offset from 0, line and column from 1."""

    offset: int = 0
    line: int = 1
    column: int = 1


NOWHERE = Place()
"""The place of a tree that nobody wrote."""


class Kind(StrEnum):
    """What a value is; the text of a kind is how it is named in a message."""

    CONDITION = "a condition"
    TEXT = "text"
    NUMBER = "a plain number"
    COUNT = "a count"
    BYTES = "a size in bytes"
    DURATION = "a duration"
    PERCENT = "a percentage"
    LABELS = "a map of labels"
    LIST = "a list"
    TEXTS = "a list of texts"
    MAYBE = "a text that may be missing"


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant. Seconds, bytes and hundredths are what the kinds with a unit are counted in.

    ``written`` is a quantity as its author wrote it, so that it is said back the same way.
    """

    kind: Kind
    value: bool | int | float | str
    written: str = field(default="", compare=False)
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A field of the container, or a word that turns out to be none."""

    name: str
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Items:
    """A list in brackets."""

    parts: tuple["Node", ...]
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Index:
    """``target[key]``, or ``target[?key]`` if ``optional``; the place is that of the bracket."""

    target: "Node"
    key: "Node"
    optional: bool = False
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Select:
    """``target.name``; the place is that of the name."""

    target: "Node"
    name: str
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """``name(arguments)``."""

    name: str
    arguments: tuple["Node", ...]
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Method:
    """``target.name(arguments)``; the place is that of the name."""

    target: "Node"
    name: str
    arguments: tuple["Node", ...]
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """``!operand``."""

    operand: "Node"
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Negative:
    """``-operand``."""

    operand: "Node"
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``left + right`` and its like; the place is that of the sign."""

    sign: str
    left: "Node"
    right: "Node"
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """``left > right`` and its like, ``in`` included; the place is that of the sign."""

    sign: str
    left: "Node"
    right: "Node"
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Logic:
    """``a && b && c`` or ``a || b || c``; the place is that of the first sign."""

    sign: str
    parts: tuple["Node", ...]
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """``test ? yes : no``; the place is that of the question mark."""

    test: "Node"
    yes: "Node"
    no: "Node"
    place: Place = field(default=NOWHERE, compare=False)


Valued = Literal | Name | Items | Index | Select | Call | Method
"""What holds together most tightly."""
Node = Valued | Not | Negative | Arithmetic | Compare | Logic | Choice
