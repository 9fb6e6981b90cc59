"""Owners, leases and what was left without them."""

from reactor.observe.names import Kind
from reactor.observe.rows.row import Row

_C, _U = Kind.COUNTER, Kind.UPDOWN

OWNERS = (
    Row(
        "reactor.owners", "{owner}", _U, "reactor_owners",
        "Owners that living mains name, by their kind and by what is known of them.", ("kind", "state"),
    ),
    Row(
        "reactor.owners.gone", "{owner}", _C, "reactor_owners_gone_total",
        "Times that an owner was found to be gone, after it was there or unknown.", ("kind",),
    ),
    Row(
        "reactor.orphans.ended", "{container}", _C, "reactor_orphans_ended_total",
        "Containers that were ended for what they had lost: a 'main' its owner, a 'sidecar' its main.",
        ("standing",),
    ),
    Row(
        "reactor.leases", "{lease}", _U, "reactor_leases",
        "Leases on record: 'held', 'over' since nobody renewed them, or 'given-up'.", ("state",),
    ),
    Row(
        "reactor.lease.connections", "{connection}", _U, "reactor_lease_connections",
        "Open connections that hold a lease.",
    ),
    Row(
        "reactor.lease.events", "{event}", _C, "reactor_lease_events_total",
        "What became of leases: 'taken', 'renewed', 'given-up', 'ran-out'; 'refused' to any but the holder.",
        ("event",),
    ),
)  # fmt: skip
