"""A rule file as a tree that knows its comments and blank lines: what ``layout`` writes anew.

Each comment and blank line belongs to an entry: to the one that follows it or to the one in whose
line it stands; or, if it is indented deeper than what follows, to the end of the map or list before.
What is read here was read by ``document`` before and is without mistakes.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.events import MappingStartEvent, ScalarEvent, SequenceStartEvent

from reactor.ruleset.entries import BLOCK, Branch, Entry, Loose

_COMMENT = re.compile(r"(?:(?<=\s)|^)#[^\r\n]*", re.MULTILINE)


def read_commented(source: str) -> Branch:
    """The tree of a text that is a map at its top."""
    builder = _Builder(source)
    tree = builder.tree()
    for loose in builder.loose():
        builder.give(loose)
    return tree


def comments(source: str) -> list[str]:
    """The texts of all comments."""
    builder = _Builder(source)
    builder.tree()
    return [loose.text for loose in builder.loose() if loose.text]


class _Builder:
    """Reads the parser's events once, then gives each comment to an entry."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lines = source.split("\n")
        self._begins = [0, *(found.end() for found in re.finditer("\n", source))]
        self._entries: list[Entry] = []
        self._starts: list[int] = []
        self._scalars: list[ScalarEvent] = []
        self._events: Iterator[Any] = iter(YAML(typ="safe", pure=True).parse(source))

    def tree(self) -> Branch:
        top = next(event for event in self._events if isinstance(event, MappingStartEvent))
        return self._branch(top, None)[0]

    def _branch(self, begin: Any, above: Entry | None) -> tuple[Branch, Any]:
        """A map or list, and the event of its end."""
        branch = Branch(isinstance(begin, MappingStartEvent), bool(begin.flow_style))
        for event in self._events:
            if not isinstance(event, ScalarEvent | MappingStartEvent | SequenceStartEvent):
                return branch, event
            entry = self._entry(event, branch, above)
            if isinstance(event, ScalarEvent) and branch.is_map:
                self._scalars.append(event)
            self._fill(entry, next(self._events) if branch.is_map else event)
        raise AssertionError("a map or list without an end")

    def _entry(self, event: Any, home: Branch, above: Entry | None) -> Entry:
        mark = event.start_mark
        column = mark.column
        if not home.is_map and not home.flow:
            ahead = self._lines[mark.line][:column].rstrip(" ")
            column = len(ahead) - 1 if ahead.endswith("-") else max(0, column - 2)
        key = event.value if home.is_map else ""
        entry = Entry(key, mark.index, mark.line, column, home, above)
        home.entries.append(entry)
        self._entries.append(entry)
        self._starts.append(entry.start)
        return entry

    def _fill(self, entry: Entry, event: Any) -> None:
        if isinstance(event, ScalarEvent):
            entry.node = event
            self._scalars.append(event)
            # Behind a text of several lines stands no comment, but behind its | or > there may be one.
            entry.last_line = entry.line if event.style in BLOCK else event.end_mark.line
            return
        entry.node, last = self._branch(event, entry)
        entry.last_line = entry.line
        if event.flow_style:
            entry.end, entry.last_line = last.end_mark.index, last.end_mark.line

    def loose(self) -> list[Loose]:
        """All comments and blank lines, in their order."""
        covered: set[int] = set()
        found: list[Loose] = []
        position = 0
        for scalar in sorted(self._scalars, key=lambda each: each.start_mark.index):
            begin, end = self._span(scalar)
            covered.update(range(self._line_of(begin), self._line_of(end) + 1))
            found += self._comments(position, begin)
            position = max(position, end)
        found += self._comments(position, len(self._source))
        for number, line in enumerate(self._lines):
            if not line.strip() and number not in covered:
                found.append(Loose(self._begins[number], number, 0, ""))
        return sorted(found)

    def _span(self, scalar: ScalarEvent) -> tuple[int, int]:
        """Where the text of a scalar is: of one with | or >, what stands below that line."""
        begin, end = scalar.start_mark.index, scalar.end_mark.index
        if scalar.style not in BLOCK:
            return begin, end
        below = self._source.find("\n", begin) + 1 or len(self._source)
        header = self._source[begin:below].partition("#")[0]
        if "+" not in header:
            end = below + len(self._source[below:end].rstrip())
        elif self._source[end - 1 : end] == "\n":
            end -= 1
        return below, max(below, end)

    def _comments(self, begin: int, end: int) -> Iterator[Loose]:
        for found in _COMMENT.finditer(self._source, begin, end):
            line = self._line_of(found.start())
            yield Loose(found.start(), line, found.start() - self._begins[line], found[0].rstrip())

    def _line_of(self, offset: int) -> int:
        return bisect_right(self._begins, offset) - 1

    def give(self, loose: Loose) -> None:
        """Find the entry that a comment or blank line belongs to."""
        at = bisect_left(self._starts, loose.offset)
        ahead = self._entries[at] if at < len(self._entries) else None
        if at == 0:
            self._entries[0].before.append(loose.text)
            return
        last = self._entries[at - 1]
        inside = [entry for entry in last.upwards() if entry.encloses(loose.offset)]
        if inside:
            _give_inside(last, ahead, inside, loose)
            return
        closed = [entry for entry in last.upwards() if entry.end]
        last = closed[-1] if closed else last
        if self._lines[loose.line][: loose.column].strip() and loose.line in {last.line, last.last_line}:
            last.before += [last.beside] if last.beside else []
            last.beside = loose.text
        elif ahead is not None and not _ends_before(last, ahead, loose):
            ahead.before.append(loose.text)
        else:
            fitting = (entry for entry in last.upwards() if entry.column <= loose.column)
            next(fitting, self._entries[0]).home.tail.append(loose.text)


def _ends_before(last: Entry, ahead: Entry, loose: Loose) -> bool:
    """Whether a comment still belongs to what ends here, as its indentation says."""
    return bool(loose.text) and last.column > ahead.column and loose.column > ahead.column


def _give_inside(last: Entry, ahead: Entry | None, inside: list[Entry], loose: Loose) -> None:
    """Brackets with a comment inside are written as lines of their own: where else would it stand."""
    if not loose.text:
        return
    for entry in inside:
        if isinstance(entry.node, Branch):
            entry.node.flow = False
    if ahead is not None and ahead.start < inside[0].end:
        ahead.before.append(loose.text)
    elif isinstance(inside[0].node, Branch):
        inside[0].node.tail.append(loose.text)
    else:
        last.before.append(loose.text)
