"""Which certificate is meant by what somebody typed: the beginning of an id, or the name of a container.

Only finding the row belongs here; what is made of it is in ``certificates``.
"""

import re
import sqlite3

from reactor.journal.errors import NoCertificate
from reactor.journal.history import containers_called
from reactor.journal.visiting import text

_ID = re.compile(r"[0-9a-f]{1,64}")
_DEEPEST = 20
"""How far a chain of causes is followed: whoever edits the file could tie it into a ring."""


def find(connection: sqlite3.Connection, wanted: str) -> sqlite3.Row:
    """The intent of this decision; raises NoCertificate. A name comes first only where no id begins so."""
    if _ID.fullmatch(wanted):
        query = "SELECT * FROM intents WHERE id >= ? AND id < ? ORDER BY id LIMIT 6"
        rows = connection.execute(query, (wanted, wanted + "g")).fetchall()
        exact = [row for row in rows if row["id"] == wanted]
        only: list[sqlite3.Row] = exact or rows
        if len(only) == 1:
            return only[0]
        if rows:
            ids = ", ".join(text(row["id"]) for row in rows[:5])
            raise NoCertificate(f"more than one certificate begins with {wanted}: {ids}; give more of it")
    return _last_of(connection, wanted)


def _last_of(connection: sqlite3.Connection, wanted: str) -> sqlite3.Row:
    rows = connection.execute("SELECT * FROM intents WHERE name = ? ORDER BY wall DESC LIMIT 1", (wanted,))
    row = rows.fetchone()
    if row is not None:
        return row  # type: ignore[no-any-return]  # The row factory says so.
    containers = containers_called(connection, wanted)
    if len(containers) > 1:
        raise NoCertificate("more than one container is meant: give more of the id")
    for container in containers:
        query = "SELECT * FROM intents WHERE container = ? ORDER BY wall DESC LIMIT 1"
        row = connection.execute(query, (container,)).fetchone()
        if row is not None:
            return row  # type: ignore[no-any-return]  # As above.
        raise NoCertificate(
            "nothing was ever decided about this container; reactor history --container says how it ended"
        )
    raise NoCertificate("no certificate has this id, and no container this name; see reactor history")


def root_of(connection: sqlite3.Connection, row: sqlite3.Row) -> str:
    """The id of the decision from which all of this followed."""
    root, cause = text(row["id"]), text(row["cause"])
    for _ in range(_DEEPEST):
        if not cause:
            break
        root = cause
        above = connection.execute("SELECT cause FROM intents WHERE id = ?", (cause,)).fetchone()
        cause = text(above["cause"]) if above is not None else ""
    return root
