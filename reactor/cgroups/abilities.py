"""What works here, as the probe found it, and which way of watching follows from that.

Records and a pure choice; how each ability is tried is in ``trials`` and ``rights``. Versions of kernels
decide nothing.
"""

from dataclasses import dataclass, fields
from enum import StrEnum

from reactor.cgroups.mounts import Layout


class Mode(StrEnum):
    """How the kernel's accounts can be used: written to as well, only read, or not at all."""

    WRITE = "write"
    READ_ONLY = "read-only"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Ability:
    """Whether something works, why that is said, and what would have to be granted if it does not."""

    works: bool
    why: str
    grant: str = ""


def yes(why: str) -> Ability:
    """It works."""
    return Ability(works=True, why=why)


def no(why: str, grant: str = "") -> Ability:
    """It does not, or that was not to be found out."""
    return Ability(works=False, why=why, grant=grant)


UNTRIED = no("it was not tried")


@dataclass(frozen=True, slots=True)
class Abilities:
    """Everything that was tried.

    ``pids_events``, ``memory_events`` and ``cgroup_events`` are the kernel's notifications of those files,
    ``memory_threshold`` those of version 1 when usage passes a number. ``cgroup_kill`` and ``pidfd`` end
    processes directly; the latter needs to see them (``host_pids``). ``priority`` and ``realtime`` are ways
    to be heard on a busy machine, ``kernel_log`` names the cgroup of an OOM that left nothing else, and by
    ``fork_events`` the kernel tells that something was forked, whoever did it.
    """

    layout: Layout = Layout.NONE
    read: Ability = UNTRIED
    write: Ability = UNTRIED
    pids_events: Ability = UNTRIED
    memory_events: Ability = UNTRIED
    memory_threshold: Ability = UNTRIED
    cgroup_events: Ability = UNTRIED
    cgroup_kill: Ability = UNTRIED
    pidfd: Ability = UNTRIED
    host_pids: Ability = UNTRIED
    priority: Ability = UNTRIED
    realtime: Ability = UNTRIED
    kernel_log: Ability = UNTRIED
    fork_events: Ability = UNTRIED

    @property
    def mode(self) -> Mode:
        """The best way of watching that these allow."""
        if not self.read.works:
            return Mode.NONE
        return Mode.WRITE if self.write.works else Mode.READ_ONLY

    def lines(self) -> tuple[tuple[str, Ability], ...]:
        """Each ability with its name, in the order in which they are told."""
        found = ((field.name.replace("_", " "), getattr(self, field.name)) for field in fields(self))
        return tuple((name, each) for name, each in found if isinstance(each, Ability))
