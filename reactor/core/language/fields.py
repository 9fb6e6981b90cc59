"""The table of what a condition can read: names, kinds and limits, and what can be asked of them.

A field is added by one row here, one attribute of ``View``, and a line in the docs. Where
the values come from, and when they are unknown, is the business of whoever fills a view.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from reactor.core.container import State
from reactor.core.language.tree import Kind


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its kind, and the field that holds its limit if it has one.

    ``words`` are all that it can be, where that is a fixed vocabulary. ``kept`` means that functions
    over time can be asked of it.
    """

    kind: Kind
    limit: str = ""
    words: tuple[str, ...] = ()
    kept: bool = False


FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "age": Field(Kind.DURATION),
        "cpu": Field(Kind.NUMBER, kept=True),
        "cpu_limited": Field(Kind.CONDITION),
        "exit_code": Field(Kind.COUNT),
        "group.memory": Field(Kind.BYTES),
        "group.pids": Field(Kind.COUNT),
        "health": Field(Kind.TEXT, words=("starting", "healthy", "unhealthy")),
        "image": Field(Kind.TEXT),
        "init": Field(Kind.CONDITION),
        "labels": Field(Kind.LABELS),
        "layer_writes": Field(Kind.BYTES),
        "log_driver": Field(Kind.TEXT),
        "memory": Field(Kind.BYTES, limit="memory_limit", kept=True),
        "memory_limit": Field(Kind.BYTES),
        "memory_limited": Field(Kind.CONDITION),
        "name": Field(Kind.TEXT),
        "oom_kills": Field(Kind.COUNT),
        "pids": Field(Kind.COUNT, limit="pids_limit", kept=True),
        "pids_limit": Field(Kind.COUNT),
        "pids_limited": Field(Kind.CONDITION),
        "ports": Field(Kind.TEXTS),
        "privileged": Field(Kind.CONDITION),
        "ready": Field(Kind.CONDITION),
        "restarts": Field(Kind.COUNT),
        "state": Field(Kind.TEXT, words=tuple(State)),
        "total_age": Field(Kind.DURATION),
        "user": Field(Kind.TEXT),
        "zombies": Field(Kind.COUNT),
    }
)
"""Every name of one container that an expression may use."""

TOTALS: Mapping[str, Field] = MappingProxyType(
    {
        "host.memory_available": Field(Kind.BYTES, limit="host.memory_total"),
        "owner.memory": Field(Kind.BYTES),
        "owner.pids": Field(Kind.COUNT),
        "scope.memory": Field(Kind.BYTES),
        "scope.pids": Field(Kind.COUNT),
    }
)
"""The names that are about the whole: they stand alone, as in ``scope.pids > 4000``."""

LEFT = frozenset({"host.memory_available"})
"""Those of them that are what is left: they are known for themselves, and too little is what is bad."""

NAMES: Mapping[str, Field] = MappingProxyType({**FIELDS, **TOTALS})
"""Every name that an expression may use."""

SPACES = frozenset(name.partition(".")[0] for name in NAMES if "." in name)
"""What stands before the point of a name that has one."""

METHODS = ("contains", "endsWith", "hasValue", "matches", "orValue", "size", "startsWith")
"""What can be asked with a point: of a text, of a label that may be missing, of a list."""

FUNCTIONS = ("avg", "changes", "max", "min", "rate", "size", "time_to")
"""What can be called."""

ORDERED = frozenset({Kind.NUMBER, Kind.COUNT, Kind.BYTES, Kind.DURATION})
"""The kinds that can be counted with, and compared by more and less."""


def attribute(name: str) -> str:
    """The attribute of a view that holds a field."""
    return name.replace(".", "_")
