"""Leases that are renewed: who holds which, until when, and by which token.

Time is an argument, and nothing here waits. A lease runs out only while the book is open, that is while
renewals can come in; time in which nobody could have renewed counts for nobody. Tokens only grow: whoever
comes with an older one is refused, so that a holder that was taken for gone cannot speak for the next.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from reactor.core.ports import KeptLease
from reactor.owners.finding import ALIVE, Found, gone, unknown
from reactor.owners.lease import Lease, LeaseRefused, checked

MOST = 10_000
STALL = 5.0
"""Seconds between two looks beyond which nobody could have renewed: we were stopped, or the host slept."""

EVENTS = ("taken", "renewed", "given-up", "ran-out", "refused")

Keep = Callable[[KeptLease], None]


@dataclass(frozen=True, slots=True)
class LeaseStatistics:
    """How many leases are held, over and given up, connections that hold some, and what became of all."""

    standing: Mapping[str, int]
    connections: int
    events: Mapping[str, int]


class LeaseBook:
    """All leases of one monitor. ``keep`` writes down what a later monitor has to know."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._leases: dict[str, Lease] = {}
        self._token = 0
        self._looked: float | None = None
        self._events: Counter[str] = Counter()

    def recall(self, kept: Iterable[KeptLease]) -> None:
        """Take in what an earlier monitor left."""
        for each in kept:
            self._leases[each.name] = Lease(each, 0.0)
            self._token = max(self._token, each.token)

    def open(self, at: float) -> None:
        """Renewals can come in from now on: what was held gets its whole time anew."""
        self._looked = at
        for name, lease in self._leases.items():
            self._leases[name] = replace(lease, until=at + lease.kept.ttl)

    def pass_time(self, at: float) -> None:
        """Time went on; if it did so without us, everybody gets it back."""
        if self._looked is None:
            return
        before, self._looked = self._looked, at
        lost = at - before
        if lost > STALL:
            for name, lease in self._leases.items():
                self._leases[name] = replace(lease, until=lease.until + lost)
            return
        self._events["ran-out"] += sum(
            before < lease.until <= at and not lease.holds and not lease.kept.given_up
            for lease in self._leases.values()
        )

    def take(self, name: str, ttl: float, holder: str, at: float) -> Lease:
        """Begin to hold a lease that nobody holds; its token is larger than all before."""
        ttl = checked(name, ttl)
        old = self._leases.get(name)
        if old is not None and self._is_held(old, at):
            raise LeaseRefused(409, "somebody else holds this lease")
        if old is None and len(self._leases) >= MOST and not self._forget_one(at):
            raise LeaseRefused(429, f"there are {MOST} leases already")
        self._token += 1
        self._events["taken"] += 1
        return self._put(KeptLease(name, self._token, ttl, holder), at)

    def renew(self, name: str, token: int, ttl: float, at: float) -> Lease:
        """Hold it for so long from now on; refused with any token but the present one."""
        lease = self._renewed(name, token, ttl, at)
        self._events["renewed"] += 1
        return lease

    def _renewed(self, name: str, token: int, ttl: float, at: float) -> Lease:
        ttl = checked(name, ttl)
        lease = self._with_token(name, token)
        if lease.kept.given_up:
            raise LeaseRefused(409, "this lease was given up; take it anew, without a token")
        if lease.kept.ttl != ttl:
            self._put(replace(lease.kept, ttl=ttl), at)
        self._leases[name] = replace(self._leases[name], until=at + ttl, holds=lease.holds)
        return self._leases[name]

    def give_up(self, name: str, token: int, at: float) -> Lease:
        """Let it go: whoever it stands for is gone from now on."""
        lease = self._with_token(name, token)
        self._events["given-up"] += not lease.kept.given_up
        return self._put(replace(lease.kept, given_up=True), at)

    def hold(self, name: str, token: int, at: float) -> None:
        """A connection holds it from now on, beside others that may."""
        lease = self._renewed(name, token, self._with_token(name, token).kept.ttl, at)
        self._leases[name] = replace(lease, holds=lease.holds + 1)

    def holds(self, name: str, token: int) -> bool:
        """Whether a connection that began to hold it by this token still does."""
        lease = self._leases.get(name)
        return lease is not None and lease.kept.token == token and not lease.kept.given_up

    def let_go(self, name: str, token: int, at: float) -> None:
        """A connection that held it has ended: its time runs from now."""
        lease = self._leases.get(name)
        if lease is not None and lease.kept.token == token:
            holds = max(0, lease.holds - 1)
            self._leases[name] = replace(lease, holds=holds, until=max(lease.until, at + lease.kept.ttl))

    def look(self, name: str, at: float) -> Found:
        """Whether somebody holds it."""
        lease = self._leases.get(name)
        if lease is None:
            return unknown("nobody has ever held this lease")
        if lease.kept.given_up:
            return gone("its lease was given up")
        if self._looked is None:
            return unknown("nobody could renew it since the monitor began")
        if self._is_held(lease, at):
            return ALIVE
        return gone(f"its lease was not renewed within {lease.kept.ttl:g} s")

    def lease(self, name: str) -> Lease:
        """One lease. Raises LeaseRefused if nobody ever held it."""
        if name not in self._leases:
            raise LeaseRefused(404, "nobody has ever held this lease")
        return self._leases[name]

    def leases(self) -> tuple[Lease, ...]:
        """All leases, by name."""
        return tuple(self._leases[name] for name in sorted(self._leases))

    def refused(self) -> None:
        """Somebody asked for what another holds."""
        self._events["refused"] += 1

    def statistics(self, at: float) -> LeaseStatistics:
        """How many there are, and what became of all."""
        standing = Counter({"held": 0, "over": 0, "given-up": 0})
        for lease in self._leases.values():
            over = "given-up" if lease.kept.given_up else "over"
            standing["held" if self._is_held(lease, at) else over] += 1
        events = {event: self._events[event] for event in EVENTS}
        return LeaseStatistics(standing, sum(lease.holds for lease in self._leases.values()), events)

    def _is_held(self, lease: Lease, at: float) -> bool:
        if lease.kept.given_up:
            return False
        return self._looked is None or lease.holds > 0 or at < lease.until

    def _with_token(self, name: str, token: int) -> Lease:
        lease = self._leases.get(name)
        if lease is None:
            raise LeaseRefused(404, "nobody holds this lease; take it first, without a token")
        if token != lease.kept.token:
            raise LeaseRefused(409, "this token is not the present one: somebody else took the lease")
        return lease

    def _put(self, kept: KeptLease, at: float) -> Lease:
        self._keep(kept)
        self._leases[kept.name] = Lease(kept, at + kept.ttl)
        return self._leases[kept.name]

    def _forget_one(self, at: float) -> bool:
        """Make room by the lease that has been over for longest, and not by the newest of all tokens."""
        over = [each for each in self._leases.values() if not self._is_held(each, at)]
        old = min(over, key=lambda each: each.kept.token, default=None)
        if old is None or old.kept.token == self._token:
            return False
        del self._leases[old.kept.name]
        self._keep(replace(old.kept, forgotten=True))
        return True
