"""The part of the journal's door where leases, boots and extensions come in.

What they look like as rows is in ``tenancy``.
"""

from collections.abc import Callable

from reactor.core.container import ContainerId
from reactor.core.facts import Extended
from reactor.core.ports import KeptLease
from reactor.journal import tenancy
from reactor.journal.backlog import Backlog
from reactor.journal.memory import Recollection
from reactor.journal.orderdesk import OrderDesk


class TenancyDesk(OrderDesk):
    """Who may live how long. An extension is an operator's order as well."""

    def __init__(
        self, backlog: Backlog, wall: Callable[[], float], boot: Callable[[], float], boot_id: str
    ) -> None:
        super().__init__(backlog, wall, boot, boot_id)
        self._leases: dict[str, KeptLease] = {}
        self._boots: frozenset[str] = frozenset()
        self._extensions: dict[ContainerId, Extended] = {}

    def leases(self) -> tuple[KeptLease, ...]:
        """The leases as they were last kept."""
        return tuple(self._leases.values())

    def keep_lease(self, lease: KeptLease) -> None:
        """Write down a lease as it is now, without waiting."""
        self._leases[lease.name] = lease
        if lease.forgotten:
            del self._leases[lease.name]
        self._put(tenancy.keep(lease, self._moment()))

    def boots(self) -> frozenset[str]:
        """The boots of the engine's host that are on record."""
        return self._boots

    def keep_boot(self, boot_id: str) -> None:
        """Write down a boot of the engine's host, without waiting."""
        self._boots |= {boot_id}
        self._put(tenancy.boot(boot_id, self._moment()))

    def extensions(self) -> tuple[Extended, ...]:
        """The extensions that lasted when an earlier monitor's file was read, and those given since."""
        return tuple(self._extensions.values())

    def extend(self, fact: Extended) -> None:
        """Write down that somebody lets a container live longer, without waiting."""
        self._extensions[fact.id] = fact
        self._put_order(tenancy.extend(fact, self._moment(fact.at)))

    def _recall_tenancy(self, recollection: Recollection) -> None:
        self._leases = {**{each.name: each for each in recollection.leases}, **self._leases}
        self._boots |= recollection.boots
        self._extensions = {**{each.id: each for each in recollection.extensions}, **self._extensions}

    def _write_tenancy_anew(self) -> None:
        now = self._moment()
        for lease in self._leases.values():
            self._backlog.put((tenancy.keep(lease, now),))
        for extended in self._extensions.values():
            self._backlog.put((tenancy.extend(extended, self._moment(extended.at)),))
        for boot in sorted(self._boots):
            self._backlog.put((tenancy.boot(boot, now),))
