"""What is known of one field of many runs, and what it comes to.

The records only; whose values are in one is the business of ``together`` and ``amounts``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final, NamedTuple

from reactor.core.container import ContainerId

PARTS: Final = ("pids", "memory")


class Value(NamedTuple):
    """One run's part of a total, and when that was read."""

    amount: int
    at: float


Values = Mapping[ContainerId, Value]


@dataclass(frozen=True, slots=True)
class Column:
    """What is known of one field: ``total`` is all of it, and ``oldest`` when the first of it was read."""

    values: Values = field(default_factory=dict)
    total: int = 0
    oldest: float = float("inf")

    def fresh(self, at: float, fresh: float) -> "Column":
        """Those of them that are still evidence, which nearly always are all."""
        if at - self.oldest <= fresh:
            return self
        left = {key: value for key, value in self.values.items() if at - value.at <= fresh}
        return column(left)


def column(values: Values, total: int | None = None) -> Column:
    """The column of these values; their ``total`` need not be added up where it is known."""
    known = sum(map(itemgetter(0), values.values())) if total is None else total
    return Column(values, known, min(map(itemgetter(1), values.values()), default=float("inf")))
