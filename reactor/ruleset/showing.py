"""The line in which a mistake stands, with a caret below it, fit for any terminal.

What is shown is a stranger's text: tabs become spaces, what cannot be printed becomes a point,
and of a long line only the part around the caret is shown. The caret stands right below wide
characters and accents, too.
"""

from unicodedata import category, east_asian_width

WIDEST = 100
"""Columns of a terminal that a line takes at most, the marks of what was cut included."""
_BEFORE = 60
"""Columns before the caret that are kept of a long line."""
_TAB = 4
_INDENT = "    "
_CUT = "…"


def pointed(source: str, offset: int) -> tuple[str, str]:
    """The line of an offset, and a line with a caret below it."""
    begin = source.rfind("\n", 0, offset) + 1
    end = source.find("\n", offset)
    line_end = len(source) if end < 0 else end
    # Whatever is further away than this is not shown, however narrow its characters are.
    first, last = max(begin, offset - 2 * WIDEST), min(line_end, offset + 2 * WIDEST)
    before = _shown(source[first:offset], 0)
    after = _shown(source[offset:last].rstrip("\r\n"), _width(before))
    before = _end_of(before, _BEFORE) if first > begin or _width(before + after) > WIDEST else before
    after = _start_of(after, WIDEST - _width(before), cut=last < line_end)
    return f"{_INDENT}{before}{after}".rstrip(), f"{_INDENT}{' ' * _width(before)}^"


def _shown(text: str, column: int) -> str:
    parts = []
    for char in text:
        shown = " " * (_TAB - column % _TAB) if char == "\t" else char if char.isprintable() else "·"
        column += _width(shown)
        parts.append(shown)
    return "".join(parts)


def _width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if category(char) in {"Mn", "Me"}:
        return 0
    return 2 if east_asian_width(char) in {"W", "F"} else 1


def _end_of(text: str, columns: int) -> str:
    """The end of a text, with a mark in front if that is not all of it."""
    if _width(text) <= columns:
        return text
    begin, left = len(text), columns - 1
    while begin and (left := left - _columns(text[begin - 1])) >= 0:
        begin -= 1
    return f"{_CUT}{text[begin:]}"


def _start_of(text: str, columns: int, *, cut: bool) -> str:
    """The start of a text, with a mark behind if that is not all of it."""
    if _width(text) <= columns:
        return f"{text}{_CUT}" if cut else text
    end, left = 0, columns - 1
    while end < len(text) and (left := left - _columns(text[end])) >= 0:
        end += 1
    return f"{text[:end]}{_CUT}"
