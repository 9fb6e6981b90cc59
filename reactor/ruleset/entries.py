"""The parts of a rule file as it is laid out: maps, lists, entries, and the comments that belong to them.

Only the records belong here; they are made in ``commented`` and written in ``layout``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ruamel.yaml.events import ScalarEvent

BLOCK = ("|", ">")


@dataclass(slots=True, eq=False)
class Branch:
    """A map or a list; ``flow`` if it is written in brackets. ``tail`` are comments at its end."""

    is_map: bool
    flow: bool
    entries: "list[Entry]" = field(default_factory=list)
    tail: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Entry:
    """A key with its value, or an item of a list (without a key), and the comments that belong to it.

    ``before`` are whole lines, empty ones for blank lines; ``beside`` stands in its line.
    """

    key: str
    start: int
    line: int
    column: int
    home: Branch
    above: "Entry | None"
    node: "Branch | ScalarEvent | None" = None
    end: int = 0
    last_line: int = 0
    before: list[str] = field(default_factory=list)
    beside: str = ""

    def encloses(self, offset: int) -> bool:
        """Whether this is a key with brackets behind it, and the offset lies between them."""
        return isinstance(self.node, Branch) and self.end > 0 and self.start < offset < self.end

    def upwards(self) -> "Iterator[Entry]":
        """This entry, and all that it is part of."""
        entry: Entry | None = self
        while entry is not None:
            yield entry
            entry = entry.above


@dataclass(frozen=True, slots=True, order=True)
class Loose:
    """A comment, or a blank line (without text)."""

    offset: int
    line: int
    column: int
    text: str
