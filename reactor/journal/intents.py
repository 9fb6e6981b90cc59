"""Intents as rows: how one is written, entered from a slip, closed, and read back as the decision it was.

Only the statements and the values that go into them belong here; as in ``rows``, each may be carried out
twice and leaves the same row. Who waits for which of them is in ``journal``.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reactor.core.container import ContainerId, Run
from reactor.core.decisions import Call, Decision, Outcome
from reactor.core.verbs import Action
from reactor.journal.papers import storable
from reactor.journal.rows import Moment, Row, Value, run_values
from reactor.journal.visiting import is_full_id

# As they stand in the two statements that name them all.
_COLUMNS = (
    *("id", "container", "started_at", "name", "action", "rule", "reason", "cause", "grace", "dry_run"),
    *("wall", "boot_id", "boot", "held", "summary", "level", "begun"),
)
_INTENT = (
    "INSERT INTO intents (id, container, started_at, name, action, rule, reason, cause, grace, dry_run,"
    " wall, boot_id, boot, held, summary, level, begun)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

# The same decision is intended again by a monitor that took over from one that was killed: the row is
# then open again.
INTEND = _INTENT + (
    " ON CONFLICT (id) DO UPDATE SET wall = excluded.wall, boot_id = excluded.boot_id, boot = excluded.boot,"
    " held = excluded.held, dry_run = excluded.dry_run,"
    " asked = CASE boot_id WHEN excluded.boot_id THEN asked END, result = NULL, why = NULL, final = 0,"
    " times = times + 1"
)

# What was left on a slip is nothing new if the row was written all the same; a millisecond is more than two
# clocks differ by that are read one after the other.
ENTER = INTEND + " WHERE intents.boot_id <> excluded.boot_id OR intents.boot < excluded.boot - 0.001"

# A decision that was never intended (a dry run) gets its row here; an outcome that was final stays so.
ENSURE_INTENT = _INTENT + " ON CONFLICT (id) DO NOTHING"
CONCLUDE = (
    "UPDATE intents SET result = ?, why = ?, detail = ?, calls = ?, finished = ?, final = ?, took = ?"
    " WHERE id = ? AND final <= ?"
)

# In the order in which they were written, a main's before its sidecars': the wall clock may have jumped.
OPEN = (
    "SELECT id, container, started_at, name, action, rule, reason, cause, grace, dry_run,"
    " wall, boot_id, boot, held, summary, level, begun FROM intents WHERE final = 0 ORDER BY rowid"
)
_NUMBERS = frozenset({"grace", "dry_run", "wall", "boot", "held", "begun"})
ASKED = "UPDATE intents SET asked = coalesce(asked, ?) WHERE id = ?"


def intend(decision: Decision, moment: Moment) -> Row:
    """The intent to carry out a decision."""
    return Row(INTEND, _intent(decision, moment))


def slipped(row: Row) -> dict[str, Value]:
    """An intent as it is put on a slip: by names, since another version may come to read it."""
    return dict(zip(_COLUMNS, row.values, strict=True))


def enter(found: Mapping[str, Any]) -> Row | None:
    """The intent that was found on a slip, for the journal that has no row of it; None if it is none."""
    values = {column: found.get(column, 0 if column in _NUMBERS else "") for column in _COLUMNS}
    right = all(
        isinstance(value, int | float if column in _NUMBERS else str) for column, value in values.items()
    )
    if not right or not values["id"] or values["action"] not in set(Action):
        return None
    return Row(ENTER, tuple(values.values())) if is_full_id(values["container"]) else None


def read(values: Sequence[Any], now: Moment) -> Decision | None:
    """The decision that an intent was about; None if nobody knows what was meant.

    A monotonic clock dies with its process, so the moments are carried over by the boot-time clock; after a
    reboot they are as good as now.
    """
    row = dict(zip(_COLUMNS, values, strict=False))
    if row["action"] not in set(Action) or not is_full_id(row["container"]):
        return None  # A newer reactor knew more actions; what they were for is not guessed.
    same = row["boot_id"] == now.boot_id != ""
    at = now.at - (now.boot - row["boot"]) if same else now.at
    return Decision(
        id=row["id"],
        at=at,
        run=Run(ContainerId(row["container"]), row["started_at"]),
        name=row["name"],
        action=Action(row["action"]),
        rule=row["rule"],
        reason=row["reason"],
        seen=at - row["held"],
        grace=row["grace"],
        cause=row["cause"],
        dry_run=bool(row["dry_run"]),
        summary=row["summary"],
        level=row["level"],
    )


def asked(decision: Decision, moment: Moment) -> Row:
    """That the engine is told to stop the run, now."""
    return Row(ASKED, (moment.boot, decision.id))


def conclude(outcome: Outcome, moment: Moment) -> tuple[Row, Row]:
    """What came of it."""
    decision = outcome.decision
    final = int(outcome.final)
    values: tuple[Value, ...] = (
        outcome.result,
        outcome.why,
        storable(outcome.detail),
        _calls(decision, outcome.calls),
        moment.wall,
        final,
        outcome.at - decision.at,
        decision.id,
        final,
    )
    return Row(ENSURE_INTENT, _intent(decision, moment)), Row(CONCLUDE, values)


def _intent(decision: Decision, moment: Moment) -> tuple[Value, ...]:
    return (
        decision.id,
        *run_values(decision.run),
        storable(decision.name),
        decision.action,
        storable(decision.rule),
        storable(decision.reason),
        decision.cause,
        decision.grace,
        int(decision.dry_run),
        moment.wall,
        moment.boot_id,
        moment.boot - (moment.at - decision.at),
        decision.at - decision.seen,
        storable(decision.summary),
        storable(decision.level),
        moment.wall,
    )


def _calls(decision: Decision, calls: Iterable[Call]) -> str:
    return json.dumps(
        [
            [call.what, round(call.began - decision.at, 6), round(call.took, 6), call.status, call.note]
            for call in calls
        ]
    )
