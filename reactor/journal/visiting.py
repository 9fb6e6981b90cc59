"""Reading a journal that somebody else writes, or nobody: it is never changed, and its writer never waits.

Only opening the file and taking values from its rows with care belong here. The file may have been edited:
what does not have the right shape is unknown.
"""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from reactor.journal import schema
from reactor.journal.errors import (
    JournalError,
    JournalTooNew,
    JournalTooOld,
    JournalUnreadable,
    NoJournal,
    NotAJournal,
)

_FULL_ID = re.compile(r"[0-9a-f]{64}")
PATIENCE = 5.0
"""Seconds to wait while somebody brings the file to another version."""


@contextmanager
def visit(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection for reading; every way in which the file cannot be read is a JournalError."""
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise NoJournal(path, (error.strerror or str(error)).lower()) from None
    try:
        with closing(_connect(path)) as connection:
            _check_version(connection, path)
            yield connection
    except JournalError:
        raise
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_NOTADB":
            raise NotAJournal(path) from None
        raise JournalUnreadable(path, str(error)) from None


def _connect(path: Path) -> sqlite3.Connection:
    # Without a log beside it nobody writes it, and it is read as it stands. Any other way would leave files
    # behind, which would be ours, and a monitor of another user could not write them.
    return _opened(path, "mode=ro" if Path(f"{path}-wal").exists() else "immutable=1")


def _opened(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?{how}", uri=True, timeout=PATIENCE, isolation_level=None
    )
    connection.row_factory = sqlite3.Row
    # A text that is no UTF-8 was put there by hand; the rest of its row can be read nevertheless.
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return connection


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    version, application = schema.stamps(connection)
    if application != schema.APPLICATION:
        raise NotAJournal(path)
    if version > schema.VERSION:
        raise JournalTooNew(path, version, schema.VERSION)
    if version < schema.VERSION:
        raise JournalTooOld(path, version, schema.VERSION)


def is_full_id(value: object) -> bool:
    """Whether this is a full id; anything else would name some other container, or none."""
    return isinstance(value, str) and _FULL_ID.fullmatch(value) is not None


def text(value: object) -> str:
    """A text, empty if it is none."""
    return value if isinstance(value, str) else ""


def number(value: object) -> float | None:
    """A number, or None."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def whole(value: object) -> int | None:
    """A whole number, or None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def document(value: object) -> dict[str, Any]:
    """A JSON object, empty if it is none."""
    found = _parsed(value)
    return found if isinstance(found, dict) else {}


def listing(value: object) -> list[Any]:
    """A JSON list, empty if it is none."""
    found = _parsed(value)
    return found if isinstance(found, list) else []


def _parsed(value: object) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        return None
