"""What is old goes: which rows, and by which clock.

Only deleting belongs here, a chunk at a time; when it is done is up to ``writer``.
"""

import sqlite3

# Only ever the oldest, whatever the clock did: who follows along must not miss one in the middle.
_EXPIRED_NEWS = (
    "DELETE FROM news WHERE cursor IN (SELECT cursor FROM news WHERE cursor <"
    " coalesce((SELECT min(cursor) FROM news WHERE at >= ?), 9223372036854775807) ORDER BY cursor LIMIT ?)"
)
# A hold without an end stands until somebody lifts it.
_EXPIRED_ORDERS = (
    "DELETE FROM orders WHERE rowid IN (SELECT rowid FROM orders WHERE coalesce(lifted, until,"
    " CASE WHEN kind IN ('ack', 'release') THEN since END) < ? LIMIT ?)"
)
EXPIRED = (
    "DELETE FROM exits WHERE rowid IN (SELECT rowid FROM exits WHERE recorded < ? LIMIT ?)",
    "DELETE FROM intents WHERE rowid IN (SELECT rowid FROM intents WHERE wall < ? LIMIT ?)",
    "DELETE FROM certificates WHERE rowid IN (SELECT rowid FROM certificates WHERE wall < ? LIMIT ?)",
    _EXPIRED_NEWS,
    _EXPIRED_ORDERS,
    "DELETE FROM runs WHERE rowid IN (SELECT rowid FROM runs WHERE first_seen < ? AND over = 1 LIMIT ?)",
)
NEWEST = (
    "SELECT max(w) FROM (SELECT max(wall) w FROM intents UNION ALL SELECT max(first_seen) FROM runs"
    " UNION ALL SELECT max(recorded) FROM exits)"
)


def expire(connection: sqlite3.Connection, now: float, keep: float, chunk: int) -> int:
    """Delete some of what is older than ``keep`` seconds; how many rows that was.

    Reckoned from the newest row if that is older than now: a clock that jumped ahead must not cost the whole
    history.
    """
    newest: float | None = connection.execute(NEWEST).fetchone()[0]
    if newest is None:
        return 0
    before = min(newest, now) - keep
    return sum(connection.execute(statement, (before, chunk)).rowcount for statement in EXPIRED)
