"""For programs that run tasks in containers beside a monitor: labels to put on, news to follow, leases.

What belongs here is the runner's side of the interface, on the standard library alone, from threads and from
asyncio. Nothing of the monitor itself is imported.
"""

from reactor.client.asking import Client, Page, Refused, TooOld, Unreachable
from reactor.client.awaiting import each
from reactor.client.connecting import Secrets
from reactor.client.labels import labels
from reactor.client.leases import Lease
from reactor.client.news import Decision
from reactor.client.stream import Stream

__all__ = [
    "Client",
    "Decision",
    "Lease",
    "Page",
    "Refused",
    "Secrets",
    "Stream",
    "TooOld",
    "Unreachable",
    "each",
    "labels",
]
