"""Mistakes in the YAML itself, put into words: what to write, instead of what a parser expected.

Only the wording belongs here. A parser notices many mistakes late, so the line is looked at
for the two that rule files invite: a condition that begins with a quote or with ``!``.
"""

import re
from typing import Any

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

_BEGINS_QUOTED = re.compile(r"\s*(?:- )?[\w-]+:\s+(?P<place>\"[^\"]*\"|'[^']*')\s*[^\s#]")
_BEGINS_WITH_BANG = re.compile(r"\s*(?:- )?[\w-]+:\s+(?P<place>!)")
_NO_SPACE = re.compile(r"\s*(?:- )?(?P<place>[a-z_]+):[^\s/]")
_TWO_COLONS = re.compile(r"\s*(?:- )?[\w-]+:\s+(?P<place>\S.*?):(?:\s|$)")

_QUOTE_IT = "put the whole condition in the other quotes, or on a line of its own below 'when: >'"
BANG = "a ! at the start of a value means something else in YAML: put the whole condition in quotes"
_INDENTED = "this line does not fit the lines above it: check how far it is indented"


def complain(source: str, error: YAMLError) -> tuple[int, str]:
    """Offset and sentence for what the parser did not accept."""
    if isinstance(error, ReaderError):
        position = int(error.position)
        return position, "there is a character here that no text file should have: remove it"
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return 0, "this is not YAML"
    offset = min(int(error.problem_mark.index), len(source))
    begun = int(error.context_mark.index) if error.context_mark is not None else offset
    problem = str(error.problem or "")
    return _by_line(source, offset, problem) or _by_problem(source, offset, begun, problem)


def _by_line(source: str, offset: int, problem: str) -> tuple[int, str] | None:
    begin = source.rfind("\n", 0, offset) + 1
    found = _match(_BEGINS_QUOTED, source, begin)
    if found is not None:
        return found, f"the text in quotes ends before the line does: {_QUOTE_IT}"
    found = _match(_BEGINS_WITH_BANG, source, begin)
    if found is not None:
        return found, BANG
    if "mapping values" not in problem:
        return None
    found = _match(_TWO_COLONS, source, begin)
    if found is not None:
        return found, "a value that contains a colon and a space must be in quotes"
    return _without_space(source, begin)


def _without_space(source: str, begin: int) -> tuple[int, str] | None:
    """A key without a space behind its colon is text, and only the next line shows it."""
    before = source.rfind("\n", 0, max(0, begin - 1)) + 1
    found = _match(_NO_SPACE, source, before)
    if found is None:
        return None
    return found, "a space is missing behind the colon"


def _match(pattern: re.Pattern[str], source: str, begin: int) -> int | None:
    end = source.find("\n", begin)
    found = pattern.match(source, begin, len(source) if end < 0 else end)
    return found.start("place") if found else None


def _by_problem(source: str, offset: int, begun: int, problem: str) -> tuple[int, str]:
    char = source[offset : offset + 1]
    if char == "\t":
        return offset, "this is a tab: YAML is indented with spaces"
    if "cannot start any token" in problem:
        return offset, f"a value cannot begin with {char}: put it in quotes"
    if "escape character" in problem:
        return offset, "this is no escape: write \\\\ for a backslash, or put the text in single quotes"
    if "end of stream" in problem or "stream end" in problem:
        opening = source[begun : begun + 1]
        if opening.strip():
            return begun, f"what begins with {opening} here is never closed"
        return len(source.rstrip()), "the file ends before a bracket is closed"
    if problem.startswith("expected ',' or"):
        return offset, "a comma or a closing bracket is missing here"
    if "mapping values" in problem or "expected <block end>" in problem:
        return offset, _INDENTED
    if "comment or a line break" in problem or "chomping" in problem:
        return offset, "behind | or > the text begins on the next line"
    return offset, f"this is not YAML: {_plain(problem)}"


def _plain(problem: Any) -> str:
    return "".join(char if char.isprintable() else "?" for char in str(problem))[:120]
