"""Reads out of reactor's journal when it saw, decided and called; on our clock, as it writes them there."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bench.records import Kill, Step

# The moment of the decision on the clock since boot, and for how long the evidence had lasted by then.
QUERY = "SELECT container, boot, held, calls FROM intents WHERE dry_run = 0 ORDER BY boot"


def kills(path: Path) -> list[Kill]:
    """Every intent in this journal, the oldest first."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return [kill(*row) for row in connection.execute(QUERY)]


def kill(container: str, decided: float, held: float, calls: str | None) -> Kill:
    """One intent. Its first kill call counts; what came before and after are steps."""
    steps = steps_from(decided, calls)
    first = next((step for step in steps if step.what == "kill"), None)
    if first is None:
        return Kill(container, decided - held, None, None, steps)
    return Kill(container, decided - held, first.began, first.began + first.took, steps)


def steps_from(decided: float, calls: str | None) -> tuple[Step, ...]:
    """The calls of an intent; their beginnings are written as seconds after the decision."""
    listed: Sequence[tuple[str, float, float, int, str]] = json.loads(calls or "[]")
    return tuple(Step(what, decided + began, took, status) for what, began, took, status, _ in listed)
