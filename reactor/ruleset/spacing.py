"""Lines of a rule file: blank ones one at a time, comments behind neighbouring lines in one column.

Where a line comes from is the business of ``layout``.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A line and the comment behind it; ``loose`` if it may be left out where it is blank."""

    text: str
    comment: str = ""
    loose: bool = False

    @property
    def is_comment(self) -> bool:
        """Whether nothing but a comment stands in it."""
        return self.text.lstrip().startswith("#")


def loose(lines: Iterable[str], indent: int) -> Iterator[Line]:
    """Comments and blank lines, at an indentation."""
    return (Line(f"{' ' * indent}{line}" if line else "", loose=True) for line in lines)


def without_blank(lines: Sequence[str]) -> Sequence[str]:
    """Without the blank lines at the start."""
    begin = next((at for at, line in enumerate(lines) if line), len(lines))
    return lines[begin:]


def spaced(lines: Iterable[Line]) -> str:
    """The lines as a text."""
    return "".join(f"{line}\n" for line in _aligned(list(_tidy(lines))))


def _tidy(lines: Iterable[Line]) -> Iterator[Line]:
    """At most one blank line at a time, and none at the start or the end; those in a text stay."""
    blank, begun = False, False
    for line in lines:
        if line.loose and not line.text:
            blank = True
            continue
        if blank and begun:
            yield Line("")
        yield line
        begun, blank = True, False


def _aligned(lines: Sequence[Line]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and lines[end].comment:
            end += 1
        width = max((len(line.text) for line in lines[at:end]), default=0)
        yield from (f"{line.text:{width}}  {line.comment}" for line in lines[at:end])
        if end == at:
            yield lines[at].text
            end += 1
        at = end
