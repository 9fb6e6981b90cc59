"""Reads out of reactor's journal what it decided and did, and when; on our clock, as it writes that there."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bench.journal import steps_from
from bench.race.records import Verdict
from bench.records import Step

QUERY = "SELECT container, rule, boot, held, took, calls FROM intents WHERE dry_run = 0 ORDER BY boot"
DIRECTLY = "contain by "
"""What a direct step is called that had a way to be taken; the way follows."""


def verdicts(path: Path) -> list[Verdict]:
    """Every intent in this journal, the oldest first."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return [verdict(*row) for row in connection.execute(QUERY)]


def verdict(
    container: str, rule: str, decided: float, held: float, took: float | None, calls: str | None
) -> Verdict:
    """One intent; the first call of each sort counts."""
    steps = steps_from(decided, calls)
    kill = [step for step in steps if step.what == "kill"][:1]
    direct = [step for step in steps_from(decided, _direct(calls)) if step.what.startswith(DIRECTLY)][:1]
    return Verdict(
        container,
        rule.rpartition("/")[2],
        decided - held,
        decided,
        contained=_end(direct),
        called=kill[0].began if kill else None,
        returned=_end(kill),
        verified=None if took is None else decided + took,
    )


def _direct(calls: str | None) -> str:
    """Those steps beside which no trouble is noted: a direct step that did not work contained nobody."""
    return json.dumps([call for call in json.loads(calls or "[]") if not call[4]])


def _end(steps: Sequence[Step]) -> float | None:
    return steps[0].began + steps[0].took if steps else None
