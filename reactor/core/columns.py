"""What is known of one field of many runs, and what it comes to.

The records only; whose values are in one is the business of ``together`` and ``amounts``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final, NamedTuple

from reactor.core.container import ContainerId

PARTS: Final = ("pids", "memory")
Said = tuple[int, float]
"""A reader who tells only what moves, and up to when he has said that nothing else did."""
NOBODY: Final[Said] = (0, float("-inf"))


class Value(NamedTuple):
    """One run's part of a total, and when that was read; ``by`` is who vouches for it, if anybody does."""

    amount: int
    at: float
    by: int = 0

    def read_at(self, said: Said) -> float:
        """Up to when it is evidence."""
        return max(self.at, said[1]) if self.by and self.by == said[0] else self.at


Values = Mapping[ContainerId, Value]


@dataclass(frozen=True, slots=True)
class Column:
    """What is known of one field: ``total`` is all of it. Nothing that is ``by`` somebody was read before his
    moment in ``oldest``, and mostly something was then."""

    values: Values = field(default_factory=dict)
    total: int = 0
    oldest: Mapping[int, float] = field(default_factory=dict)

    def fresh(self, at: float, fresh: float, said: Said = NOBODY) -> "Column":
        """Those of them that are still evidence, which nearly always are all."""
        if all(at - Value(0, read, by).read_at(said) <= fresh for by, read in self.oldest.items()):
            return self
        left = {key: value for key, value in self.values.items() if at - value.read_at(said) <= fresh}
        return column(left)


def column(values: Values, total: int | None = None) -> Column:
    """The column of these values; their ``total`` need not be added up where it is known."""
    known = sum(map(itemgetter(0), values.values())) if total is None else total
    oldest: dict[int, float] = {}
    for _, at, by in values.values():
        if at < oldest.get(by, float("inf")):
            oldest[by] = at
    return Column(values, known, oldest)
