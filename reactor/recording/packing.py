"""Records into plain values: numbers, texts, lists. The types of their fields say how.

A record is a list of its fields' values, in the order that the recording's header names them
in; one that can be of several kinds has its kind's number before it. Only this direction is
here; ``unpacking`` is its mirror.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, get_args

from reactor.core.container import Container, Run
from reactor.core.rules import RuleSet
from reactor.recording import kinds
from reactor.recording.errors import NotRecordable
from reactor.recording.references import Books

Pack = Callable[[Any], Any]


class Packer:
    """Packs records one after another; what was written once is only pointed to after that."""

    def __init__(self) -> None:
        self.books = Books()
        self.kinds: Mapping[str, type] = kinds.all_kinds()
        self._number = {kind: number for number, kind in enumerate(self.kinds.values())}
        self._packs: dict[type, Pack] = {}
        self._top = {kind: self._record(kind) for kind in kinds.TOP}

    def schema(self) -> list[tuple[str, list[str]]]:
        """Every kind with its fields, as the header of a recording names them."""
        return [(name, list(kinds.fields_of(kind))) for name, kind in self.kinds.items()]

    def pack(self, record: Any) -> tuple[int, Any]:
        """One record with the number of its kind before it."""
        kind = type(record)
        pack = self._top.get(kind)
        if pack is None:
            raise NotRecordable(f"a {kind.__name__} is no record of a recording")
        packed = (self._number[kind], pack(record))
        self.books.went_by(record)
        return packed

    def _pack_for(self, hint: Any) -> Pack | None:
        """How values of this type are packed; None if they are as they should be."""
        hint = kinds.plain_hint(hint)
        alone = [arm for arm in kinds.arms(hint) if arm is not type(None)]
        if len(alone) > 1:
            return self._union(hint, alone)
        if len(kinds.arms(hint)) > 1:
            pack = self._pack_for(alone[0])
            return pack and (lambda value: None if value is None else pack(value))
        return self._single(hint)

    def _single(self, hint: Any) -> Pack | None:
        if hint in kinds.SCALARS:
            return None
        if hint is RuleSet:
            return _rules
        if kinds.is_enum(hint):
            return attrgetter("value")
        if kinds.is_record(hint):
            return self._record(hint)
        inner = [each for each in get_args(hint) if each is not Ellipsis]
        if kinds.is_mapping(hint):
            return _mapping(*map(self._pack_for, inner))
        if kinds.is_set(hint):
            return _each(self._pack_for(inner[0]), in_order=kinds.plain_hint(inner[0]) is str)
        if len(inner) == 1:
            return _each(self._pack_for(inner[0]))
        if inner:
            return _row([self._pack_for(each) for each in inner])
        raise NotRecordable(f"a recording cannot hold a {hint}")

    def _union(self, hint: Any, alone: list[Any]) -> Pack | None:
        if all(arm in kinds.SCALARS for arm in alone):
            return None
        if not all(kinds.is_record(arm) for arm in alone):
            raise NotRecordable(
                f"a recording cannot hold a {hint}: it may be records or plain values, not both"
            )
        packs = {arm: (self._number[arm], self._record(arm)) for arm in alone}

        def pack(value: Any) -> Any:
            if value is None:
                return None
            number, pack_one = packs[type(value)]
            return (number, pack_one(value))

        return pack

    def _record(self, kind: type) -> Pack:
        known = self._packs.get(kind)
        if known is None:
            known = _fields(kind, self._pack_for)
            known = {Run: self._by_run(known), Container: self._by_look(known)}.get(kind, known)
            self._packs[kind] = known
        return known

    def _by_run(self, whole: Pack) -> Pack:
        books = self.books

        def pack(run: Run) -> Any:
            number = books.number_of_run(run)
            if number is not None:
                return number
            books.add_run(run)
            return whole(run)

        return pack

    def _by_look(self, whole: Pack) -> Pack:
        books = self.books

        def pack(container: Container) -> Any:
            number = books.number_of_look(container)
            if number is not None:
                return number
            packed = whole(container)
            books.add_look(container)
            return packed

        return pack


def _fields(kind: type, pack_for: Callable[[Any], Pack | None]) -> Pack:
    named = kinds.fields_of(kind)
    if len(named) < 2:
        # An attrgetter of one name gives the value itself, and not a tuple of it.
        return lambda value: [pack(getattr(value, name)) for name, pack in _packs(named, pack_for)]
    get = attrgetter(*named)
    changed = [(at, pack) for at, pack in enumerate(map(pack_for, named.values())) if pack is not None]
    if not changed:
        return get

    def pack(value: Any) -> list[Any]:
        values = list(get(value))
        for at, pack_one in changed:
            values[at] = pack_one(values[at])
        return values

    return pack


def _packs(named: Mapping[str, Any], pack_for: Callable[[Any], Pack | None]) -> list[tuple[str, Pack]]:
    return [(name, pack_for(hint) or _as_it_is) for name, hint in named.items()]


def _as_it_is(value: Any) -> Any:
    return value


def _rules(rules: RuleSet) -> Any:
    """Rules are compiled; what is kept is their text."""
    return [rules.version, [list(pair) for pair in rules.texts]]


def _each(pack: Pack | None, *, in_order: bool = False) -> Pack:
    def pack_all(values: Any) -> list[Any]:
        ordered = sorted(values) if in_order else values
        return list(ordered) if pack is None else [pack(value) for value in ordered]

    return pack_all


def _row(packs: list[Pack | None]) -> Pack:
    each = [pack or _as_it_is for pack in packs]
    return lambda values: [pack(value) for pack, value in zip(each, values, strict=True)]


def _mapping(key: Pack | None, value: Pack | None) -> Pack:
    pack_key, pack_value = key or _as_it_is, value or _as_it_is

    # Pairs, and not a map: a key may be a record, and their order is kept.
    def pack(values: Mapping[Any, Any]) -> list[Any]:
        flat: list[Any] = []
        for one, other in values.items():
            flat += (pack_key(one), pack_value(other))
        return flat

    return pack
