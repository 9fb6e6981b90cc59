"""The shape of a rule file: which keys there are, in their canonical order, and what each takes.

Shape only: what single values mean is in ``values``, what keys mean together is checked in
``together``, and the sentences for what pydantic finds are in ``sentences``. The descriptions
are what an editor shows (``schema``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from reactor.core.rules import Condition, Order, Severity, Trigger
from reactor.core.stages import Stage
from reactor.ruleset import exempting, hints, values
from reactor.ruleset.action_hints import stage_hint
from reactor.ruleset.actions import stage
from reactor.ruleset.compose.models import ServiceText, beyond, models_below
from reactor.ruleset.values import Override

Text = Annotated[str, PlainValidator(values.text, json_schema_input_type=str)]
Glob = Annotated[str, PlainValidator(values.word, json_schema_input_type=hints.Word)]
SafeName = Annotated[str, PlainValidator(values.name, json_schema_input_type=hints.Name)]
Duration = Annotated[float, PlainValidator(values.duration, json_schema_input_type=hints.Duration)]
SomeTime = Annotated[float, PlainValidator(values.some_time, json_schema_input_type=hints.Duration)]
_Template = Annotated[str, PlainValidator(values.template, json_schema_input_type=str)]
_Condition = Annotated[Condition | None, PlainValidator(values.condition, json_schema_input_type=hints.Word)]
_Trigger = Annotated[Trigger | None, PlainValidator(values.trigger, json_schema_input_type=hints.Trigger)]
_Severity = Annotated[Severity, PlainValidator(values.severity, json_schema_input_type=hints.Severity)]
_Override = Annotated[Override | None, PlainValidator(values.override, json_schema_input_type=hints.Override)]
_Limit = Annotated[int | None, PlainValidator(values.limit, json_schema_input_type=hints.Limit)]
_Victims = Annotated[Order | None, PlainValidator(values.victims, json_schema_input_type=hints.Victims)]
_LabelKey = Annotated[str, PlainValidator(values.label_key, json_schema_input_type=hints.Word)]
_Label = Annotated[str, PlainValidator(values.label, json_schema_input_type=hints.Word)]
_Stage = Annotated[Stage, PlainValidator(stage, json_schema_input_type=stage_hint())]
_Field = Annotated[str, PlainValidator(exempting.field, json_schema_input_type=hints.ExemptField)]
_Row = Annotated[tuple[str, ...], PlainValidator(exempting.row, json_schema_input_type=hints.Row)]


class Strict(BaseModel):
    """Keys that are not known are mistakes, never ignored."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)


class SelectorText(Strict):
    """An entry of `select`: every part that is given must match."""

    label: _Label = Field(default="", description="A label, `key` or `key=pattern`.")
    name: Glob = Field(default="", description="A pattern for the container's name.")
    image: Glob = Field(default="", description="A pattern for the image as it was named at creation.")
    project: Glob = Field(default="", description="A pattern for the Compose project.")


class ExceptionText(Strict):
    """An exception to a rule: its author fixes the fields, the site fills in the values."""

    name: SafeName = Field(description="The exception's name, once within its rule.")
    override: _Override = Field(default=None, description=hints.OVERRIDE)
    fields: list[_Field] = Field(default=[], min_length=1, description="What a value has to name.")
    values: list[_Row] = Field(
        default=[],
        description="Lists of patterns, one for each field; exempt is what matches all of one list.",
    )


class _Usual(Strict):
    """What a group's defaults may say for its rules."""

    severity: _Severity = Field(
        default=Severity.WARNING, description="How bad it is: info, warning, critical."
    )
    hold: Duration = Field(
        default=0.0, alias="for", description="How long the condition must hold without a break."
    )
    keep_for: Duration = Field(
        default=0.0,
        description="A break in the condition that is not longer than this does not count as one.",
    )
    fresh: SomeTime = Field(
        default=0.0, description="How old a sample may be to be evidence; the configured age if left out."
    )
    cooldown: Duration = Field(
        default=0.0,
        description="How long after a decision the rule leaves later runs of the container alone. One that "
        "leaves it running: how long it does not speak of it again; 5m if that is left out.",
    )
    limit: _Limit = Field(
        default=None,
        description="With more matches than this at once the rule holds back, and says so.",
    )
    then: list[_Stage] = Field(
        default=[], min_length=1, description="What is done, in this order; kill if nothing is said."
    )
    dry_run: bool = Field(default=False, description="Decide and report, do nothing.")


class LevelText(_Usual):
    """What a rule or one of its levels says."""

    summary: _Template = Field(default="", description="One line for people; `{pids}` stands for a field.")
    description: _Template = Field(default="", description="More for people: what it means, what to do.")
    on: _Trigger = Field(default=None, description="An event instead of, or beside, a condition.")
    when: _Condition = Field(default=None, description="The condition, such as `pids > 200`.")
    contain: bool = Field(
        default=False,
        description="End the container directly, where that is possible, before the engine is asked to. "
        "Only for a rule that begins with `kill`.",
    )
    victims: _Victims = Field(
        default=None,
        description="Which containers a condition about the whole takes first, as in `most memory`; if left "
        "out, who has most of what it is about.",
    )
    tighten: _LabelKey = Field(
        default="", description="The label by which a container may ask for a stricter threshold."
    )


class DefaultsText(_Usual):
    """What holds for every rule of the group that does not say it itself."""

    team: Text = Field(default="", description="Who is to know.")


class RuleText(LevelText):
    """An entry of `rules`."""

    name: SafeName = Field(description="The rule's name, once within its group: a-z, 0-9 and -.")
    override: _Override = Field(default=None, description=hints.OVERRIDE)
    team: Text = Field(default="", description="Who is to know.")
    soft: LevelText = Field(
        default_factory=LevelText, description="The milder level of a rule with two levels."
    )
    hard: LevelText = Field(
        default_factory=LevelText, description="The stronger level of a rule with two levels."
    )
    exceptions: list[ExceptionText] = Field(
        default=[], min_length=1, description="Containers to which the rule does not apply."
    )


class GroupText(Strict):
    """An entry of `groups`."""

    name: SafeName = Field(description="The group's name, once in all files: a-z, 0-9 and -.")
    override: _Override = Field(default=None, description=hints.OVERRIDE)
    select: list[SelectorText] = Field(
        default=[], min_length=1, description="To which containers the rules apply: any one entry is enough."
    )
    defaults: DefaultsText = Field(
        default_factory=DefaultsText, description="What holds for rules that do not say it."
    )
    exceptions: list[ExceptionText] = Field(
        default=[], min_length=1, description="Containers to which no rule of the group applies."
    )
    rules: list[RuleText] = Field(default=[], min_length=1, description="The rules of the group.")


class SetText(Strict):
    """An entry of `sidecars`."""

    name: SafeName = Field(description="The set's name, once in all files: a-z, 0-9 and -.")
    select: list[SelectorText] = Field(
        default=[], min_length=1, description="Which tasks get the sidecars: any one entry is enough."
    )
    asked: bool = Field(
        default=False, description="Only what the task's own label `reactor.sidecars` names is made."
    )
    hold: bool = Field(default=False, description="The task is paused until all are ready.")
    templates: list[Text] = Field(min_length=1, description="The templates, in this order.")


class FileText(Strict):
    """A rule file of reactor: groups of rules, templates of sidecars, and which tasks get these."""

    groups: list[GroupText] = Field(default=[], min_length=1, description="The groups of rules.")
    templates: dict[str, ServiceText] = Field(
        default={}, min_length=1, description="Templates of sidecars by their names, in Compose syntax."
    )
    sidecars: list[SetText] = Field(
        default=[], min_length=1, description="Which tasks get which templates as sidecars."
    )


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of file: for the keys that lead to a map, its model and what it is called in messages.

    ``*`` stands for a name that the author chose. ``beyond`` are the keys that other tools have in the place
    of a model and we have not, with what to do instead.
    """

    models: Mapping[tuple[str, ...], tuple[type[BaseModel], str]]
    beyond: Mapping[type[BaseModel], Mapping[str, str]] = field(default_factory=dict)

    def model_at(self, path: tuple[str | int, ...]) -> type[BaseModel]:
        """The model of the map that a path leads into."""
        return self._at(path)[0]

    def name_at(self, path: tuple[str | int, ...]) -> str:
        """What that map is called."""
        return self._at(path)[1]

    def named_at(self, path: tuple[str | int, ...]) -> str:
        """What the things are called whose names are the keys of that map; empty if it is no such map."""
        return self.models[each][1] if (each := (*self._keys(path), "*")) in self.models else ""

    def _at(self, path: tuple[str | int, ...]) -> tuple[type[BaseModel], str]:
        return self.models[self._keys(path)]

    def _keys(self, path: tuple[str | int, ...]) -> tuple[str, ...]:
        keys: tuple[str, ...] = ()
        for step in path:
            if isinstance(step, str):
                keys = (*keys, "*" if (*keys, "*") in self.models else step)
        return keys


RULE_FILE = Shape(
    {
        (): (FileText, "a rule file"),
        ("groups",): (GroupText, "a group"),
        ("groups", "select"): (SelectorText, "a selector"),
        ("groups", "defaults"): (DefaultsText, "'defaults'"),
        ("groups", "exceptions"): (ExceptionText, "an exception"),
        ("groups", "rules"): (RuleText, "a rule"),
        ("groups", "rules", "soft"): (LevelText, "'soft'"),
        ("groups", "rules", "hard"): (LevelText, "'hard'"),
        ("groups", "rules", "exceptions"): (ExceptionText, "an exception"),
        ("sidecars",): (SetText, "an entry of 'sidecars'"),
        ("sidecars", "select"): (SelectorText, "a selector"),
        **models_below(("templates",), "a template"),
    },
    beyond(),
)

ORDER = (
    "groups", "name", "override", "summary", "description", "severity", "team", "select", "asked",
    "hold", "defaults", "on", "when", "for", "keep_for", "fresh", "cooldown", "limit", "victims",
    "tighten", "soft", "hard", "then", "contain", "dry_run", "fields", "values", "exceptions", "label",
    "image", "project", "rules", "templates", "sidecars",
)  # fmt: skip
"""All keys in the order in which ``reactor fmt`` writes them; those of templates stay in their own."""


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys of a model as they are written in a file, those of rule files in their canonical order."""
    keys = tuple(field.alias or name for name, field in model.model_fields.items())
    return tuple(sorted(keys, key=ORDER.index)) if set(keys) <= set(ORDER) else keys


def written_keys(model: type[BaseModel]) -> Mapping[str, str]:
    """For each attribute of a model, the key as it is written in a file."""
    return {name: field.alias or name for name, field in model.model_fields.items()}


def context(language: Any) -> dict[str, Any]:
    """What the checks of single values need to know."""
    return {"language": language}
