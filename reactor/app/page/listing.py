"""Which rows somebody sees: filtered, sorted, cut to a number.

None comes last, whichever way it is sorted. With ten thousand rows the loop is held up for every one of
them, so each is touched as little as can be: they come in the order of their distance, with their words in
small letters.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from reactor.app.page.overview import Overview
from reactor.app.page.rows import ORDER, Row
from reactor.web.queries import Wanted

KEYS: Mapping[str, Callable[[Row], Any]] = MappingProxyType(
    {
        "name": lambda row: row.name.casefold(),
        "task": lambda row: row.task.casefold() or None,
        "status": lambda row: ORDER[row.status],
        "pids": attrgetter("pids"),
        "memory": attrgetter("memory"),
        "cpu": attrgetter("cpu"),
        "age": attrgetter("age"),
    }
)
"""What can be sorted by, beside the distance."""


def listed(overview: Overview, wanted: Wanted) -> tuple[Sequence[Row], int]:
    """The rows that are wanted, and how many there would be without a limit."""
    found = _sought(overview, wanted.text) if wanted.text else overview.rows
    if wanted.status:
        found = [row for row in found if row.status in wanted.status]
    if wanted.rule:
        found = [row for row in found if _is_about(row, wanted.rule)]
    start, end = wanted.offset, wanted.offset + wanted.limit
    return _ordered(found, wanted)[start:end], len(found)


def _sought(overview: Overview, text: str) -> list[Row]:
    return [row for row, words in zip(overview.rows, overview.words, strict=True) if text in words]


def _is_about(row: Row, rule: str) -> bool:
    return rule in row.holds or (row.nearest is not None and row.nearest.rule == rule)


def _ordered(rows: Sequence[Row], wanted: Wanted) -> Sequence[Row]:
    if wanted.sort == "distance":
        return rows[::-1] if wanted.reverse else rows
    key = KEYS[wanted.sort]
    known = [row for row in rows if key(row) is not None]
    known.sort(key=key, reverse=wanted.reverse)
    return known if len(known) == len(rows) else [*known, *(row for row in rows if key(row) is None)]
