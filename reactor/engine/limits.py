"""Limits of a container in the engine's words: read from an inspect, and written for an update.

Engines have two ways to limit CPU time and several to say "none"; nobody above has to know them.
"""

import json

from reactor.core.container import Limits
from reactor.engine.wire import HostBody

NO_LIMIT = 2**63
"""Kernels and engines write "no limit" as a number near the end of 64 bits."""

NANO = 1_000_000_000
USUAL_PERIOD = 100_000
"""The period of a CPU quota without one, in microseconds, as a quota is."""


def limit(number: int | None) -> int | None:
    """A limit as a number; None for every way in which engines write that there is none."""
    return number if number is not None and 0 < number < NO_LIMIT else None


def read(host: HostBody) -> Limits:
    """The limits that an inspect tells of."""
    return Limits(limit(host.pids_limit), limit(host.memory), limit(host.memory_swap), _cores(host))


def _cores(host: HostBody) -> float | None:
    nano, quota = limit(host.nano_cpus), limit(host.cpu_quota)
    if nano is not None:
        return nano / NANO
    return None if quota is None else quota / (limit(host.cpu_period) or USUAL_PERIOD)


def written(limits: Limits, cpus: int) -> bytes:
    """The body of an update. ``cpus`` is how many the engine has, 0 if that is not known."""
    limits.refuse_bad()
    wanted: dict[str, int] = {}
    if limits.memory is not None:
        # One of them alone is refused whenever the other is in its way, and memory without swap is no limit.
        wanted |= {"Memory": limits.memory, "MemorySwap": limits.swap or limits.memory}
    if limits.pids is not None:
        wanted["PidsLimit"] = limits.pids
    if limits.cpu is not None:
        # More than there are is refused, and with it everything else in the call.
        cores = min(limits.cpu, cpus) if cpus else limits.cpu
        wanted["NanoCpus"] = max(1, round(cores * NANO))
    return json.dumps(wanted).encode()
