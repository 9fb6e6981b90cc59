"""From an offset in a value to the offset in the text that it was written in.

YAML folds lines, takes indentation away and resolves escapes, so that a mistake in the
middle of a condition is somewhere else in the file. Every character that is no space is
found again, because those keep their order; a space is put behind the character before it.
"""

_BLANK = " \t\r\n\x85\u2028\u2029"
_ESCAPE_LENGTHS = {"x": 4, "u": 6, "U": 10}


def line_and_column(source: str, offset: int) -> tuple[int, int]:
    """Where an offset is for people: line and column, counted from 1."""
    return source.count("\n", 0, offset) + 1, offset - source.rfind("\n", 0, offset)


def offset_within(source: str, span: tuple[int, int], style: str | None, value: str, offset: int) -> int:
    """The offset in ``source`` of ``value[offset]``; the scalar lies in ``span`` and is quoted by ``style``.

    An offset at the end of the value is the place behind its last character.
    """
    position, end = _begin(source, span[0], style), span[1]
    for char in value[:offset].rstrip(_BLANK):
        position = _behind(source, position, end, style, char)
    if not value[offset:].strip(_BLANK) or value[offset] in _BLANK:
        return min(position, end)
    return _find(source, position, end, style)


def _begin(source: str, start: int, style: str | None) -> int:
    if style in ("|", ">"):
        # Behind the indicator may stand a comment, which is no part of the value.
        return source.find("\n", start) + 1
    return start + 1 if style in ("'", '"') else start


def _behind(source: str, position: int, end: int, style: str | None, char: str) -> int:
    """The offset behind the next character of the value, which is known to be ``char``."""
    if char not in _BLANK:
        return _skip(source, _find(source, position, end, style), style)
    escaped = style == '"' and source.startswith("\\", position) and not _continued(source, position)
    # Where lines were folded, the space in the value is no single character of the text.
    return _skip(source, position, style) if escaped or source[position : position + 1] == char else position


def _find(source: str, position: int, end: int, style: str | None) -> int:
    """The offset of the next character that is no space."""
    while position < end:
        if style == '"' and _continued(source, position):
            position += 2
        elif source[position] in _BLANK:
            position += 1
        else:
            break
    return position


def _continued(source: str, position: int) -> bool:
    """Whether a backslash stands here that joins this line with the next."""
    return source.startswith(("\\\n", "\\\r"), position)


def _skip(source: str, position: int, style: str | None) -> int:
    """The offset behind the character that stands here, be it one or an escape."""
    if style == "'" and source.startswith("''", position):
        return position + 2
    if style == '"' and source.startswith("\\", position):
        return position + _ESCAPE_LENGTHS.get(source[position + 1 : position + 2], 2)
    return position + 1
