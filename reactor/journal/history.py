"""What happened, line by line: decisions and what came of them, runs that ended without one, and orders.

Only the reading of lines is here; a single decision with all that belongs to it is in ``certificates``.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from reactor.journal.visiting import number, text, visit, whole

OPEN = "open"
"""The result of a decision of which nobody wrote what came of it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of history.

    ``at`` is in seconds since the epoch. For a run that ended without a decision of ours ``action`` and
    ``certificate`` are empty and ``cause`` says how it ended; for a decision ``rule`` says by which.
    ``result`` and ``why`` are what came of it, ``open`` while nobody knows, ``exit_code`` and ``cause`` those
    of its run; ``basis`` is ``intent`` where the cause is only likely, and ``contained`` where we
    ended it directly. ``led_by`` is the decision that a
    sidecar's goes along with.

    What an operator ordered is a line of the ``kind`` "order": ``action`` is what, ``who`` and ``reason`` by
    whom and why, ``rule`` the rules that it is about, ``container`` whom, both empty if it is for all, and
    ``lasts`` for how long it was given. ``over`` tells that it ended then, by nobody where ``who`` is empty.
    """

    at: float
    container: str
    name: str
    rule: str = ""
    reason: str = ""
    action: str = ""
    result: str = ""
    why: str = ""
    dry_run: bool = False
    exit_code: int | None = None
    cause: str = ""
    certificate: str = ""
    led_by: str = ""
    basis: str = ""
    kind: str = "decision"
    who: str = ""
    lasts: float | None = None
    over: bool = False


ORDER, END = "order", "end"
_DECISIONS = (
    "SELECT i.*, coalesce(i.finished, i.wall) AS told, e.exit_code AS code, e.cause AS how,"
    " e.basis AS ground FROM intents i"
    " LEFT JOIN exits e ON e.container = i.container AND e.started_at = i.started_at"
    " WHERE coalesce(i.finished, i.wall) >= :since{chosen}"
    " ORDER BY coalesce(i.finished, i.wall) DESC LIMIT :limit"
)
# A run whose end has a decision behind it has its line there.
_ENDS = (
    "SELECT e.*, r.name AS name FROM exits e"
    " LEFT JOIN runs r ON r.container = e.container AND r.started_at = e.started_at"
    " WHERE e.ended >= :since{chosen} AND NOT EXISTS (SELECT 1 FROM intents i WHERE i.container = e.container"
    " AND i.started_at = e.started_at AND i.dry_run = 0) ORDER BY e.ended DESC LIMIT :limit"
)


_ORDERED = "SELECT o.* FROM orders o WHERE o.since >= :since{chosen} ORDER BY o.since DESC LIMIT :limit"
_LIFTED = "SELECT o.* FROM orders o WHERE o.lifted >= :since{chosen} ORDER BY o.lifted DESC LIMIT :limit"


def read_history(
    path: Path, *, since: float | None = None, container: str = "", limit: int = 100
) -> tuple[Line, ...]:
    """The latest ``limit`` lines, the newest last. ``container`` is a name, an id, or the beginning of one.

    What was ordered for all belongs to every container. Raises JournalError. Each query goes by an index, and
    nothing is held open between them.
    """
    with visit(path) as connection:
        ids = containers_called(connection, container) if container else None
        wanted = {"since": since if since is not None else float("-inf"), "limit": limit}
        lines = [
            *map(_decision, _rows(connection, _DECISIONS, "i", ids, wanted)),
            *map(_end, _rows(connection, _ENDS, "e", ids, wanted)),
            *map(_order, _rows(connection, _ORDERED, "o", ids, wanted)),
            *map(_lifted, _rows(connection, _LIFTED, "o", ids, wanted)),
        ]
    lines.sort(key=lambda line: line.at)
    return tuple(lines[-limit:])


def containers_called(connection: sqlite3.Connection, wanted: str) -> tuple[str, ...]:
    """The full ids of all containers that had this name, or whose id begins like this."""
    found = {row[0] for row in connection.execute(_CALLED, {"name": wanted})}
    if wanted and set(wanted) <= set("0123456789abcdef"):
        # The first letter that is no hexadecimal digit is the end of all that begins like this.
        between = {"begin": wanted, "end": f"{wanted}g"}
        found |= {row[0] for row in connection.execute(_BEGUN, between)}
    return tuple(sorted(each for each in found if isinstance(each, str)))


_CALLED = (
    "SELECT container FROM intents WHERE name = :name UNION SELECT container FROM runs WHERE name = :name"
    " UNION SELECT container FROM orders WHERE name = :name AND container <> ''"
)
_BEGUN = (
    "SELECT container FROM intents WHERE container >= :begin AND container < :end"
    " UNION SELECT container FROM runs WHERE container >= :begin AND container < :end"
    " UNION SELECT container FROM exits WHERE container >= :begin AND container < :end"
    " UNION SELECT container FROM orders WHERE container >= :begin AND container < :end"
)
MOST_CONTAINERS = 500
"""How many containers of one name are looked through: a name can have been given again and again."""


def _rows(
    connection: sqlite3.Connection,
    query: str,
    table: str,
    ids: Iterable[str] | None,
    wanted: dict[str, float | int],
) -> list[sqlite3.Row]:
    values: dict[str, float | int | str] = dict(wanted)
    chosen = ""
    if ids is not None:
        named = {f"id{n}": each for n, each in enumerate(tuple(ids)[:MOST_CONTAINERS])}
        values |= named
        marks = ", ".join(f":{each}" for each in named)
        # The sign keeps the few rows of a container from being sought among all that are late enough.
        query = query.replace("ORDER BY ", "ORDER BY +")
        for_all = "o.container = '' OR " if table == "o" else ""
        chosen = f" AND ({for_all}{table}.container IN ({marks}))"
    return connection.execute(query.format(chosen=chosen), values).fetchall()


def _decision(row: sqlite3.Row) -> Line:
    return Line(
        at=number(row["told"]) or 0.0,
        container=text(row["container"]),
        name=text(row["name"]),
        rule=text(row["rule"]),
        reason=text(row["reason"]),
        action=text(row["action"]),
        result=text(row["result"]) or OPEN,
        why=text(row["why"]),
        dry_run=bool(row["dry_run"]),
        exit_code=whole(row["code"]),
        cause=text(row["how"]),
        certificate=text(row["id"]),
        led_by=text(row["cause"]),
        basis=text(row["ground"]),
    )


def _end(row: sqlite3.Row) -> Line:
    return Line(
        at=number(row["ended"]) or 0.0,
        container=text(row["container"]),
        name=text(row["name"]),
        exit_code=whole(row["exit_code"]),
        cause=text(row["cause"]),
        basis=text(row["basis"]),
        kind=END,
    )


def _order(row: sqlite3.Row) -> Line:
    since, until = number(row["since"]) or 0.0, number(row["until"])
    return Line(
        at=since,
        container=text(row["container"]),
        name=text(row["name"]),
        rule=text(row["rule"]),
        reason=text(row["why"]),
        action=text(row["kind"]),
        kind=ORDER,
        who=text(row["who"]),
        lasts=None if until is None else max(0.0, until - since),
    )


def _lifted(row: sqlite3.Row) -> Line:
    at = number(row["lifted"]) or 0.0
    return replace(_order(row), at=at, who=text(row["lifted_by"]), over=True)
