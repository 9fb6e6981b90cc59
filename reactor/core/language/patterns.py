"""Regular expressions that take time in proportion to the text, whoever wrote that.

The syntax is the part of RE2's that names and labels need; it is read here into a ``pattern_tree``, which
becomes an automaton in ``automata``. There are no back references and no looking around: those are what
makes others slow.
"""

import re

from reactor.core.language.pattern_tree import BadPatternError, Branch, Chars, Either, Part, Repeat, Row

LONGEST = 200
"""Characters in a pattern."""
MOST_REPEATS = 100
DEEPEST = 20

_COUNTED = re.compile(r"\{([0-9]{1,3})(,([0-9]{1,3})?)?\}", re.ASCII)
_REPEATS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_RANGES = {"d": "09", "w": "09AZaz__", "s": "\t\n\f\r  "}
_PLAIN_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}
_SIGNS = frozenset("\\.+*?()|[]{}^$-/_\"' #&~,:;<>=!@%`")


def read_pattern(text: str) -> tuple[Branch, ...]:
    """The alternatives that a pattern is made of. Raises BadPatternError."""
    if len(text) > LONGEST:
        raise BadPatternError(f"a pattern has at most {LONGEST} characters", 0)
    reader = _Reader(text)
    branches = [reader.branch()]
    while reader.took("|"):
        branches.append(reader.branch())
    if not reader.done:
        raise reader.wrong("this ) closes no (")
    return tuple(branches)


class _Reader:
    """One pass over one pattern."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth = text, 0, 0

    @property
    def done(self) -> bool:
        return self._at >= len(self._text)

    def wrong(self, message: str, back: int = 0) -> BadPatternError:
        return BadPatternError(message, max(0, self._at - back))

    def took(self, sign: str) -> bool:
        found = self._text.startswith(sign, self._at)
        self._at += len(sign) if found else 0
        return found

    def branch(self) -> Branch:
        from_start = self.took("^")
        part = self._row()
        return Branch(part, from_start, self.took("$"))

    def _row(self) -> Part:
        parts: list[Part] = []
        while not self.done and self._text[self._at] not in "|)":
            if (
                self._text[self._at] == "$"
                and self._depth == 0
                and self._text[self._at + 1 :][:1] in ("", "|")
            ):
                break
            parts.append(self._repeated(self._atom()))
        return Row(tuple(parts))

    def _group(self) -> Part:
        begin = self._at - 1
        if self._text.startswith("?", self._at) and not self.took("?:"):
            raise self.wrong("of (? only (?: is known here")
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.wrong(f"this is nested more than {DEEPEST} deep")
        parts = [self._row()]
        while self.took("|"):
            parts.append(self._row())
        if not self.took(")"):
            raise BadPatternError("this ( is never closed", begin)
        self._depth -= 1
        return Either(tuple(parts))

    def _repeated(self, part: Part) -> Part:
        counts = self._repeats()
        if counts is None:
            return part
        self.took("?")  # As few as possible or as many: whether there is a match is the same.
        if not self.done and self._text[self._at] in "*+?":
            raise self.wrong("what is repeated already is not repeated again: put it in ( )")
        return Repeat(part, *counts)

    def _repeats(self) -> tuple[int, int | None] | None:
        for sign, counts in _REPEATS.items():
            if self.took(sign):
                return counts
        found = _COUNTED.match(self._text, self._at)
        if found is None:
            return None
        counts = self._counts(found)
        self._at = found.end()
        return counts

    def _counts(self, found: re.Match[str]) -> tuple[int, int | None]:
        least = int(found[1])
        most = least if found[2] is None else None if found[3] is None else int(found[3])
        if max(least, most or 0) > MOST_REPEATS or (most is not None and most < least):
            raise self.wrong(f"a number of repeats is at most {MOST_REPEATS}, the smaller first")
        return least, most

    def _atom(self) -> Part:
        char = self._text[self._at]
        self._at += 1
        match char:
            case "(":
                return self._group()
            case "[":
                return self._class()
            case ".":
                return Chars((("\n", "\n"),), negated=True)
            case "\\":
                return self._escape()
            case "^" | "$":
                remedy = f"put a backslash before {char} if it is meant as it is"
                raise self.wrong(f"{char} stands at an end of the pattern; {remedy}", 1)
            case "*" | "+" | "?":
                raise self.wrong(f"there is nothing before this {char} to repeat", 1)
            case "{":
                raise self.wrong("a number of repeats is written {2} or {2,5}; write \\{ for a brace", 1)
        return Chars(((char, char),))

    def _escape(self) -> Chars:
        char = self._text[self._at : self._at + 1]
        self._at += 1
        if char and char.lower() in _RANGES:
            return Chars(_pairs(_RANGES[char.lower()]), negated=char.isupper())
        if char in _PLAIN_ESCAPES or char in _SIGNS:
            plain = _PLAIN_ESCAPES.get(char, char)
            return Chars(((plain, plain),))
        raise self.wrong(f"'\\{char}' has no meaning here; \\d, \\w and \\s have", 1 + len(char))

    def _class(self) -> Chars:
        begin = self._at - 1
        negated, ranges = self.took("^"), list[tuple[str, str]]()
        while self.done or self._text[self._at] != "]" or not ranges:
            if self.done:
                raise BadPatternError("this [ is never closed", begin)
            low = self._member()
            if low.negated or len(low.ranges) > 1 or not self._is_range():
                if low.negated:
                    raise self.wrong("\\D, \\W and \\S do not stand in brackets", 2)
                ranges += low.ranges
                continue
            self._at += 1
            high = self._member()
            ranges.append(self._between(low, high))
        self._at += 1
        return Chars(tuple(ranges), negated)

    def _is_range(self) -> bool:
        return self._text[self._at : self._at + 1] == "-" and self._text[self._at + 1 : self._at + 2] not in (
            "",
            "]",
        )

    def _member(self) -> Chars:
        char = self._text[self._at]
        if char == "[":
            raise self.wrong("write \\[ for a bracket in brackets")
        self._at += 1
        return self._escape() if char == "\\" else Chars(((char, char),))

    def _between(self, low: Chars, high: Chars) -> tuple[str, str]:
        if len(high.ranges) != 1 or high.negated or low.ranges[0][0] > high.ranges[0][1]:
            raise self.wrong("this range runs backwards", 1)
        return low.ranges[0][0], high.ranges[0][1]


def _pairs(ends: str) -> tuple[tuple[str, str], ...]:
    return tuple(zip(ends[::2], ends[1::2], strict=True))
