"""The tables, and how an older file is brought to the present version.

Only the shape of the file belongs here. A change of shape is a new entry at the end of
MIGRATIONS; the ones before it are never edited, because files out there were made by them.
"""

import sqlite3
from pathlib import Path

from reactor.journal.errors import JournalTooNew, NotAJournal

APPLICATION = 0x72656163
"""Written into the file's header ("reac"), so that somebody else's database is not taken for ours."""

# The first version. `boot` is the moment of the decision on the boot-time clock and `held` for how
# many seconds its evidence had lasted by then; `calls` are the calls to the engine as JSON, their
# times in seconds after the decision; `times` counts how often the same intent was written, which
# is more than once when a monitor was killed before it knew the end. `over` repeats that there is
# an exit, so that the few runs under way are found among a million.
_FIRST = """
CREATE TABLE intents (
  id TEXT PRIMARY KEY, container TEXT NOT NULL, started_at TEXT NOT NULL, name TEXT NOT NULL,
  action TEXT NOT NULL, rule TEXT NOT NULL, reason TEXT NOT NULL, cause TEXT NOT NULL,
  grace REAL NOT NULL, dry_run INTEGER NOT NULL, times INTEGER NOT NULL DEFAULT 1,
  wall REAL NOT NULL, boot_id TEXT NOT NULL, boot REAL NOT NULL, held REAL NOT NULL,
  result TEXT, why TEXT, detail TEXT, calls TEXT, finished REAL, final INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE runs (
  container TEXT NOT NULL, started_at TEXT NOT NULL, name TEXT NOT NULL DEFAULT '',
  image TEXT NOT NULL DEFAULT '', standing TEXT NOT NULL DEFAULT '', first_seen REAL NOT NULL,
  boot_id TEXT, born REAL, mains TEXT NOT NULL DEFAULT '[]', task TEXT NOT NULL DEFAULT '',
  over INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (container, started_at)
);
CREATE TABLE exits (
  container TEXT NOT NULL, started_at TEXT NOT NULL, exit_code INTEGER, cause TEXT NOT NULL,
  oom INTEGER NOT NULL, finished_at TEXT NOT NULL, recorded REAL NOT NULL,
  PRIMARY KEY (container, started_at)
);
CREATE INDEX intents_wall ON intents (wall);
CREATE INDEX intents_open ON intents (wall) WHERE final = 0;
CREATE INDEX intents_run ON intents (container, started_at);
CREATE INDEX runs_first_seen ON runs (first_seen);
CREATE INDEX runs_open ON runs (first_seen) WHERE over = 0;
CREATE INDEX exits_recorded ON exits (recorded);
"""

# What was once in force, so that a start knows which rules are new.
_PROVEN = """
CREATE TABLE proven (proof TEXT PRIMARY KEY, rule TEXT NOT NULL, since REAL NOT NULL);
"""

# What the rule's author says of a decision, beside the reason, with the run's values.
_SUMMARY = """
ALTER TABLE intents ADD COLUMN summary TEXT NOT NULL DEFAULT '';
"""

# What certificates are made of, as JSON, and what history is read by. `ended` is when a run ended by the
# engine's clock as far as it said so, else when we learned of it; `boot` is when we did, on the boot-time
# clock, and `died` how many seconds before that the engine's word of the death came. `took` is how many
# seconds after the decision it was known what came of it.
_CERTIFICATES = """
CREATE TABLE certificates (
  id TEXT PRIMARY KEY, wall REAL NOT NULL, grounds TEXT, processes TEXT, log TEXT
);
CREATE INDEX certificates_wall ON certificates (wall);
ALTER TABLE exits ADD COLUMN ended REAL;
ALTER TABLE exits ADD COLUMN boot_id TEXT NOT NULL DEFAULT '';
ALTER TABLE exits ADD COLUMN boot REAL;
ALTER TABLE exits ADD COLUMN died REAL;
ALTER TABLE intents ADD COLUMN took REAL;
UPDATE exits SET ended = min(recorded, coalesce((julianday(finished_at) - 2440587.5) * 86400.0, recorded));
CREATE INDEX exits_ended ON exits (ended);
CREATE INDEX intents_told ON intents (coalesce(finished, wall));
CREATE INDEX intents_name ON intents (name, wall);
CREATE INDEX intents_cause ON intents (cause) WHERE cause <> '';
CREATE INDEX runs_name ON runs (name);
"""

# Which level of a rule decided; empty in rows from before, where nobody wrote it down.
_LEVELS = """
ALTER TABLE intents ADD COLUMN level TEXT NOT NULL DEFAULT '';
"""

# What came of decisions, in the order in which it was written, for those who follow along. A number is never
# given twice, also not after its row is deleted; `epoch` tells one file from another that was begun in its
# place. The same decision is told again only if something else came of it.
_NEWS = """
CREATE TABLE news (
  cursor INTEGER PRIMARY KEY AUTOINCREMENT, decision TEXT NOT NULL, result TEXT NOT NULL, why TEXT NOT NULL,
  at REAL NOT NULL, UNIQUE (decision, result, why)
);
CREATE TABLE epoch (epoch TEXT NOT NULL);
INSERT INTO epoch VALUES (lower(hex(randomblob(4))));
INSERT INTO news (decision, result, why, at) SELECT id, coalesce(result, ''), coalesce(why, ''),
  coalesce(finished, wall) FROM intents WHERE final = 1 ORDER BY coalesce(finished, wall);
CREATE TRIGGER tell AFTER UPDATE OF final ON intents WHEN new.final = 1 AND old.final = 0 BEGIN
  INSERT OR IGNORE INTO news (decision, result, why, at)
  VALUES (new.id, coalesce(new.result, ''), coalesce(new.why, ''), coalesce(new.finished, new.wall));
END;
"""
# What operators ordered: holds and silences. `until` is NULL for as long as nobody lifts it.
_ORDERS = """
CREATE TABLE orders (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, container TEXT NOT NULL, name TEXT NOT NULL, rule TEXT NOT NULL,
  who TEXT NOT NULL, why TEXT NOT NULL, since REAL NOT NULL, until REAL, lifted REAL,
  lifted_by TEXT NOT NULL DEFAULT ''
);
CREATE INDEX orders_since ON orders (since);
CREATE INDEX orders_open ON orders (since) WHERE lifted IS NULL;
"""

# Leases as their holders left them, and the boots of the engine's host that were seen.
_OWNERS = """
CREATE TABLE leases (
  name TEXT PRIMARY KEY, token INTEGER NOT NULL, ttl REAL NOT NULL, holder TEXT NOT NULL,
  given_up INTEGER NOT NULL, wall REAL NOT NULL
);
CREATE TABLE boots (boot_id TEXT PRIMARY KEY, wall REAL NOT NULL);
"""

# Who may live longer than the rules say; `until` is on the boot-time clock of the boot `boot_id`, and `ends`
# the same moment of the wall's.
_EXTENSIONS = """
CREATE TABLE extensions (
  container TEXT PRIMARY KEY, seconds REAL NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL,
  wall REAL NOT NULL, ends REAL NOT NULL, boot_id TEXT NOT NULL, until REAL NOT NULL
);
"""

# When the engine was told to stop the run politely, on the boot-time clock of `boot_id`: written right before
# it is, so that whoever finds the intent open asks a process that is shutting down no second time.
_ASKED = """
ALTER TABLE intents ADD COLUMN asked REAL;
"""

# What the cause of an end rests on: empty for what was seen, ``intent`` for what is only likely. `begun` is
# when an intent was first written, where `wall` is of the last time.
_BASIS = """
ALTER TABLE exits ADD COLUMN basis TEXT NOT NULL DEFAULT '';
ALTER TABLE intents ADD COLUMN begun REAL;
"""

# When an order was given on the boot-time clock: within one boot it lasts by that, whatever the wall's does.
_ORDERS_BY_BOOT = """
ALTER TABLE orders ADD COLUMN boot_id TEXT NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN boot REAL;
CREATE INDEX orders_container ON orders (container);
CREATE INDEX orders_name ON orders (name);
CREATE INDEX orders_lifted ON orders (lifted) WHERE lifted IS NOT NULL;
"""

MIGRATIONS: tuple[str, ...] = (
    _FIRST,
    _PROVEN,
    _SUMMARY,
    _CERTIFICATES,
    _LEVELS,
    _ORDERS,
    _NEWS,
    _OWNERS,
    _EXTENSIONS,
    _ASKED,
    _BASIS,
    _ORDERS_BY_BOOT,
)
VERSION = len(MIGRATIONS)


def prepare(connection: sqlite3.Connection, path: Path) -> bool:
    """Bring the file to the present version; True if it was empty before."""
    version = _number(connection, "user_version")
    empty = version == 0 and not connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
    if not empty and _number(connection, "application_id") != APPLICATION:
        raise NotAJournal(path)
    if version > VERSION:
        raise JournalTooNew(path, version, VERSION)
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        _migrate(connection, number, script)
    return empty


def stamps(connection: sqlite3.Connection) -> tuple[int, int]:
    """The version and the application that are written into the file's header."""
    return _number(connection, "user_version"), _number(connection, "application_id")


def _migrate(connection: sqlite3.Connection, number: int, script: str) -> None:
    """One step in one transaction: a file is of one version or the other, whenever we are killed."""
    connection.executescript(
        f"BEGIN IMMEDIATE;\n{script}\n"
        f"PRAGMA application_id = {APPLICATION};\nPRAGMA user_version = {number};\nCOMMIT;"
    )


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    value: int = connection.execute(f"PRAGMA {pragma}").fetchone()[0]
    return value
