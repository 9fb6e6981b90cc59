"""One lease, what can be said of it from outside, and what names and times one may have.

Who holds which, and until when, is decided in ``book``.
"""

from dataclasses import dataclass

from reactor.core.owners import LEASE_NAME
from reactor.core.ports import KeptLease

LONGEST_TTL = 86_400.0
SHORTEST_TTL = 1.0


class LeaseRefused(Exception):
    """It cannot be done, and why: an HTTP status and a sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Lease:
    """One lease; ``until`` is when it runs out if nobody renews it. ``holds`` are connections that do."""

    kept: KeptLease
    until: float
    holds: int = 0


def checked(name: str, ttl: float) -> float:
    """The time in seconds, if there can be such a lease. Raises LeaseRefused."""
    if not LEASE_NAME.fullmatch(name):
        raise LeaseRefused(400, "a lease has a name of letters, digits, '.', '_' and '-', at most 128")
    if not SHORTEST_TTL <= ttl <= LONGEST_TTL:
        raise LeaseRefused(400, f"ttl is a number of seconds from {SHORTEST_TTL:g} to {LONGEST_TTL:g}")
    return float(ttl)
