"""What operators ordered, in the journal: holds, silences, and what they did once. Rows in, and back.

A hold or a silence lasts; a deed (an extension, an acknowledgement, a release) is there for the record only.
What an order means is the business of the core. Mains that are paused until their sidecars are ready stand
here as well: somebody has to know that it was us, should this monitor be killed meanwhile.
"""

import sqlite3
from dataclasses import dataclass

from reactor.core.container import ContainerId, Run
from reactor.core.orders import Hold, Orders, Silence
from reactor.journal.papers import storable
from reactor.journal.rows import Moment, Row
from reactor.journal.visiting import is_full_id

MOST = 5000
HOLD, SILENCE, PAUSE = "hold", "silence", "pause"
EXTENSION, ACKNOWLEDGEMENT, RELEASE = "extension", "ack", "release"
_ORDER = (
    "INSERT OR IGNORE INTO orders (id, kind, container, name, rule, who, why, since, until, boot_id, boot)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_LIFT = "UPDATE orders SET lifted = ?, lifted_by = ? WHERE id = ? AND lifted IS NULL"
_OPEN = (
    "SELECT kind, id, container, name, rule, who, why, since, until, boot_id, boot FROM orders"
    " WHERE lifted IS NULL AND kind IN ('hold', 'silence') ORDER BY rowid DESC LIMIT ?"
)

_PAUSED = "SELECT id FROM orders WHERE lifted IS NULL AND kind = 'pause' ORDER BY rowid DESC LIMIT ?"
_ID = 64


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that somebody did at a moment: to one container, or with some rules; ``lasts`` in seconds."""

    kind: str
    at: float
    who: str
    why: str = ""
    container: str = ""
    name: str = ""
    rule: str = ""
    lasts: float | None = None


def order(order: Hold | Silence, moment: Moment) -> Row:
    """What an operator ordered; again does no harm. ``moment`` is when it was."""
    silence = order if isinstance(order, Silence) else None
    what = (silence.container, silence.name, silence.rule) if silence is not None else ("", "", "")
    kind = HOLD if silence is None else SILENCE
    lasts = None if order.until is None else order.until - order.since
    return _row(moment, lasts, order.id, kind, *what, order.who, order.why)


def pause(run: Run, name: str, why: str, moment: Moment) -> Row:
    """That a main is about to be paused by us."""
    return _row(moment, None, pause_key(run), PAUSE, run.id, name, "", "reactor", why)


def pause_key(run: Run) -> str:
    """By which it is lifted."""
    return f"{PAUSE}-{run.id}{run.started_at}"


def paused(connection: sqlite3.Connection) -> tuple[Run, ...]:
    """The mains that were paused by us and that nobody let go on, as far as is written."""
    found = (row[0].removeprefix(f"{PAUSE}-") for row in connection.execute(_PAUSED, (MOST,)))
    return tuple(Run(ContainerId(key[:_ID]), key[_ID:]) for key in found if is_full_id(key[:_ID]))


def lift(key: str, by: str, moment: Moment) -> Row:
    """That it is over."""
    return Row(_LIFT, (moment.wall, storable(by), storable(key)))


def did(deed: Deed, moment: Moment) -> Row:
    """What somebody did once. ``moment`` is that of the deed, and tells it from others of its kind."""
    key = f"{deed.kind}-{deed.container[:12]}-{moment.wall:.6f}"
    return _row(moment, deed.lasts, key, deed.kind, deed.container, deed.name, deed.rule, deed.who, deed.why)


def _row(moment: Moment, lasts: float | None, *texts: str) -> Row:
    until = None if lasts is None else moment.wall + lasts
    values = (*(storable(text) for text in texts), moment.wall, until, moment.boot_id, moment.boot)
    return Row(_ORDER, values)


def standing(connection: sqlite3.Connection, now: Moment) -> tuple[Orders, int]:
    """What is not over, its moments on our own clock, and how many of these had to go by the wall's clock.

    Since the machine was started anew nothing else is known, and what that clock makes longer than it ever
    was to be is taken for begun just now: it may have been set back by any amount.
    """
    hold, silences, by_wall = None, [], 0
    for kind, key, container, name, rule, who, why, since, until, boot_id, boot in reversed(
        connection.execute(_OPEN, (MOST,)).fetchall()
    ):
        same = boot_id == now.boot_id != "" and boot is not None
        passed = now.boot - boot if same else max(0.0, now.wall - since)
        lasts = None if until is None else until - since
        began = now.at - passed
        over = None if lasts is None else began + lasts
        if over is not None and over <= now.at:
            continue
        by_wall += not same and over is not None
        if kind == HOLD:
            hold = Hold(key, began, who, why, over)
        elif over is not None and (not container or is_full_id(container)):
            silences.append(Silence(key, began, over, who, why, container, name, rule))
    return Orders(hold, tuple(silences)), by_wall
