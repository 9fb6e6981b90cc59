"""The reference of rule files as a page of the documentation, ``docs/reference/rules.md``.

The page is made from the models that read the files, the tables of the language and the words for both
(``meanings``, ``wording``); a test compares it with the file, so that it cannot go stale.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel

from reactor.core.language.fields import FIELDS, FUNCTIONS, LEFT, METHODS, TOTALS
from reactor.core.rules import Trigger
from reactor.core.verbs import ENDING, Action
from reactor.ruleset.action_hints import options_of
from reactor.ruleset.meanings import NAMES
from reactor.ruleset.models import RULE_FILE, keys_of
from reactor.ruleset.schema import json_schema
from reactor.ruleset.wording import ACTIONS, TRIGGERS
from reactor.ruleset.wording import FUNCTIONS as CALLED
from reactor.ruleset.wording import METHODS as ASKED

_HEAD = """# Reference: rule files

<!-- Made by `make docs`. What it says stands in reactor/ruleset: models.py, meanings.py and wording.py. -->

Every word that a rule file can have. How they go together is told, with examples, in
[rules.md](../rules.md); all pages are in [the index](../README.md). `reactor schema` prints the keys as JSON
Schema, for editors.

[Keys](#keys) · [Triggers](#triggers) · [Actions](#actions) · [Names of a container](#names-of-a-container) ·
[Names of the whole](#names-of-the-whole) · [Functions](#functions) · [Methods](#methods)

"""
_KEYS = """## Keys

A duration is written as `30s`, `5m`, `1h30m` or `500ms`. What has no default is nothing unless it is given.
"""
_COLUMNS = "| key | takes | default | meaning |\n|---|---|---|---|\n"
_NAMES = """## Names of a container

*Readings* are the kernel's cgroup files, or the engine's stats where these cannot be read; *inspect* and
*event* are what the engine tells. No rule acts on what is unknown ([why](../rules.md#unknown)). With a limit
a name can be compared with a percentage of it; what has *over time* can be asked by [functions](#functions).

| name | kind | limit | over time | what it is | from | unknown when |
|---|---|---|---|---|---|---|
"""
_TOTALS = """## Names of the whole

Each stands alone beside one plain value, as in `scope.pids > 4000`; see
[rules.md](../rules.md#what-can-be-read-of-the-whole).

| name | kind | asked by | what it is | from | unknown when |
|---|---|---|---|---|---|
"""
_WORDS = {
    "boolean": "`true`, `false`",
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "null": "",
}
_MOST_WORDS = 9
"""How many words are listed; of more there is an example."""


def document() -> str:
    """The whole page in Markdown."""
    parts = (_keys(), _triggers(), _actions(), _names(), _totals(), _words())
    return _HEAD + "\n".join("".join(part) for part in parts)


def _keys() -> Iterator[str]:
    yield _KEYS
    whole = json_schema()
    for model, places in _models().items():
        schema = whole["$defs"].get(model.__name__, whole)
        defaults = {field.alias or name: field.default for name, field in model.model_fields.items()}
        yield f"\n### {', '.join(places)}\n\n{model.__doc__}\n\n{_COLUMNS}"
        for key in keys_of(model):
            said = schema["properties"][key]
            default = "required" if key in schema.get("required", ()) else _default(defaults[key], said)
            yield _row(f"`{key}`", _takes(said), default, said.get("description", ""))


def _models() -> dict[type[BaseModel], list[str]]:
    """Each model once, with the places where it stands: the keys that lead there."""
    found: dict[type[BaseModel], list[str]] = {}
    for path, (model, _) in RULE_FILE.models.items():
        keys = ".".join("NAME" if key == "*" else key for key in path)
        found.setdefault(model, []).append(f"`{keys}`" if keys else "A file")
    return found


def _takes(said: dict[str, Any]) -> str:
    """What stands behind a key, from its schema."""
    if "enum" in said:
        words = [f"`{word}`" for word in said["enum"]]
        return ", ".join(words if len(words) <= _MOST_WORDS else [words[0], "…", words[-1]])
    if "$ref" in said or "additionalProperties" in said or said.get("type") == "object":
        return "a map"
    if "anyOf" in said:
        return " or ".join(dict.fromkeys(map(_takes, said["anyOf"])))
    if said.get("type") == "array":
        inner = said["items"]
        return "a list" if "$ref" in inner or "anyOf" in inner else f"a list of {_takes(inner)}"
    return _plain(said)


def _plain(said: dict[str, Any]) -> str:
    if "ms|" in said.get("pattern", ""):
        return "duration"
    kinds = said.get("type", "string")
    words = [_WORDS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    return " or ".join(dict.fromkeys(word for word in words if word))


def _default(value: Any, said: dict[str, Any]) -> str:
    """A default as it would be written; nothing where that says nothing."""
    text = said.get("description", "")
    if not isinstance(value, str | int | float) or value == "" or "if left out" in text:
        return ""
    if isinstance(value, bool):
        return f"`{value}`".lower()
    if "octal" in text:
        return f"`{value:04o}`"
    return f"`{value:g}s`" if _takes(said) == "duration" else f"`{value}`"


def _triggers() -> Iterator[str]:
    yield "## Triggers\n\n| `on:` | when it counts |\n|---|---|\n"
    yield from (_row(f"`{trigger}`", TRIGGERS[trigger]) for trigger in Trigger)


def _actions() -> Iterator[str]:
    yield "## Actions\n\nThe entries of `then`; `[kill]` if it is left out.\n\n"
    yield "| action | ends the run | what it does | options |\n|---|---|---|---|\n"
    for action in Action:
        options = "; ".join(
            f"`{name}`{f', {text[0].lower()}{text[1:-1]}' if text else ''}"
            for name, text in options_of(action)
        )
        yield _row(f"`{action}`", "yes" if action in ENDING else "no", ACTIONS[action], options)


def _names() -> Iterator[str]:
    yield _NAMES
    for name, field in FIELDS.items():
        meaning, limit = NAMES[name], f"`{field.limit}`" if field.limit else ""
        kept = "yes" if field.kept else ""
        yield _row(f"`{name}`", field.kind, limit, kept, meaning.what, meaning.source, meaning.unknown)


def _totals() -> Iterator[str]:
    yield _TOTALS
    for name, field in TOTALS.items():
        signs = "`<` `<=`" if name in LEFT else "`>` `>=`"
        yield _row(f"`{name}`", field.kind, signs, NAMES[name].what, NAMES[name].source, NAMES[name].unknown)


def _words() -> Iterator[str]:
    yield "## Functions\n\n| written as | what it is | of |\n|---|---|---|\n"
    kept = " ".join(f"`{name}`" for name, field in FIELDS.items() if field.kept)
    taken = {"time_to": "`memory` `pids`", "changes": "`restarts`", "size": "texts, lists, `labels`"}
    yield from (_row(f"`{CALLED[word][0]}`", CALLED[word][1], taken.get(word, kept)) for word in FUNCTIONS)
    yield "\n## Methods\n\n| written as | what it is |\n|---|---|\n"
    yield from (_row(f"`{ASKED[word][0]}`", ASKED[word][1]) for word in METHODS)


def _row(*cells: str) -> str:
    return "| " + " | ".join(_cells(cells)) + " |\n"


def _cells(cells: Iterable[str]) -> Iterator[str]:
    return (" ".join(cell.split()).replace("|", r"\|") for cell in cells)
