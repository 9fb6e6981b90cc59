"""A small check of values against a JSON Schema: as much of draft 2020-12 as ours uses, and no more.

A word of the schema language that is not known here is an error, so that nothing goes unchecked.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TYPES: Mapping[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
    "object": (dict,),
    "string": (str,),
}
_SAY_NOTHING = {"$schema", "$defs", "title", "description", "examples"}


def refusals(schema: Mapping[str, Any], value: object) -> list[str]:
    """Where a value is not as the schema has it; empty if it is."""
    return list(_refused(schema, value, "$", schema))


def _refused(schema: Mapping[str, Any], value: Any, at: str, top: Mapping[str, Any]) -> Iterator[str]:
    for word, said in schema.items():
        match word:
            case "$ref":
                yield from _refused(top["$defs"][said.removeprefix("#/$defs/")], value, at, top)
            case "anyOf":
                if all(list(_refused(each, value, at, top)) for each in said):
                    yield f"{at}: none of {word}"
            case "properties" | "items" | "additionalProperties" if said is not False:
                for inner, each, name in _inside(word, said, value, schema):
                    yield from _refused(inner, each, f"{at}{name}", top)
            case _ if word not in _SAY_NOTHING and not _holds(word, said, value, schema):
                yield f"{at}: {word} {said}"


def _inside(
    word: str, said: Any, value: Any, schema: Mapping[str, Any]
) -> Iterator[tuple[Mapping[str, Any], Any, str]]:
    """What a word of the schema says about the parts of a value: for each the schema, itself and its name."""
    known = schema.get("properties", {}).keys()
    if word == "items":
        yield from (
            (said, each, f"[{at}]") for at, each in enumerate(value if isinstance(value, list) else ())
        )
    elif isinstance(value, dict) and word == "properties":
        yield from ((said[key], value[key], f".{key}") for key in value.keys() & known)
    elif isinstance(value, dict):
        yield from ((said, value[key], f".{key}") for key in value.keys() - known)


def _holds(word: str, said: Any, value: Any, schema: Mapping[str, Any]) -> bool:
    match word:
        case "type":
            kinds = [said] if isinstance(said, str) else said
            return any(_is(value, kind) for kind in kinds)
        case "enum":
            return value in said
        case "pattern":
            return not isinstance(value, str) or re.search(said, value) is not None
        case "minimum":
            return not _is(value, "number") or value >= said
        case "maximum":
            return not _is(value, "integer") or value <= said
        case "minItems":
            return not isinstance(value, list) or len(value) >= said
        case "minProperties":
            return not isinstance(value, dict) or len(value) >= said
        case "required":
            return not isinstance(value, dict) or set(said) <= value.keys()
        case "additionalProperties":
            assert said is False
            return not isinstance(value, dict) or value.keys() <= schema.get("properties", {}).keys()
    raise NotImplementedError(word)


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and not (isinstance(value, bool) and kind in {"integer", "number"})
