"""What an engine can do, and what a rule loses on one that cannot do it.

Belongs here: the record, and the plain words for each thing that is missing. Pure: how an engine is found
out is the ``engine`` room's business, who says it that of ``app``. What is not known to be missing
counts as there; whatever is missing stays unknown to the rules, and is never taken for zero.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

from reactor.core.rules import Rule, Trigger
from reactor.core.verbs import Action

_OF_MEMORY = frozenset({"memory", "group_memory"})
_OF_PIDS = frozenset({"pids", "group_pids"})


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do.

    ``oom_events`` tell of OOM kills, by an event or a flag; ``limit_updates`` give a running container other
    limits; ``memory_in_use`` is told apart from page cache in readings, and ``pids_limit`` is told in them;
    ``memory_accounts`` and ``pids_accounts`` are what the engine's host counts and limits at all.
    """

    oom_events: bool = True
    limit_updates: bool = True
    memory_in_use: bool = True
    pids_limit: bool = True
    memory_accounts: bool = True
    pids_accounts: bool = True

    def missing(self) -> tuple[str, ...]:
        """The names of what it cannot do."""
        return tuple(each.name for each in fields(self) if not getattr(self, each.name))


CAN_ALL = Capabilities()
"""An engine of which nothing is known to be missing."""

LOST: Mapping[str, str] = MappingProxyType(
    {
        "oom_events": "it tells of no OOM kill: they are known from the kernel alone",
        "limit_updates": "it cannot change limits: a container has to be created with them",
        "memory_in_use": (
            "its readings do not tell memory in use from page cache: only the kernel's own accounts are "
            "evidence about memory"
        ),
        "pids_limit": (
            "its readings do not tell the limit of PIDs: a percentage of that needs the kernel's own accounts"
        ),
        "memory_accounts": "the engine can neither limit nor measure memory: rules about memory cannot fire",
        "pids_accounts": "the engine can neither limit nor count PIDs: rules about PIDs cannot fire",
    }
)
"""What is lost with each of them, for a line of its own."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What else tells: of ``ooms`` the kernel's log or counters, and of ``readings`` its cgroups."""

    ooms: bool = False
    readings: bool = False


@dataclass(frozen=True, slots=True)
class Harm:
    """What a rule loses; nothing, if it is ``covered`` by another source."""

    rule: str
    place: str
    capability: str
    meaning: str
    covered: bool = False


def harms(rules: Iterable[Rule], can: Capabilities, elsewhere: Elsewhere) -> tuple[Harm, ...]:
    """What each of these rules loses on such an engine, in the order of the rules."""
    missing = can.missing()
    return tuple(harm for rule in rules for harm in _of(rule, elsewhere) if harm.capability in missing)


def _of(rule: Rule, elsewhere: Elsewhere) -> Iterator[Harm]:
    """What it would lose if everything were missing."""
    # What a condition about the whole adds up, or takes its victims by, is among what it reads.
    reads = rule.when.reads if rule.when is not None else frozenset()
    if rule.on is Trigger.OOM or "oom_kills" in reads:
        covered = elsewhere.ooms
        yield _harm(rule, "oom_events", "the kernel tells of OOM kills instead", "it cannot fire", covered)
    if Action.LIMIT in {rule.action, *(stage.action for stage in rule.then)}:
        yield _harm(rule, "limit_updates", "", "its limits cannot be set, and each try fails", covered=False)
    if reads & _OF_MEMORY:
        for capability in ("memory_in_use", "memory_accounts"):
            covered = elsewhere.readings and capability == "memory_in_use"
            yield _harm(rule, capability, "memory is read from cgroups instead", _UNKNOWN, covered)
    if "pids_limit" in reads:
        covered = elsewhere.readings
        yield _harm(rule, "pids_limit", "the limit is read from cgroups instead", _UNKNOWN, covered)
    if reads & _OF_PIDS:
        yield _harm(rule, "pids_accounts", "", _UNKNOWN, covered=False)


_UNKNOWN = "what it asks for stays unknown, and it cannot fire on that"


def _harm(rule: Rule, capability: str, instead: str, lost: str, covered: bool) -> Harm:
    return Harm(rule.name, rule.place, capability, instead if covered else lost, covered)
