"""From rows back to records: what a monitor that starts wants to know of its predecessor.

Only reading belongs here. The shapes are checked as they come in, because the file may
have been edited; what does not have the right shape is left out.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import replace

from reactor.core.container import ContainerId, Run
from reactor.core.decisions import Decision, Result, Why
from reactor.core.meant import Done, Meant
from reactor.core.notes import Cause
from reactor.core.ports import Anchor
from reactor.core.verbs import ENDING, Action
from reactor.journal import intents, ordered, tenancy
from reactor.journal.memory import KnownRun, Recollection
from reactor.journal.rows import Moment
from reactor.journal.visiting import is_full_id

MOST_MEANT = 2000
"""Among so many of the latest intents an end of ours is sought of which only the outcome was written."""

# On the boot-time clock, which does not outlive a boot; nor does what was asked to stop.
_ASKED = "SELECT id, asked FROM intents WHERE final = 0 AND asked IS NOT NULL AND boot_id = ?"
_RUNS = (
    "SELECT container, started_at, name, image, standing, mains, task, boot_id, born"
    " FROM runs WHERE over = 0 ORDER BY first_seen DESC, rowid DESC LIMIT ?"
)
# The outcome comes before the exit, so that the one may be there without the other.
_MEANT = (
    "SELECT container, started_at, action, coalesce(begun, wall), grace, final FROM"
    " (SELECT * FROM intents WHERE final = 0 UNION ALL SELECT * FROM intents WHERE final = 1"
    " AND result = 'done' AND why = 'ended' AND rowid > (SELECT coalesce(max(rowid), 0) FROM intents) - ?) i"
    " WHERE dry_run = 0 AND NOT EXISTS (SELECT 1 FROM exits e WHERE e.container = i.container"
    " AND e.started_at = i.started_at AND e.cause = 'reactor')"
)
_DONE = (
    "SELECT i.container, i.started_at, i.rule, i.level, i.action, i.final, i.result, i.why FROM runs r"
    " JOIN intents i ON i.container = r.container AND i.started_at = r.started_at"
    " WHERE r.over = 0 AND i.dry_run = 0 ORDER BY i.rowid"
)
_EXITS = "SELECT container, started_at, cause FROM exits ORDER BY recorded DESC, rowid DESC LIMIT ?"


def recall(connection: sqlite3.Connection, now: Moment, capacity: int) -> Recollection:
    """Everything that is unfinished, and the newest exits, the oldest first."""
    runs = [_run(row) for row in connection.execute(_RUNS, (capacity,)) if is_full_id(row[0])]
    causes = set(Cause)
    exits = {
        Run(ContainerId(row[0]), row[1]): Cause(row[2])
        for row in reversed(connection.execute(_EXITS, (capacity,)).fetchall())
        if row[2] in causes and is_full_id(row[0])
    }
    proven = frozenset(row[0] for row in connection.execute("SELECT proof FROM proven"))
    orders, by_wall = ordered.standing(connection, now)
    return Recollection(
        tuple(reversed(runs)),
        exits,
        tuple(_open(connection, now)),
        proven,
        orders,
        tenancy.leases(connection),
        tenancy.boots(connection),
        tenancy.extensions(connection, now),
        {row[0]: now.at - (now.boot - row[1]) for row in connection.execute(_ASKED, (now.boot_id,))},
        _meant(connection),
        by_wall,
        _done(connection),
        ordered.paused(connection),
    )


def _done(connection: sqlite3.Connection) -> Mapping[Run, tuple[Done, ...]]:
    """What rules did to runs that they left alive; what was written last of a rule and a run counts."""
    found: dict[Run, dict[tuple[str, str], Done]] = {}
    for container, started_at, rule, level, action, final, result, why in connection.execute(_DONE):
        if action in ENDING or not is_full_id(container):
            continue
        done = found.setdefault(Run(ContainerId(container), started_at), {})
        done.pop((rule, level), None)
        if not final or result == Result.DONE or why == Why.INTERRUPTED:
            done[rule, level] = Done(rule, level, certain=bool(final) and result == Result.DONE)
    return {run: tuple(done.values()) for run, done in found.items() if done}


def _meant(connection: sqlite3.Connection) -> Mapping[Run, Meant]:
    """What was intended for runs, and not known to have come to nothing; what was seen to come off wins."""
    found: dict[Run, Meant] = {}
    for container, started_at, action, begun, grace, final in connection.execute(_MEANT, (MOST_MEANT,)):
        if action not in ENDING or not is_full_id(container) or not isinstance(begun, float):
            continue
        run, meant = Run(ContainerId(container), started_at), Meant(Action(action), round(begun * 1e9), grace)
        if run not in found or final:
            found[run] = replace(meant, ended=bool(final))
    return found


def _run(row: tuple[str, str, str, str, str, str, str, str | None, float | None]) -> KnownRun:
    container, started_at, name, image, standing, mains, task, boot_id, born = row
    anchor = Anchor(boot_id, born) if boot_id is not None and born is not None else None
    run = Run(ContainerId(container), started_at)
    return KnownRun(run, name, image, standing, _mains(mains), task, anchor)


def _mains(text: str) -> frozenset[ContainerId]:
    try:
        listed = json.loads(text)
    except ValueError:
        return frozenset()
    return frozenset(ContainerId(item) for item in listed if is_full_id(item))


def _open(connection: sqlite3.Connection, now: Moment) -> Iterator[Decision]:
    """Open intents as decisions."""
    for row in connection.execute(intents.OPEN):
        decision = intents.read(row, now)
        if decision is not None:
            yield decision
