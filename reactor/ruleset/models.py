"""The shape of a rule file: which keys there are, and what may stand behind each.

Shape only: what keys mean together (``for`` beside ``on``, two rules of one name) is checked
in ``reading``, and the sentences for what pydantic finds are in ``sentences``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from reactor.core.decisions import Action
from reactor.core.problems import BadExpression, did_you_mean
from reactor.core.rules import Condition, Trigger
from reactor.core.units import read_duration

ACTIONS = {Action.KILL.value: Action.KILL}
"""The actions that a rule can ask for."""
LONGEST_NAME = 63

_NAME = re.compile(rf"[a-z0-9-]{{1,{LONGEST_NAME}}}")


def wrong(message: str) -> PydanticCustomError:
    """A mistake in one value. The braces in a message of ours are no placeholders."""
    return PydanticCustomError("said", "{message}", {"message": message})


def _text(value: Any, info: ValidationInfo) -> str:
    key = "for" if info.field_name == "hold" else info.field_name
    if value is None:
        raise wrong(f"'{key}' has no value: write one, or leave the key out")
    if isinstance(value, list | dict):
        raise wrong(f"'{key}' is one text, and this is {'a list' if isinstance(value, list) else 'a map'}")
    if not isinstance(value, str):
        raise wrong(f"'{key}' is text: put it in quotes")
    return value


def _word(value: Any, info: ValidationInfo) -> str:
    text = _text(value, info)
    if not text.strip():
        raise wrong(f"'{info.field_name}' is empty: write a value, or leave the key out")
    return text


def _name(value: Any, info: ValidationInfo) -> str:
    text = _text(value, info)
    if _NAME.fullmatch(text):
        return text
    if len(text) > LONGEST_NAME:
        raise wrong(f"a name has at most {LONGEST_NAME} characters")
    proposal = re.sub(r"[^a-z0-9-]+", "-", text.lower()).strip("-")
    remedy = f", such as {proposal}" if proposal else ""
    raise wrong(f"a name is made of a-z, 0-9 and -{remedy}")


def _condition(value: Any, info: ValidationInfo) -> Condition:
    text = _text(value, info)
    try:
        condition = info.context["language"].condition(text) if info.context else None
    except BadExpression as error:
        raise PydanticCustomError("expression", "bad expression", {"problems": error.problems}) from None
    if not isinstance(condition, Condition):
        raise TypeError("the context of the validation has no language")
    return condition


def _trigger(value: Any, info: ValidationInfo) -> Trigger:
    text = _text(value, info)
    if text not in list(Trigger):
        raise wrong(f"there is no trigger '{text}': {did_you_mean(text, Trigger)}")
    return Trigger(text)


def _duration(value: Any, info: ValidationInfo) -> float:
    text = _text(value, info)
    seconds = read_duration(text)
    if seconds is not None:
        return seconds
    if text.isdigit():
        raise wrong(f"a duration has a unit: write {text}s, {text}m or {text}h")
    raise wrong(f"'{text}' is no duration: write it as 30s, 5m, 1h30m or 500ms")


def _action(value: Any, info: ValidationInfo) -> Action:
    text = _text(value, info)
    if text not in ACTIONS:
        raise wrong(f"there is no action '{text}': {did_you_mean(text, ACTIONS)}")
    return ACTIONS[text]


def _label(value: Any, info: ValidationInfo) -> str:
    text = _word(value, info)
    if text.startswith("="):
        raise wrong("a label is written key or key=value, as in team=ml*")
    return text


Text = Annotated[str, PlainValidator(_text)]
Glob = Annotated[str, PlainValidator(_word)]
SafeName = Annotated[str, PlainValidator(_name)]
Duration = Annotated[float, PlainValidator(_duration)]


class Strict(BaseModel):
    """Keys that are not known are mistakes, never ignored."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)


class SelectorText(Strict):
    """An entry of ``select``."""

    label: Annotated[str, PlainValidator(_label)] = ""
    name: Glob = ""
    image: Glob = ""
    project: Glob = ""


class RuleText(Strict):
    """An entry of ``rules``."""

    name: SafeName
    summary: Text = ""
    when: Annotated[Condition | None, PlainValidator(_condition)] = None
    on: Annotated[Trigger | None, PlainValidator(_trigger)] = None
    hold: Duration = Field(default=0.0, alias="for")
    dry_run: bool = False
    action: Annotated[Action, PlainValidator(_action)] = Action.KILL


class GroupText(Strict):
    """An entry of ``groups``."""

    name: SafeName
    select: list[SelectorText] = Field(default=[], min_length=1)
    rules: list[RuleText] = Field(min_length=1)


class FileText(Strict):
    """A rule file."""

    groups: list[GroupText] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of file: for the keys that lead to a map, its model and what it is called in messages."""

    models: Mapping[tuple[str, ...], tuple[type[BaseModel], str]]

    def model_at(self, path: tuple[str | int, ...]) -> type[BaseModel]:
        """The model of the map that a path leads into."""
        return self._at(path)[0]

    def name_at(self, path: tuple[str | int, ...]) -> str:
        """What that map is called."""
        return self._at(path)[1]

    def _at(self, path: tuple[str | int, ...]) -> tuple[type[BaseModel], str]:
        return self.models[tuple(step for step in path if isinstance(step, str))]


RULE_FILE = Shape(
    {
        (): (FileText, "a rule file"),
        ("groups",): (GroupText, "a group"),
        ("groups", "select"): (SelectorText, "a selector"),
        ("groups", "rules"): (RuleText, "a rule"),
    }
)


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys of a model as they are written in a file."""
    return tuple(field.alias or name for name, field in model.model_fields.items())
