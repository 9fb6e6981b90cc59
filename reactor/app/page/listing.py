"""Which rows somebody sees: filtered, sorted, cut to a number. None comes last, whichever way it is
sorted."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from reactor.app.page.overview import Overview
from reactor.app.page.rows import ORDER, Row, Status
from reactor.web.queries import Wanted

Key = Callable[[Row], float | str | None]
KEYS: Mapping[str, Key] = MappingProxyType(
    {
        "name": lambda row: row.name.casefold(),
        "task": lambda row: row.task.casefold() or None,
        "status": lambda row: ORDER[Status(row.status)],
        "pids": lambda row: row.pids,
        "memory": lambda row: row.memory,
        "cpu": lambda row: row.cpu,
        "age": lambda row: row.age,
    }
)
"""What can be sorted by, beside the distance."""


def listed(overview: Overview, wanted: Wanted) -> tuple[list[Row], int]:
    """The rows that are wanted, and how many there would be without a limit."""
    found = [row for row in overview.rows if _matches(row, wanted)]
    ordered = _nearest_first(found) if wanted.sort == "distance" else _sorted(found, KEYS[wanted.sort])
    if wanted.reverse:
        known = sum(_key(row, wanted.sort) is not None for row in ordered)
        ordered = [*reversed(ordered[:known]), *ordered[known:]]
    return ordered[wanted.offset : wanted.offset + wanted.limit], len(ordered)


def _matches(row: Row, wanted: Wanted) -> bool:
    if wanted.status and row.status not in wanted.status:
        return False
    if (
        wanted.rule
        and wanted.rule not in row.holds
        and (row.nearest is None or row.nearest.rule != wanted.rule)
    ):
        return False
    sought = wanted.text
    return not sought or any(
        sought in each.casefold() for each in (row.name, row.image, row.task, row.owner, row.id)
    )


def _nearest_first(rows: Iterable[Row]) -> list[Row]:
    """What is being ended, breaches or is stuck is nearer than near."""
    return sorted(rows, key=_nearness)


def _nearness(row: Row) -> tuple[int, float]:
    status = Status(row.status)
    acute = ORDER[status] if ORDER[status] <= ORDER[Status.HELD] else ORDER[Status.UNKNOWN]
    if ORDER[status] >= ORDER[Status.SKIPPED]:
        acute = ORDER[status]
    nearest = row.nearest
    if nearest is None:
        return acute, 1.0
    return acute, -nearest.share if not nearest.dry_run else -nearest.share / 1e6


def _key(row: Row, sort: str) -> float | str | None:
    return 0.0 if sort == "distance" else KEYS[sort](row)


def _sorted(rows: Iterable[Row], key: Key) -> list[Row]:
    known: list[Row] = []
    unknown: list[Row] = []
    for row in rows:
        (unknown if key(row) is None else known).append(row)
    return [*sorted(known, key=lambda row: key(row) or 0), *unknown]
