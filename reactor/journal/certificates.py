"""The certificate of a decision: everything that the journal knows about one, under one id.

Only putting it together belongs here; how it is shown is the business of the command. All moments are in
seconds after the first evidence, by our monotonic clock, unless they are called ``wall``.
"""

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reactor.core.grounds import trace_id
from reactor.journal.errors import JournalError
from reactor.journal.history import OPEN, containers_called
from reactor.journal.visiting import document, listing, number, text, visit, whole

_ID = re.compile(r"[0-9a-f]{1,64}")
_DEEPEST = 20
"""How far a chain of causes is followed: whoever edits the file could tie it into a ring."""
MOST_ALONG = 200


class NoCertificate(JournalError):
    """There is no such certificate, or more than one is meant."""


@dataclass(frozen=True, slots=True)
class MadeCall:
    """A call to the engine: what, when it began, how long it took, the HTTP status, and a note if none."""

    what: str
    at: float
    took: float
    status: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One sample."""

    at: float
    pids: int | None
    memory: int | None
    cpu: float | None


@dataclass(frozen=True, slots=True)
class Ending:
    """How the run ended. ``at`` is when we knew, ``died`` when the engine's word of the death came. ``basis``
    is ``intent`` where the cause is only likely, ``contained`` where we ended it directly."""

    exit_code: int | None
    cause: str
    oom: bool
    finished_at: str
    at: float | None = None
    died: float | None = None
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Along:
    """A decision that followed from this one."""

    certificate: str
    name: str
    container: str
    action: str
    result: str
    why: str
    exit_code: int | None
    at: float | None


@dataclass(frozen=True, slots=True)
class Certificate:
    """One decision with all that belongs to it; what is not known is empty or None.

    ``times`` is how often the intent was written: more than once where a monitor took over from one that was
    killed. ``decided`` and ``concluded`` are moments like those of the calls. ``grounds`` is what was
    written when it was decided, ``processes`` and ``log`` what was gathered around the end.
    """

    id: str
    trace: str
    container: str
    started_at: str
    name: str
    action: str
    rule: str
    reason: str
    summary: str
    cause: str
    dry_run: bool
    wall: float
    decided: float
    grace: float
    times: int
    result: str
    why: str
    detail: str
    final: bool
    concluded: float | None
    calls: tuple[MadeCall, ...] = ()
    readings: tuple[Reading, ...] = ()
    grounds: Mapping[str, Any] = field(default_factory=dict)
    processes: Mapping[str, Any] = field(default_factory=dict)
    log: Mapping[str, Any] = field(default_factory=dict)
    ending: Ending | None = None
    along: tuple[Along, ...] = ()


def read_certificate(path: Path, wanted: str) -> Certificate:
    """The certificate whose id begins like this; of a container the last. Raises JournalError."""
    with visit(path) as connection:
        row = _found(connection, wanted)
        more = connection.execute("SELECT * FROM certificates WHERE id = ?", (row["id"],)).fetchone()
        ended = connection.execute(
            "SELECT * FROM exits WHERE container = ? AND started_at = ?",
            (row["container"], row["started_at"]),
        ).fetchone()
        return _certificate(row, more, ended, _along(connection, row), _root(connection, row))


def _found(connection: sqlite3.Connection, wanted: str) -> sqlite3.Row:
    """A name comes first only where no id begins so."""
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


def _root(connection: sqlite3.Connection, row: sqlite3.Row) -> str:
    """The id of the decision from which all of this followed."""
    root, cause = text(row["id"]), text(row["cause"])
    for _ in range(_DEEPEST):
        if not cause:
            break
        root = cause
        above = connection.execute("SELECT cause FROM intents WHERE id = ?", (cause,)).fetchone()
        cause = text(above["cause"]) if above is not None else ""
    return root


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
