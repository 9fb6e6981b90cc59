"""Plain values back into records, by the fields that the recording itself names.

A field that the recording does not have gets its default, so that older recordings stay
readable. A kind, a field or a word that is not known here is a newer reactor's, and is
refused: to leave it out would be to replay something else. The mirror of ``packing``.
"""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from typing import Any, get_args

import msgspec

from reactor.core.container import Container, ContainerId, Run
from reactor.core.rules import RuleSet
from reactor.recording import kinds
from reactor.recording.errors import Malformed, NotRecordable, TooNew
from reactor.recording.references import Books
from reactor.recording.shapes import ALLOWED, Unpack, checked, container_id, each_of, mapping_of, row_of, word

Texts = tuple[tuple[str, str], ...]
Schema = Sequence[tuple[str, Sequence[str]]]


class Unpacker:
    """Unpacks what one recording holds, in the order in which it was written.

    ``schema`` is that of the recording; ``rules_of`` makes rules of their texts and their version.
    """

    def __init__(self, schema: Schema, rules_of: Callable[[Texts, str], RuleSet]) -> None:
        self.books = Books()
        self._rules_of = rules_of
        self._kinds = kinds.all_kinds()
        self._schema = schema
        self._fields = {name: list(named) for name, named in schema}
        self._unpacks: dict[type, Unpack] = {}
        self._top: dict[int, Unpack] = {}

    def unpack(self, packed: Any) -> Any:
        """One record. Raises Malformed or TooNew."""
        try:
            record = self._unpack_numbered(packed)
        except (TypeError, ValueError, ArithmeticError, LookupError) as error:
            # The checksum was right, so somebody made this on purpose.
            raise Malformed(f"this cannot be made into a record: {error}") from None
        self.books.went_by(record)
        return record

    def _unpack_numbered(self, packed: Any) -> Any:
        if not isinstance(packed, list) or len(packed) != 2 or type(packed[0]) is not int:
            raise Malformed("this is no record")
        number, values = packed
        unpack = self._top.get(number)
        if unpack is None:
            unpack = self._top[number] = self._record(self._kind(number))
        return unpack(values)

    def _kind(self, number: int) -> type:
        if not 0 <= number < len(self._schema):
            raise Malformed(f"there is no kind of records with the number {number}")
        name = self._schema[number][0]
        kind = self._kinds.get(name)
        if kind is None:
            raise TooNew(f"this is a record of the kind {name}")
        return kind

    def _unpack_for(self, hint: Any) -> Unpack:
        if hint is ContainerId:
            return container_id
        hint = kinds.plain_hint(hint)
        arms = kinds.arms(hint)
        alone = [arm for arm in arms if arm is not type(None)]
        unpack = self._single(alone[0]) if len(alone) == 1 else self._union(alone)
        if len(alone) == len(arms):
            return unpack
        return lambda value: None if value is None else unpack(value)

    def _union(self, alone: list[Any]) -> Unpack:
        if all(arm in kinds.SCALARS for arm in alone):
            return checked(tuple(each for arm in alone for each in ALLOWED[arm]))
        return self._unpack_numbered

    def _single(self, hint: Any) -> Unpack:
        if hint in kinds.SCALARS:
            return checked(ALLOWED[hint])
        if hint is RuleSet:
            return self._rules
        if kinds.is_enum(hint):
            return word(hint)
        if kinds.is_record(hint):
            return self._record(hint)
        inner = [self._unpack_for(each) for each in get_args(hint) if each is not Ellipsis]
        if kinds.is_mapping(hint):
            return mapping_of(*inner)
        if kinds.is_set(hint):
            return each_of(inner[0], frozenset)
        if len(inner) == 1:
            return each_of(inner[0], tuple)
        if inner:
            return row_of(inner)
        raise NotRecordable(f"a recording cannot hold a {hint}")

    def _rules(self, value: Any) -> RuleSet:
        try:
            version, texts = msgspec.convert(value, tuple[str, Texts])
        except msgspec.ValidationError as error:
            raise Malformed(f"these are no rules: {error}") from None
        return self._rules_of(texts, version)

    def _record(self, kind: type) -> Unpack:
        known = self._unpacks.get(kind)
        if known is None:
            if kind.__name__ not in self._fields:
                raise Malformed(f"the recording does not say what a {kind.__name__} is made of")
            known = _maker(kind, self._fields[kind.__name__], self._unpack_for)
            if kind is Run:
                known = _or_number(known, self.books.run, self.books.add_run)
            if kind is Container:
                known = _or_number(known, self.books.look, self.books.add_look)
            self._unpacks[kind] = known
        return known


def _maker(kind: type, names: list[str], unpack_for: Callable[[Any], Unpack]) -> Unpack:
    """Makes a record of the values of these fields."""
    known = kinds.fields_of(kind)
    for name in names:
        if name not in known:
            raise TooNew(f"a {kind.__name__} has a {name} here")
    _demand_defaults(kind, names)
    unpacks = [unpack_for(known[name]) for name in names]
    width, in_order = len(names), list(known)[: len(names)] == names

    def make(values: Any) -> Any:
        if not isinstance(values, list) or len(values) != width:
            raise Malformed(f"a {kind.__name__} has {width} fields here")
        made = [unpack(value) for unpack, value in zip(unpacks, values, strict=True)]
        return kind(*made) if in_order else kind(**dict(zip(names, made, strict=True)))

    return make


def _demand_defaults(kind: type, names: list[str]) -> None:
    for each in fields(kind):
        lacks = each.init and each.name not in names
        if lacks and each.default is MISSING and each.default_factory is MISSING:
            raise Malformed(f"a {kind.__name__} has no {each.name} here")


def _or_number(whole: Unpack, known: Callable[[int], Any], add: Callable[[Any], None]) -> Unpack:
    """A record that is written out once; a number stands for it after that."""

    def unpack(value: Any) -> Any:
        if type(value) is not int:
            made = whole(value)
            add(made)
            return made
        found = known(value)
        if found is None:
            raise Malformed(f"number {value} was never written out")
        return found

    return unpack
