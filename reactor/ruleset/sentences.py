"""What pydantic found wrong with the shape of a rule file, put into words with a place.

Only wording and places belong here; what is right is said by ``models``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from reactor.core.language.problems import Problem, did_you_mean, nearest
from reactor.ruleset.document import Document, Path
from reactor.ruleset.models import RULE_FILE, GroupText, RuleText, Shape, keys_of

Found = tuple[int, str]
"""An offset in the file, and what is wrong there."""

_ELSEWHERE = {
    "alert": "name",
    "annotations": "summary",
    "desc": "description",
    "output": "summary",
    "priority": "severity",
    "keep_firing_for": "keep_for",
    "owner": "team",
    "override_mode": "override",
    "at_most": "limit",
    "exception": "exceptions",
    "expr": "when",
    "condition": "when",
    "if": "when",
    "event": "on",
    "trigger": "on",
    "do": "then",
    "actions": "then",
    "duration": "for",
    "selector": "select",
    "match": "select",
    "dry-run": "dry_run",
    "dryrun": "dry_run",
    "labels": "label",
    "services": "templates",
    "sidecar": "sidecars",
}
"""What the same thing is called in other tools."""
_OUTDATED = {"action": "write 'then' in its place, with a list, as in 'then: [kill]'"}
"""What was a key once."""


def sentences(document: Document, error: ValidationError, shape: Shape = RULE_FILE) -> Iterator[Found]:
    """Every mistake that pydantic found."""
    for detail in error.errors(include_url=False):
        path: Path = tuple(detail["loc"])
        context: Mapping[str, Any] = detail.get("ctx", {})
        if detail["type"] == "expression":
            yield from _in_condition(document, path, context["problems"])
        elif detail["type"] != "missing" or not _misspelt(path, detail["input"], shape):
            yield _sentence(document, path, detail["type"], context, shape)


def _misspelt(path: Path, written: Iterable[str], shape: Shape) -> bool:
    return path[-1] in meant_keys(shape.model_at(path[:-1]), written)


def meant_keys(model: type[BaseModel], written: Iterable[str]) -> set[str]:
    """The keys that unknown ones were meant to be: these are misspelt, and not missing as well."""
    known = keys_of(model)
    guesses = {_meant(key, known) for key in written if key not in known}
    return {guess for guess in guesses if guess is not None}


def _in_condition(document: Document, path: Path, problems: tuple[Problem, ...]) -> Iterator[Found]:
    for problem in problems:
        yield document.inside(path, problem.place.offset), problem.message


def _sentence(document: Document, path: Path, kind: str, context: Mapping[str, Any], shape: Shape) -> Found:
    if kind == "said":
        return document.value_at((*path, *context["inside"])), context["message"]
    if kind == "extra_forbidden":
        return document.key_at(path), _unknown_key(path, shape)
    if kind == "missing":
        return document.value_at(path[:-1]), f"{shape.name_at(path[:-1])} needs the key '{path[-1]}'"
    return document.value_at(path), _wrong_shape(path, kind, shape)


def _wrong_shape(path: Path, kind: str, shape: Shape) -> str:
    if kind == "list_type":
        example = "write 'then: [kill]'" if path[-1] == "then" else "each entry begins with '- '"
        return f"'{path[-1]}' is a list: {example}{'' if path[-1] == 'then' else ' on a line of its own'}"
    if kind == "too_short":
        remedy = "" if path[-1] in {"fields", "groups", "rules"} else ", or leave the key out"
        return f"'{path[-1]}' is empty: write an entry{remedy}"
    if kind == "bool_type":
        return f"'{path[-1]}' is true or false"
    if kind == "dict_type" and (what := shape.named_at(path)):
        return f"'{path[-1]}' is a map: the name of {what}, and below it what it is"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        keys = ", ".join(keys_of(shape.model_at(path)))
        return f"{shape.name_at(path)} is a map with the keys {keys}"
    raise NotImplementedError(f"no sentence for {kind}")


def _unknown_key(path: Path, shape: Shape) -> str:
    model, what = shape.model_at(path[:-1]), shape.name_at(path[:-1])
    key, known = str(path[-1]), keys_of(model)
    if model in shape.beyond:
        return _beyond(key, known, shape.beyond[model], what)
    elsewhere = _ELSEWHERE.get(key)
    if key in _OUTDATED:
        return f"there is no key '{key}' any more: {_OUTDATED[key]}"
    hint = f"it is called '{elsewhere}' here" if elsewhere in known else _home(key, shape)
    return f"unknown key '{key}' in {what}: {hint or did_you_mean(key, known)}"


def _beyond(key: str, known: Sequence[str], beyond: Mapping[str, str], what: str) -> str:
    """About a key where another tool has more of them than we have."""
    if key in beyond:
        return f"Compose has the key '{key}', and {what} here has not: {beyond[key]}"
    if key.startswith("x-") and not nearest(key, [each for each in known if each.startswith("x-")]):
        return f"'{key}' is an extension that means nothing here: leave it out"
    return f"unknown key '{key}' in {what}, and Compose has none, either: {did_you_mean(key, known)}"


def _home(key: str, shape: Shape) -> str:
    """Where a key stands that is right elsewhere in the file."""
    if shape is not RULE_FILE:
        return ""
    if key in keys_of(RuleText):
        return "it belongs in a rule"
    return "it belongs in a group" if key in keys_of(GroupText) else ""


def _meant(key: str, known: Sequence[str]) -> str | None:
    elsewhere = _ELSEWHERE.get(key)
    if elsewhere in known:
        return elsewhere
    return None if key in keys_of(RuleText) or key in keys_of(GroupText) else nearest(key, known)
