"""Which records a recording holds, found in the core's own types: a new kind of fact comes in by itself.

Only the finding belongs here. How a record becomes plain values is in ``packing``, how it
comes back in ``unpacking``.
"""

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

from reactor.core.decisions import Decision
from reactor.core.facts import Fact
from reactor.core.rules import RuleSet
from reactor.core.state import Setup
from reactor.recording.errors import NotRecordable

SCALARS: frozenset[type] = frozenset({str, int, float, bool, bytes})


@dataclass(frozen=True, slots=True)
class Lost:
    """So many facts were not written before this place, because the disk was slow or full."""

    at: float
    count: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The recording was ended in order. ``more`` tells that it goes on in another file."""

    at: float
    more: bool = False


TOP: tuple[type, ...] = (*get_args(Fact), Decision, Lost, Closed, Setup)
"""What stands in a recording by itself; all else is part of one of these."""


def fields_of(kind: type) -> dict[str, Any]:
    """The fields that a record is made from, by name, with their types."""
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind) if each.init}


def plain_hint(hint: Any) -> Any:
    """The type without the name that was put on it."""
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    return hint


def arms(hint: Any) -> tuple[Any, ...]:
    """The parts of a union, None among them; a single type is its own only part."""
    if get_origin(hint) in {Union, types.UnionType}:
        return tuple(plain_hint(arm) for arm in get_args(hint))
    return (hint,)


def is_record(hint: Any) -> bool:
    """Whether it is a record of ours, and not the rules: those are kept as their text."""
    return isinstance(hint, type) and is_dataclass(hint) and hint is not RuleSet


def is_enum(hint: Any) -> bool:
    """Whether it is a fixed vocabulary."""
    return isinstance(hint, type) and issubclass(hint, Enum)


def is_set(hint: Any) -> bool:
    """Whether it is a set of something."""
    return get_origin(hint) in {frozenset, set}


def is_mapping(hint: Any) -> bool:
    """Whether it is a map."""
    origin = get_origin(hint)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def all_kinds() -> Mapping[str, type]:
    """Every kind of record that a recording may hold, by name, those that stand by themselves first."""
    found: dict[str, type] = {kind.__name__: kind for kind in TOP}
    waiting = list(TOP)
    while waiting:
        for hint in fields_of(waiting.pop(0)).values():
            for kind in _records_in(hint):
                if found.setdefault(kind.__name__, kind) is not kind:
                    raise NotRecordable(f"there are two kinds of records named {kind.__name__}")
                if kind not in TOP and kind not in waiting:
                    waiting.append(kind)
    return found


def _records_in(hint: Any) -> Iterator[type]:
    hint = plain_hint(hint)
    if is_record(hint):
        yield hint
    for inner in get_args(hint):
        if inner is not Ellipsis:
            yield from _records_in(inner)
