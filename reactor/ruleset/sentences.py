"""What pydantic found wrong with the shape of a rule file, put into words with a place.

Only wording and places belong here; what is right is said by ``models``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from reactor.core.problems import Problem, did_you_mean
from reactor.ruleset.document import Document, Path
from reactor.ruleset.models import keys_of, model_at

Found = tuple[int, str]
"""An offset in the file, and what is wrong there."""

_THINGS = {
    "FileText": "a rule file",
    "GroupText": "a group",
    "RuleText": "a rule",
    "SelectorText": "a selector",
}
_ELSEWHERE = {
    "alert": "name",
    "annotations": "summary",
    "description": "summary",
    "expr": "when",
    "condition": "when",
    "if": "when",
    "event": "on",
    "trigger": "on",
    "then": "action",
    "actions": "action",
    "duration": "for",
    "selector": "select",
    "match": "select",
    "dry-run": "dry_run",
    "dryrun": "dry_run",
    "labels": "label",
}
"""What the same thing is called in other tools."""


def sentences(document: Document, error: ValidationError) -> Iterator[Found]:
    """Every mistake that pydantic found."""
    for detail in error.errors(include_url=False):
        path: Path = tuple(detail["loc"])
        context: Mapping[str, Any] = detail.get("ctx", {})
        if detail["type"] == "expression":
            yield from _in_condition(document, path, context["problems"])
        else:
            yield _sentence(document, path, detail["type"], context)


def _in_condition(document: Document, path: Path, problems: tuple[Problem, ...]) -> Iterator[Found]:
    for problem in problems:
        yield document.inside(path, problem.place.offset), problem.message


def _sentence(document: Document, path: Path, kind: str, context: Mapping[str, Any]) -> Found:
    if kind == "said":
        return document.value_at(path), context["message"]
    if kind == "extra_forbidden":
        return document.key_at(path), _unknown_key(path)
    if kind == "missing":
        return document.value_at(path[:-1]), f"{_thing(path[:-1])} needs the key '{path[-1]}'"
    return document.value_at(path), _wrong_shape(path, kind)


def _wrong_shape(path: Path, kind: str) -> str:
    if kind == "list_type":
        return f"'{path[-1]}' is a list: each entry begins with '- ' on a line of its own"
    if kind == "too_short":
        return f"'{path[-1]}' is empty: write an entry, or leave the key out"
    if kind == "bool_type":
        return f"'{path[-1]}' is true or false"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        keys = ", ".join(keys_of(model_at(path)))
        return f"{_thing(path)} is a map with the keys {keys}"
    raise NotImplementedError(f"no sentence for {kind}")


def _unknown_key(path: Path) -> str:
    key, model = str(path[-1]), model_at(path[:-1])
    known = keys_of(model)
    hint = did_you_mean(key, known)
    if _ELSEWHERE.get(key) in known:
        hint = f"it is called '{_ELSEWHERE[key]}' here"
    return f"unknown key '{key}' in {_thing(path[:-1])}: {hint}"


def _thing(path: Path) -> str:
    return _THINGS[model_at(path).__name__]
