"""Data folders as they are shown, for people and for machines. Whatever strangers named is made harmless."""

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from reactor.app.bounded import bounded
from reactor.app.history import written
from reactor.core.language.printing import tame
from reactor.core.language.units import say_bytes, say_duration
from reactor.data.choosing import Held, last_of
from reactor.data.listing import Entry

_HEAD = ("TASK", "SIZE", "CHANGED", "MADE", "FOLDER")
_LONGEST = 40
_LINE = 400
_NOTHING = Held()


def table(entries: Sequence[Entry], now: float | None = None) -> Iterator[str]:
    """All folders, a line each."""
    at = time.time() if now is None else now
    rows = [_HEAD, *(_cells(each, at) for each in entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cells(entry: Entry, now: float) -> tuple[str, ...]:
    made = "unknown" if entry.made is None else written(entry.made)
    return whose(entry), size(entry), ago(entry, now), made, tame(f"{entry.top}/{entry.name}", 300)


def whose(entry: Entry) -> str:
    """Whose it is, as far as anybody can tell."""
    if entry.shared:
        return "(shared)"
    return "(unknown)" if entry.task is None else tame(entry.task, _LONGEST) or '""'


def size(entry: Entry) -> str:
    """How large it is, or that it is larger."""
    if entry.which is None:
        return "unknown"
    return f"{'more than ' if entry.cut else ''}{say_bytes(entry.size)}"


def ago(entry: Entry, now: float, held: Held = _NOTHING) -> str:
    """How long ago it was changed or wanted last."""
    if entry.which is None:
        return "unknown"
    told = f"{say_duration(max(0.0, now - last_of(entry, held)))} ago"
    return f"{told} or later" if entry.cut else told


def line(entry: Entry, why: str = "") -> str:
    """One folder in a sentence of its own."""
    told = f"{entry.top}/{entry.name} of {whose(entry)}, {size(entry)}{f': {why}' if why else ''}"
    return tame(told, _LINE)


def documents(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Folders for machines; keys are only ever added. What is not known is null."""
    return [document(entry) for entry in entries]


def document(entry: Entry, why: str = "") -> dict[str, Any]:
    """One of them. ``complete`` tells that size and change are not only the least that they may be."""
    known = entry.which is not None
    told: dict[str, Any] = {
        "folder": f"{entry.top}/{entry.name}",
        "path": entry.path,
        "shared": entry.shared,
        "task": entry.task,
        "size": entry.size if known else None,
        "changed": written(entry.changed) if known else None,
        "wanted": written(entry.wanted) if entry.wanted is not None else None,
        "made": written(entry.made) if entry.made is not None else None,
        "complete": known and not entry.cut,
    }
    found: dict[str, Any] = bounded(told | ({"why": why} if why else {}))
    return found


def dump(told: dict[str, Any]) -> None:
    """One document on stdout."""
    json.dump(told, sys.stdout, indent=2)
    print()
