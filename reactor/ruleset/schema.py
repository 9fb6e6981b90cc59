"""The JSON Schema of a rule file, for editors: made from the models that read the files.

It is more lenient than ``reactor check``: conditions are text to it, and much of what keys mean
together is not said. What it refuses, the check refuses, too, but for text that looks like a number: to
an editor `team: 7` is one, and wants quotes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from reactor.ruleset.models import ORDER, FileText, keys_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_ONE_OF_THESE = (["when"], ["on"], ["soft", "hard"], ["override"], ["exceptions"])
_ONLY_FOR_EDITORS = ("title", "default")


def json_schema() -> dict[str, Any]:
    """The schema, as plain values."""
    made = _tidy(FileText.model_json_schema(by_alias=True, mode="validation"))
    definitions = made["$defs"]
    definitions["RuleText"]["anyOf"] = [{"required": keys} for keys in _ONE_OF_THESE]
    definitions["GroupText"]["anyOf"] = [{"required": ["rules"]}, {"required": ["override"]}]
    definitions["SelectorText"]["minProperties"] = 1
    definitions["SetText"]["anyOf"] = [{"required": ["select"]}, {"required": ["asked"]}]
    made["anyOf"] = [{"required": [key]} for key in keys_of(FileText)]
    return {"$schema": DIALECT, "title": "A rule file of reactor", **made}


def _tidy(value: Any, *, names: bool = False) -> Any:
    """Without what says nothing, and with keys in the order in which files have them.

    ``names`` is true where the keys of a map are names of ours, and not words of the schema language.
    """
    if isinstance(value, Mapping):
        kept = {key: each for key, each in value.items() if names or key not in _ONLY_FOR_EDITORS}
        if names and set(kept) <= set(ORDER):
            kept = {key: kept[key] for key in sorted(kept, key=ORDER.index)}
        return {
            key: _tidy(each, names=not names and key in {"properties", "$defs"}) for key, each in kept.items()
        }
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_tidy(each) for each in value]
    return value
