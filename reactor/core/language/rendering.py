"""A rule's words for people with a run's values in them: ``{pids} processes`` is ``231 processes``.

Which references a text may hold is said here, and what is put in their place; that a text has no wrong
ones is checked when rules are loaded, in ``ruleset.templates``. Two braces mean one, as in ``{{``. A
container's own words are escaped, and cut so short that nothing can hide behind them.
"""

import math
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

from reactor.core.language.fields import FIELDS, attribute
from reactor.core.language.printing import quoted, tame
from reactor.core.language.tree import Kind
from reactor.core.language.units import say_bytes, say_duration, say_number
from reactor.core.rules import View

PART = re.compile(r"\{\{|\}\}|\{(?P<field>[^{}]*)\}|(?P<lone>[{}])")
"""What means something in a text: a reference, two braces, or one that is alone and so a mistake."""
LONGEST = 300
"""Characters of a summary with its values."""
LONGEST_VALUE = 64
"""Characters of a container's own words in it."""
UNKNOWN = "unknown"
_LONGEST_DESCRIPTION = 2000
_EXACT_BELOW = 10.0
"""Seconds below which the fraction of one is worth saying."""

Render = Callable[[View], str]
"""A text for one run at one moment. It never raises: a decision does not fail for want of words."""


def references(text: str) -> Iterator[str]:
    """The fields that a text refers to, in its order."""
    return (found["field"].strip() for found in PART.finditer(text) if found["field"] is not None)


def summary(text: str) -> Render:
    """A checked text on one line."""
    return _rendered(" ".join(text.split()), LONGEST)


def description(text: str) -> Render:
    """A checked text with the lines that its author gave it."""
    lines = [_rendered(line.strip(), _LONGEST_DESCRIPTION) for line in text.splitlines()]
    return lambda view: "\n".join(line(view) for line in lines)


def _rendered(text: str, longest: int) -> Render:
    parts = tuple(_parts(text))
    return lambda view: tame("".join(part(view) for part in parts), longest)


def _parts(text: str) -> Iterator[Render]:
    end = 0
    for found in PART.finditer(text):
        yield _words(text[end : found.start()])
        field = found["field"]
        yield _words(found[0][0]) if field is None else _value(field.strip())
        end = found.end()
    yield _words(text[end:])


def _words(text: str) -> Render:
    return lambda _: text


def _value(name: str) -> Render:
    get, kind = operator.attrgetter(attribute(name)), FIELDS[name].kind
    return lambda view: said(kind, get(view))


def said(kind: Kind, value: Any) -> str:
    """A value for people, with its unit."""
    if value is None:
        return UNKNOWN
    try:
        return _said(kind, value)
    except (OverflowError, ValueError):
        return "beyond counting"  # An engine may send a number with a thousand digits.


def _said(kind: Kind, value: Any) -> str:
    match kind:
        case Kind.BYTES:
            return say_bytes(value)
        case Kind.DURATION:
            return say_duration(math.floor(value) if value >= _EXACT_BELOW else value)
        case Kind.TEXT:
            # Nothing is to be seen of an empty text, so it is quoted.
            return tame(value, LONGEST_VALUE) if value.strip() else quoted(value, LONGEST_VALUE)
        case Kind.TEXTS:
            return tame(", ".join(value), LONGEST_VALUE) or "none"
        case Kind.CONDITION:
            return "true" if value else "false"
        case _:
            return say_number(value)
