"""Literals in a condition: from what was typed to a kind and a value, or to a remedy.

How quantities are read is in ``core.units``; here are their place in the language, text in
quotes with its escapes, and the spellings that people bring along from elsewhere.
"""

import math
import re

from reactor.core.language.printing import tame
from reactor.core.language.tree import Kind
from reactor.core.language.units import read_bytes, read_duration

_LONGEST = 32
_LARGEST = 2**63 - 1
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WITH_UNIT = re.compile(r"([0-9]+(?:\.[0-9]+)?)([A-Za-z]+)")
_MIXED = re.compile(r"(?:[0-9]+(?:ms|[wdhms])){2,}")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}
_HIGHEST_CHAR = 0x10FFFF
_TIMES = {
    "ms": ("ms", "msec", "msecs", "millis", "millisecond", "milliseconds"),
    "s": ("s", "sec", "secs", "second", "seconds"),
    "m": ("min", "mins", "minute", "minutes"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "d": ("d", "day", "days"),
    "w": ("w", "wk", "week", "weeks"),
}


class NotALiteralError(ValueError):
    """The text is no literal. ``offset`` is where in it the mistake lies; the message has a remedy."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def read_quantity(text: str) -> tuple[Kind, int | float]:
    """The kind and value of a number, with or without a unit."""
    if len(text) > _LONGEST:
        raise NotALiteralError(f"this number has more than {_LONGEST} characters")
    if text.endswith("%") and _NUMBER.fullmatch(text[:-1]):
        return Kind.PERCENT, _number(text[:-1])
    if _NUMBER.fullmatch(text):
        return Kind.NUMBER, _number(text)
    amount, seconds = read_bytes(text), read_duration(text)
    if amount is not None:
        return Kind.BYTES, amount
    if seconds is not None:
        return Kind.DURATION, seconds
    raise NotALiteralError(f"'{text}' is no number or quantity: {_remedy(text)}")


def read_text(quoted: str) -> str:
    """The text between quotes, its escapes resolved."""
    parts, position = [], 1
    for found in _ESCAPE.finditer(quoted, 1, len(quoted) - 1):
        parts += [quoted[position : found.start()], _unescaped(found)]
        position = found.end()
    return "".join(parts) + quoted[position:-1]


def _number(text: str) -> int | float:
    value = int(text) if text.isdigit() else float(text)
    if value > _LARGEST if isinstance(value, int) else math.isinf(value):
        raise NotALiteralError(f"{text} is too large a number")
    return value


def _unescaped(found: re.Match[str]) -> str:
    digits = found[1] or found[2] or found[3]
    if digits is None and found[4] in _SIMPLE:
        return _SIMPLE[found[4]]
    code = int(digits, 16) if digits else -1
    if 0 <= code <= _HIGHEST_CHAR and not 0xD800 <= code <= 0xDFFF:
        return chr(code)
    known = r"write \\ for a backslash; the others are \", \', \n, \t, \r, \x41 and \u00e9"
    raise NotALiteralError(f"'{tame(found[0], 10)}' is no escape: {known}", found.start())


def _remedy(text: str) -> str:
    if _MIXED.fullmatch(text):
        return "write the largest unit first and each once, as in 1h30m"
    found = _WITH_UNIT.fullmatch(text)
    if found:
        number, unit = found.groups()
        size = unit.lower().removesuffix("b").removesuffix("i")
        if size in ("k", "m", "g", "t", "p"):
            large = size.upper()
            return f"write {number}{large}iB (by 1024) or {number}{'k' if size == 'k' else large}B (by 1000)"
        for short, words in _TIMES.items():
            if unit.lower() in words:
                return f"write {number}{short}"
    return "write it as 200, 0.5, 80%, 12h, 1h30m, 500ms, 8GiB or 512MB"
