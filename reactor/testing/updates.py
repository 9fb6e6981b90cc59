"""An update of a container: other limits, or another restart policy, while it runs or not.

Only what an update changes and what it refuses belongs here; the call is in ``api_containers``.
"""

from dataclasses import dataclass, replace

from reactor.core.container import Limits as Wanted
from reactor.testing.box import Box
from reactor.testing.gauge import read
from reactor.testing.ground import HOST_CPUS, Ground
from reactor.testing.history import What
from reactor.testing.life import schedule
from reactor.testing.refusals import Refused
from reactor.testing.restarts import RestartPolicy
from reactor.testing.tasks import MIB, Limits

LEAST_MEMORY = 6 * MIB
NANO = 1_000_000_000
USUAL_PERIOD = 100_000


@dataclass(frozen=True, slots=True)
class Change:
    """What an update asks for, as a client writes it: zero leaves it, and so does no limit of PIDs at all.

    ``swap`` counts memory, -1 is no limit of it; a limit of PIDs that is not positive is none.
    """

    pids: int | None = None
    memory: int = 0
    swap: int = 0
    nano_cpus: int = 0
    quota: int = 0
    period: int = 0


def change_to(limits: Wanted) -> Change:
    """What our own clients ask for: both limits of memory at once, and no more CPUs than there are."""
    limits.refuse_bad()
    memory = limits.memory or 0
    nano = 0 if limits.cpu is None else max(1, round(min(limits.cpu, HOST_CPUS) * NANO))
    return Change(limits.pids, memory, limits.swap or memory, nano)


def changed(ground: Ground, box: Box, change: Change) -> Limits:
    """The limits after it; Refused as an engine would."""
    had, used = box.recipe.limits, read(ground, box).usage
    refuse_bad(change)
    if why := _conflict(had, change):
        raise Refused(409, f"Cannot update container {box.id}: {why}")
    swap = change.swap or had.swap
    memory = change.memory or had.memory
    if used is not None and memory is not None and used.memory > memory:
        # Of what it holds nothing can be taken back, and the older cgroups then refuse the limit.
        why = f"unable to set memory limit to {memory} (current usage: {used.memory})"
        raise Refused(500, f"Cannot update container {box.id}: {why}")
    if swap is not None and memory is not None and 0 < swap < memory:
        # It is the kernel that says so, and only in a container that runs.
        raise Refused(500, f"Cannot update container {box.id}: runc did not terminate successfully")
    pids = had.pids if change.pids is None else (change.pids if change.pids > 0 else None)
    cpus = _cores(change) or had.cpus
    by_quota = had.by_quota or bool(change.quota)
    return replace(had, pids=pids, memory=memory, swap=swap, cpus=cpus, by_quota=by_quota)


def refuse_bad(change: Change) -> None:
    """Refuse limits that no container can have."""
    if change.memory and change.memory < LEAST_MEMORY:
        raise Refused(400, "Minimum memory limit allowed is 6MB")
    if change.memory and 0 < change.swap < change.memory:
        raise Refused(400, "Minimum memoryswap limit should be larger than memory limit, see usage")
    if not 0 <= change.nano_cpus <= HOST_CPUS * NANO:
        why = f"Range of CPUs is from 0.01 to {HOST_CPUS}.00, as there are only {HOST_CPUS} CPUs available"
        raise Refused(400, why)


def _conflict(had: Limits, change: Change) -> str:
    """What of the change does not go with what it has."""
    if change.memory and not change.swap and change.memory > (had.swap or 0):
        return (
            "Memory limit should be smaller than already set memoryswap limit, "
            "update the memoryswap at the same time"
        )
    if change.nano_cpus and had.by_quota:
        return "Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set"
    if change.quota and had.cpus is not None and not had.by_quota:
        return "Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set"
    return ""


def _cores(change: Change) -> float | None:
    if change.quota > 0:
        return change.quota / (change.period or USUAL_PERIOD)
    return change.nano_cpus / NANO or None


def update(ground: Ground, box: Box, at: float, by: str, limits: Limits, policy: RestartPolicy) -> int:
    """Give it these limits and this policy, and tell of it."""
    if limits.memory is not None and limits.memory < LEAST_MEMORY:
        raise Refused(400, "Minimum memory limit allowed is 6MB")
    if box.removing:
        raise Refused(409, f"Cannot update container {box.id}: Container is marked for removal")
    if box.recipe.auto_remove and policy.name != "no":
        raise Refused(
            409,
            f"Cannot update container {box.id}: Restart policy cannot be updated "
            "because AutoRemove is enabled for the container",
        )
    box.recipe = replace(box.recipe, limits=limits, policy=policy)
    if box.resumed_at is not None:
        # What becomes of a task by itself depends on what it may use.
        box.drop_turns()
        schedule(ground, box, at)
    ground.tell(box, "update", at)
    ground.note(box, What.UPDATED, at, by)
    return 200
