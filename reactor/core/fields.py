"""The table of what a condition can read of one container: names, kinds and limits.

A field is added by one row here, one attribute of ``View``, and a line in the docs. Where
the values come from, and when they are unknown, is the business of whoever fills a view.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from reactor.core.tree import Kind


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its kind, and the field that holds its limit if it has one."""

    kind: Kind
    limit: str = ""


FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "age": Field(Kind.DURATION),
        "image": Field(Kind.TEXT),
        "labels": Field(Kind.LABELS),
        "memory": Field(Kind.BYTES, limit="memory_limit"),
        "memory_limit": Field(Kind.BYTES),
        "name": Field(Kind.TEXT),
        "pids": Field(Kind.COUNT, limit="pids_limit"),
        "pids_limit": Field(Kind.COUNT),
        "state": Field(Kind.TEXT),
    }
)
"""Every name that an expression may use."""

METHODS = ("contains", "endsWith", "startsWith")
"""What can be asked of text: each takes one text and answers true or false."""

ORDERED = frozenset({Kind.NUMBER, Kind.COUNT, Kind.BYTES, Kind.DURATION})
"""The kinds that can be counted with, and compared by more and less."""
