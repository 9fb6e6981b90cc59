"""Limits of a container in the engine's words: read from an inspect, and written for an update.

Engines have two ways to limit CPU time and several to say "none"; nobody above has to know them.
"""

import json

from msgspec import UNSET, UnsetType

from reactor.core.container import Limits
from reactor.engine.traits import NUMBER, said
from reactor.engine.wire import HostBody

NO_LIMIT = 2**63
"""Kernels and engines write "no limit" as a number near the end of 64 bits."""

NANO = 1_000_000_000
USUAL_PERIOD = 100_000
"""The period of a CPU quota without one, in microseconds, as a quota is."""


def limit(number: int | UnsetType | None) -> int | None:
    """A limit as a number; None for every way in which engines write that there is none."""
    return number if isinstance(number, int) and 0 < number < NO_LIMIT else None


def limited(number: int | UnsetType | None) -> bool | None:
    """Whether there is a limit; None if the engine does not say. Docker writes null for no limit of PIDs."""
    return None if number is UNSET else limit(number) is not None


def read(host: HostBody) -> Limits:
    """The limits that an inspect tells of."""
    return Limits(limit(host.pids_limit), limit(host.memory), limit(host.memory_swap), _cores(host))


def _cores(host: HostBody) -> float | None:
    nano, quota, period = (
        limit(said(raw, NUMBER)) for raw in (host.nano_cpus, host.cpu_quota, host.cpu_period)
    )
    if nano is not None:
        return nano / NANO
    return None if quota is None else quota / (period or USUAL_PERIOD)


def cpu_limited(host: HostBody) -> bool | None:
    """Whether it has a limit on processor time, said in one way or in the other; None if that is not said."""
    ways = said(host.nano_cpus, NUMBER), said(host.cpu_quota, NUMBER)
    if _cores(host) is not None:
        return True
    return None if None in ways else False


def written(limits: Limits, cpus: int) -> bytes:
    """The body of an update. ``cpus`` is how many the engine has, 0 if that is not known."""
    return json.dumps(wanted(limits, cpus)).encode()


def wanted(limits: Limits, cpus: int) -> dict[str, object]:
    """Limits in the engine's words, for an update or a creation."""
    limits.refuse_bad()
    told: dict[str, object] = {}
    if limits.memory is not None:
        # One of them alone is refused whenever the other is in its way, and memory without swap is no limit.
        told |= {"Memory": limits.memory, "MemorySwap": limits.swap or limits.memory}
    if limits.pids is not None:
        told["PidsLimit"] = limits.pids
    if limits.cpu is not None:
        # More than there are is refused, and with it everything else in the call.
        cores = min(limits.cpu, cpus) if cpus else limits.cpu
        told["NanoCpus"] = max(1, round(cores * NANO))
    return told
