"""How the parts of a record come back, one small shape at a time, each refusing what does not fit.

Which shape a field has is found in ``unpacking``.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from reactor.recording.errors import Malformed, TooNew

Unpack = Callable[[Any], Any]
_FULL_ID = re.compile("[0-9a-f]{64}")

ALLOWED: Mapping[Any, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    float: (float, int),
    bool: (bool,),
    bytes: (bytes,),
}
"""What a field of a type may hold; a number with a fraction may be a whole one."""


def checked(allowed: tuple[type, ...]) -> Unpack:
    """A plain value of one of these types."""

    def check(value: Any) -> Any:
        # By type and not by isinstance: True is no number here.
        if type(value) not in allowed:
            raise Malformed(f"{type(value).__name__} instead of {allowed[0].__name__}")
        return value

    return check


def container_id(value: Any) -> Any:
    """The core spreads its memory by the digits of ids, and so does not take anything else for one."""
    if type(value) is not str or _FULL_ID.fullmatch(value) is None:
        raise Malformed(f"{value!r:.80} is no container's id")
    return value


def word(vocabulary: Any) -> Unpack:
    """A word of a fixed vocabulary."""
    words = {each.value: each for each in vocabulary}

    def unpack(value: Any) -> Any:
        found = words.get(value) if isinstance(value, str | int) else None
        if found is None:
            raise TooNew(f"{value!r:.80} is no {vocabulary.__name__}; it is a word")
        return found

    return unpack


def each_of(unpack: Unpack, gather: Callable[[Any], Any]) -> Unpack:
    """A list of such values, gathered into what it should be."""

    def unpack_all(values: Any) -> Any:
        if not isinstance(values, list):
            raise Malformed(f"{type(values).__name__} instead of a list")
        return gather(unpack(value) for value in values)

    return unpack_all


def row_of(unpacks: list[Unpack]) -> Unpack:
    """A tuple whose parts each have a type of their own."""

    def unpack_row(values: Any) -> tuple[Any, ...]:
        if not isinstance(values, list) or len(values) != len(unpacks):
            raise Malformed(f"this has not {len(unpacks)} parts")
        return tuple(unpack(value) for unpack, value in zip(unpacks, values, strict=True))

    return unpack_row


def mapping_of(key: Unpack, value: Unpack) -> Unpack:
    """A map, from its keys and values in turn."""

    def unpack(flat: Any) -> Mapping[Any, Any]:
        if not isinstance(flat, list) or len(flat) % 2:
            raise Malformed("this is no map")
        pairs = iter(flat)
        return {key(one): value(other) for one, other in zip(pairs, pairs, strict=True)}

    return unpack
