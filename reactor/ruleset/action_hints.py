"""What an editor is told about the entries of ``then:``, made from the table of actions and their options."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import WithJsonSchema

from reactor.core.stages import OnFailure
from reactor.core.verbs import Action
from reactor.ruleset.actions import OPTIONS, SHORT
from reactor.ruleset.values import NAME

_DURATION = {"type": "string", "pattern": r"^([0-9]+(\.[0-9]+)?(ms|[wdhms]))+$"}
_BYTES = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?([kMGT]i?)?B$"}
_NAME = {"type": "string", "pattern": f"^{NAME}$", "description": "A name from the configuration."}
_OPTION: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "grace": {**_DURATION, "description": "How long it may take to end by itself; at most 10m."},
        "wait": {**_DURATION, "description": "How long the next action waits after it; at most 10m."},
        "timeout": {**_DURATION, "description": "How long it may take; at most 1m."},
        "on_failure": {"enum": list(OnFailure), "description": "What becomes of the actions behind it."},
        "pids": {"type": "integer", "minimum": 1},
        "memory": _BYTES,
        "swap": {**_BYTES, "description": "Memory and swap together."},
        "cpu": {"type": "number", "minimum": 0.01, "description": "Cores."},
        "only_missing": {"type": "boolean", "description": "Leave the limits that a container has."},
        "program": _NAME,
        "to": _NAME,
    }
)


def stage_hint() -> Any:
    """The JSON Schema of an entry of ``then``."""
    words = [action for action in Action if action not in SHORT and action is not Action.LIMIT]
    maps = [_map(action, options) for action, options in OPTIONS.items() if options]
    return Annotated[Any, WithJsonSchema({"anyOf": [{"type": "string", "enum": words}, *maps]})]


def options_of(action: Action) -> tuple[tuple[str, str], ...]:
    """The options of an action, each with what is said of it."""
    return tuple((option, _OPTION[option].get("description", "")) for option in OPTIONS[action])


def _map(action: Action, options: tuple[str, ...]) -> dict[str, Any]:
    inner: dict[str, Any] = {
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {option: dict(_OPTION[option]) for option in options},
    }
    behind = {"anyOf": [dict(_NAME), inner]} if action in SHORT else inner
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [str(action)],
        "properties": {str(action): behind},
    }
