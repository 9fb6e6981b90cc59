"""What came of decisions, in the order in which it was written: a page of it, behind a cursor.

Only the reading is here. A cursor stays good over restarts; one that this file does not know, or of which
what came after it was deleted, is refused with the oldest that is good.
"""

import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from reactor.core.notes import Cause
from reactor.core.verbs import ENDING, Action
from reactor.journal.errors import JournalError, JournalUnreadable
from reactor.journal.visiting import document, number, text, visit, whole

LATEST = "now"
"""The cursor behind all that there is."""
RIPE_AFTER = 2.0
"""Seconds for which the end of a run waits for its exit code, and all that comes after it in line with it."""
_CURSOR = re.compile(r"([0-9a-f]{8})-([0-9]{1,18})")
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class News:
    """What came of one decision, with what is known of its run.

    ``at`` is in seconds since the epoch. ``root`` is the decision that a cascade began with, which may be
    this one. ``task`` is the label of the run's own task. ``ended_by`` is why the run is over, empty if it is
    not, or nobody knows.
    """

    cursor: str
    at: float
    id: str
    container: str
    started_at: str
    name: str
    action: str
    rule: str
    reason: str
    cause: str
    root: str
    dry_run: bool
    task: str
    result: str
    why: str
    detail: str
    exit_code: int | None
    ended_by: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some news, the oldest first, and the cursor behind them."""

    news: tuple[News, ...]
    cursor: str


class UnknownCursor(JournalError):
    """This cursor is of another file, or what came after it was deleted; ``oldest`` is good."""

    def __init__(self, oldest: str) -> None:
        super().__init__(
            "what came after this cursor is not kept any more, or it is of another journal; "
            f"the oldest to go on from is {oldest}"
        )
        self.oldest = oldest


_NEWS = (
    "SELECT n.cursor, n.at AS told, n.result AS came_to, n.why AS because, i.*, e.exit_code AS code,"
    " e.cause AS how, c.grounds FROM news n JOIN intents i ON i.id = n.decision"
    " LEFT JOIN exits e ON e.container = i.container AND e.started_at = i.started_at"
    " LEFT JOIN certificates c ON c.id = i.id WHERE n.cursor > ? ORDER BY n.cursor LIMIT ?"
)
_NEWEST = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'news'), 0)"
_OLDEST = "SELECT min(cursor) FROM news"


def read_news(path: Path, since: str, limit: int, now: float) -> Page:
    """At most ``limit`` news behind a cursor; empty is the oldest that is kept. Raises JournalError."""
    with visit(path) as connection:
        connection.execute("BEGIN")  # One state of the file for all that is asked.
        epoch = text(connection.execute("SELECT epoch FROM epoch").fetchone()[0])
        newest = int(connection.execute(_NEWEST).fetchone()[0])
        oldest = connection.execute(_OLDEST).fetchone()[0]
        before = newest if oldest is None else int(oldest) - 1
        after = newest if since == LATEST else _behind(since, epoch, before, newest)
        found = []
        for row in connection.execute(_NEWS, (after, limit)):
            if not _is_ripe(row, now):
                break
            after = int(row["cursor"])
            if row["action"] not in set(Action):
                continue  # A newer reactor knew more actions.
            found.append(_news(connection, row, epoch))
    return Page(tuple(found), f"{epoch}-{after}")


def read_epoch(path: Path) -> str:
    """What was drawn when this journal was begun: no other has it but its copies. Raises JournalError."""
    with visit(path) as connection:
        row = connection.execute("SELECT epoch FROM epoch").fetchone()
    if row is None:
        raise JournalUnreadable(path, "it does not say when it was begun")
    return text(row[0])


def _behind(since: str, epoch: str, before: int, newest: int) -> int:
    if not since:
        return before
    parts = _CURSOR.fullmatch(since)
    if parts is None or parts[1] != epoch or not before <= int(parts[2]) <= newest:
        raise UnknownCursor(f"{epoch}-{before}")
    return int(parts[2])


def _is_ripe(row: sqlite3.Row, now: float) -> bool:
    """Whether all is there that will be: an exit code often comes a moment after the outcome."""
    if row["action"] not in ENDING or row["came_to"] != "done" or row["dry_run"] or row["how"]:
        return True
    told = number(row["told"]) or 0.0
    # Both ways: a clock that was set back must hold up nobody.
    return abs(now - told) >= RIPE_AFTER


def _news(connection: sqlite3.Connection, row: sqlite3.Row, epoch: str) -> News:
    container = document(row["grounds"]).get("container")
    how = text(row["how"])
    return News(
        cursor=f"{epoch}-{row['cursor']}",
        at=number(row["told"]) or 0.0,
        id=text(row["id"]),
        container=text(row["container"]),
        started_at=text(row["started_at"]),
        name=text(row["name"]),
        action=text(row["action"]),
        rule=text(row["rule"]),
        reason=text(row["reason"]),
        cause=text(row["cause"]),
        root=_root(connection, text(row["id"]), text(row["cause"])),
        dry_run=bool(row["dry_run"]),
        task=text(container.get("task")) if isinstance(container, dict) else "",
        result=text(row["came_to"]),
        why=text(row["because"]),
        detail=text(row["detail"]),
        exit_code=whole(row["code"]),
        ended_by=how if how in set(Cause) else "",
    )


def _root(connection: sqlite3.Connection, own: str, cause: str) -> str:
    root = own
    for _ in range(_DEEPEST):
        if not cause:
            break
        root = cause
        row = connection.execute("SELECT cause FROM intents WHERE id = ?", (cause,)).fetchone()
        cause = text(row["cause"]) if row is not None else ""
    return root
