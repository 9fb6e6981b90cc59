"""Leases, boots and extensions in the journal: rows in, and what a monitor that starts reads of them.

What a lease means is the business of the ``owners`` room.
"""

import sqlite3

from reactor.core.container import ContainerId
from reactor.core.facts import Extended
from reactor.core.owners import LEASE_NAME
from reactor.core.ports import KeptLease
from reactor.journal.papers import storable
from reactor.journal.rows import Moment, Row

MOST_BOOTS = 1000
_KEEP = (
    "INSERT INTO leases (name, token, ttl, holder, given_up, wall) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (name) DO UPDATE SET token = excluded.token, ttl = excluded.ttl, holder = excluded.holder,"
    " given_up = excluded.given_up, wall = excluded.wall"
)
_FORGET = "DELETE FROM leases WHERE name = ?"
_BOOT = "INSERT INTO boots (boot_id, wall) VALUES (?, ?) ON CONFLICT (boot_id) DO NOTHING"
_EXTEND = (
    "INSERT INTO extensions (container, seconds, who, why, wall, ends, boot_id, until)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (container) DO UPDATE SET seconds = excluded.seconds,"
    " who = excluded.who, why = excluded.why, wall = excluded.wall, ends = excluded.ends,"
    " boot_id = excluded.boot_id, until = excluded.until"
)
_EXTENSIONS = (
    "SELECT container, seconds, who, why, wall, ends, boot_id, until FROM extensions"
    " WHERE seconds > 0 AND length(container) = 64"
)
_LEASES = "SELECT name, token, ttl, holder, given_up FROM leases ORDER BY token"
_BOOTS = "SELECT boot_id FROM boots ORDER BY wall DESC LIMIT ?"


def keep(lease: KeptLease, moment: Moment) -> Row:
    """A lease as it is now, or the end of keeping it."""
    if lease.forgotten:
        return Row(_FORGET, (lease.name,))
    values = (lease.name, lease.token, lease.ttl, storable(lease.holder), int(lease.given_up), moment.wall)
    return Row(_KEEP, values)


def boot(boot_id: str, moment: Moment) -> Row:
    """A boot of the engine's host."""
    return Row(_BOOT, (storable(boot_id), moment.wall))


def leases(connection: sqlite3.Connection) -> tuple[KeptLease, ...]:
    """All leases that have the right shape, the newest token last."""
    rows = connection.execute(_LEASES)
    return tuple(
        KeptLease(name, token, ttl, holder, bool(given_up))
        for name, token, ttl, holder, given_up in rows
        if isinstance(token, int) and isinstance(ttl, float) and LEASE_NAME.fullmatch(str(name))
    )


def boots(connection: sqlite3.Connection) -> frozenset[str]:
    """The latest boots."""
    return frozenset(row[0] for row in connection.execute(_BOOTS, (MOST_BOOTS,)))


def extend(fact: Extended, moment: Moment) -> Row:
    """An extension; ``moment`` is that of the fact."""
    left = fact.until - fact.at
    values = (fact.id, fact.seconds, storable(fact.who), storable(fact.why), moment.wall)
    return Row(_EXTEND, (*values, moment.wall + left, moment.boot_id, moment.boot + left))


def extensions(connection: sqlite3.Connection, now: Moment) -> tuple[Extended, ...]:
    """The extensions that last, on the present clock. After a reboot there is only the wall's clock to
    go by, and what it makes longer than it ever was counts as over."""
    found = []
    for container, seconds, who, why, wall, ends, boot_id, until in connection.execute(_EXTENSIONS):
        left = until - now.boot if boot_id == now.boot_id != "" else ends - now.wall
        if 0 < left <= ends - wall + 1:
            found.append(Extended(now.at, ContainerId(container), seconds, now.at + left, who, why))
    return tuple(found)
