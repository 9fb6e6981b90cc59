"""The certificate of a decision: everything that the journal knows about one, under one id.

Only putting it together belongs here; what it is made of is in ``certificate``, and how it is shown is the
business of the command.
"""

import sqlite3
from pathlib import Path

from reactor.core.grounds import trace_id
from reactor.journal.certificate import Along, Certificate, Ending, MadeCall, Reading
from reactor.journal.errors import NoCertificate
from reactor.journal.finding import find, root_of
from reactor.journal.history import OPEN
from reactor.journal.visiting import document, listing, number, text, visit, whole

MOST_ALONG = 200
__all__ = (
    "Along",
    "Certificate",
    "Ending",
    "MadeCall",
    "NoCertificate",
    "Reading",
    "read_certificate",
)


def read_certificate(path: Path, wanted: str) -> Certificate:
    """The certificate whose id begins like this; of a container the last. Raises JournalError."""
    with visit(path) as connection:
        row = find(connection, wanted)
        more = connection.execute("SELECT * FROM certificates WHERE id = ?", (row["id"],)).fetchone()
        ended = connection.execute(
            "SELECT * FROM exits WHERE container = ? AND started_at = ?",
            (row["container"], row["started_at"]),
        ).fetchone()
        return _certificate(row, more, ended, _along(connection, row), root_of(connection, row))


def _certificate(
    row: sqlite3.Row, more: sqlite3.Row | None, ended: sqlite3.Row | None, along: tuple[Along, ...], root: str
) -> Certificate:
    held = number(row["held"]) or 0.0
    grounds = document(more["grounds"]) if more is not None else {}
    return Certificate(
        id=text(row["id"]),
        trace=trace_id(root),
        container=text(row["container"]),
        started_at=text(row["started_at"]),
        name=text(row["name"]),
        action=text(row["action"]),
        rule=text(row["rule"]),
        reason=text(row["reason"]),
        summary=text(row["summary"]),
        cause=text(row["cause"]),
        dry_run=bool(row["dry_run"]),
        wall=number(row["wall"]) or 0.0,
        decided=held,
        grace=number(row["grace"]) or 0.0,
        times=whole(row["times"]) or 1,
        result=text(row["result"]) or OPEN,
        why=text(row["why"]),
        detail=text(row["detail"]),
        final=bool(row["final"]),
        concluded=None if (took := number(row["took"])) is None else held + took,
        calls=tuple(_calls(row["calls"], held)),
        readings=tuple(_readings(grounds.pop("samples", None))),
        grounds=grounds,
        processes=document(more["processes"]) if more is not None else {},
        log=document(more["log"]) if more is not None else {},
        ending=_ending(row, ended) if ended is not None else None,
        along=along,
    )


def _calls(written: object, held: float) -> list[MadeCall]:
    found = []
    for each in listing(written):
        match each:
            case [str(what), int() | float() as at, int() | float() as took, int(status), str(note)]:
                found.append(MadeCall(what, at + held, took, status, note))
            case _:
                pass
    return found


def _readings(written: object) -> list[Reading]:
    found = []
    for each in written if isinstance(written, list) else []:
        match each:
            case [int() | float() as at, pids, memory, cpu]:
                found.append(Reading(at, whole(pids), whole(memory), number(cpu)))
            case _:
                pass
    return found


def _ending(row: sqlite3.Row, ended: sqlite3.Row) -> Ending:
    """The boot-time clock is the exact one, where both moments were written in the same boot."""
    boot, began, died = number(ended["boot"]), number(row["boot"]), number(ended["died"])
    at = None
    if boot is not None and began is not None and ended["boot_id"] == row["boot_id"] != "":
        at = boot - began + (number(row["held"]) or 0.0)
    return Ending(
        exit_code=whole(ended["exit_code"]),
        cause=text(ended["cause"]),
        oom=bool(ended["oom"]),
        finished_at=text(ended["finished_at"]),
        at=at,
        died=None if at is None or died is None else at - died,
        basis=text(ended["basis"]),
    )


def _along(connection: sqlite3.Connection, main: sqlite3.Row) -> tuple[Along, ...]:
    query = (
        "SELECT i.*, e.exit_code AS code FROM intents i"
        " LEFT JOIN exits e ON e.container = i.container AND e.started_at = i.started_at"
        " WHERE i.cause = ? AND i.cause <> '' ORDER BY i.rowid LIMIT ?"
    )
    return tuple(
        Along(
            certificate=text(row["id"]),
            name=text(row["name"]),
            container=text(row["container"]),
            action=text(row["action"]),
            result=text(row["result"]) or OPEN,
            why=text(row["why"]),
            exit_code=whole(row["code"]),
            at=_between(main, row),
        )
        for row in connection.execute(query, (main["id"], MOST_ALONG))
    )


def _between(main: sqlite3.Row, row: sqlite3.Row) -> float | None:
    """When what came of a sidecar was known."""
    boot, began, took = number(row["boot"]), number(main["boot"]), number(row["took"])
    if boot is None or began is None or took is None or main["boot_id"] != row["boot_id"]:
        return None
    return boot - began + (number(main["held"]) or 0.0) + took
