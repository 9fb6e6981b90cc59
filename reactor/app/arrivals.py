"""From which source a fact came, in one word for a metric's label."""

from reactor.core.facts import (
    Acted,
    Exited,
    Fact,
    Happened,
    HostSeen,
    LayerSized,
    OwnersSeen,
    Parted,
    Sample,
    Seen,
    Snapshot,
    Still,
    Subscription,
    Tick,
    Vanished,
    Witness,
    ZombiesSeen,
)

_SOURCES: dict[type, str] = {
    Acted: "outcomes",
    Exited: "events",
    HostSeen: "host",
    LayerSized: "layers",
    OwnersSeen: "owners",
    Parted: "sidecars",
    Sample: "samples",
    Seen: "looks",
    Snapshot: "lists",
    Still: "samples",
    Subscription: "subscription",
    Tick: "clock",
    Vanished: "looks",
    ZombiesSeen: "zombies",
}


SOURCES = tuple(sorted({*_SOURCES.values(), "kernel", "orders"}))
"""All words that there are for a source."""


def source_of(fact: Fact) -> str:
    """The source; what a person ordered comes from ``orders``."""
    if isinstance(fact, Happened):
        return "events" if fact.by is Witness.ENGINE else "kernel"
    return _SOURCES.get(type(fact), "orders")
