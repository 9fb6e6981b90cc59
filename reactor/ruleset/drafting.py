"""One rule file: from its text to a draft, with everything that is wrong with its single values.

What is right in a file with mistakes is in the draft, too, so that all that is wrong with the
keys together can be said at the same time. How YAML, shapes and conditions are read is in
``document``, ``models`` and ``expressions``.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from reactor.ruleset.compose.drafting import services, sets
from reactor.ruleset.document import Document, NotYamlError, Path, entries, read_document
from reactor.ruleset.drafts import FileDraft, Given, GroupDraft, Part, Spot
from reactor.ruleset.errors import RuleError, error_at
from reactor.ruleset.expressions import Language
from reactor.ruleset.models import (
    ExceptionText,
    FileText,
    GroupText,
    RuleText,
    context,
    keys_of,
    written_keys,
)
from reactor.ruleset.places import line_and_column
from reactor.ruleset.selectors import empty_selectors
from reactor.ruleset.sentences import Found, meant_keys, sentences

_STAND_IN = {"name": "unnamed"}
"""For what is required and missing, so that the rest can be looked at."""


def draft(file: str, text: str, language: Language) -> FileDraft:
    """Read the text of a file; ``file`` is what it is called in messages and places."""
    try:
        document = read_document(text)
    except NotYamlError as error:
        return FileDraft(file, errors=(error_at(file, text, error.offset, error.message),), unread=True)
    if document.data is None:
        empty = "this file is empty: write 'groups:' with rules below it, or remove the file"
        return FileDraft(file, errors=(RuleError(file, 0, 0, empty),), unread=True)
    if _is_of_tests(document.data):
        test = "this is a file of tests for rules: 'reactor test' reads it, and the rules that lie beside it"
        return FileDraft(file, errors=(RuleError(file, 0, 0, test),), unread=True)
    found = [*document.problems, *_together(document)]
    right: FileText | None = None
    try:
        right = FileText.model_validate(document.data, context=context(language))
    except ValidationError as error:
        found += sentences(document, error)
    top = Spot(file, document, ())
    groups = tuple(_Drafter(top, language).groups(right))
    errors = tuple(error_at(file, text, *one) for one in found)
    return FileDraft(file, groups, tuple(services(top, "templates")), tuple(sets(top)), errors)


def _is_of_tests(data: Any) -> bool:
    # A pattern in a shell names them along with the rules.
    return isinstance(data, dict) and "tests" in data and not data.keys() & set(keys_of(FileText))


class _Drafter:
    """Makes parts of the maps in a file; ``right`` is the checked model of one, if all of it is right."""

    def __init__(self, spot: Spot, language: Language) -> None:
        self._spot = spot
        self._language = language

    def groups(self, right: FileText | None) -> Iterator[GroupDraft]:
        for path, raw in entries(self._spot.document.data, "groups", ()):
            model = right.groups[_index(path)] if right else None
            own = {key: value for key, value in raw.items() if key != "rules"}
            part = self._part(path, own, GroupText, model)
            yield GroupDraft(part, tuple(self._rules(path, raw, model)))

    def _rules(self, path: Path, raw: dict[str, Any], right: GroupText | None) -> Iterator[Part]:
        for inner, rule in entries(raw, "rules", path):
            yield self._part(inner, rule, RuleText, right.rules[_index(inner)] if right else None)

    def _part(self, path: Path, raw: dict[str, Any], model: type[BaseModel], right: BaseModel | None) -> Part:
        if right is not None:
            return _part(self._spot.below(*path), right)
        return self._right_part(self._spot.below(*path), raw, model)

    def _right_part(self, spot: Spot, raw: dict[str, Any], model: type[BaseModel]) -> Part:
        """What is right in a map that may have mistakes."""
        broken = self._broken(raw, model)
        kept = {key: value for key, value in raw.items() if key not in broken}
        missing = {key: value for key, value in _STAND_IN.items() if key not in kept}
        right = model.model_validate({**missing, **kept}, context=context(self._language))
        part = _part(spot, right)
        given = {key: value for key, value in part.given.items() if key not in missing}
        return Part(spot, given, frozenset(broken | meant_keys(model, raw)))

    def _broken(self, raw: dict[str, Any], model: type[BaseModel]) -> set[str]:
        try:
            model.model_validate(raw, context=context(self._language))
        except ValidationError as error:
            return {str(detail["loc"][0]) for detail in error.errors(include_url=False)}
        return set()


def _index(path: Path) -> int:
    return int(path[-1])


def _part(spot: Spot, right: BaseModel) -> Part:
    keys = {
        key: spot.below(key)
        for attribute, key in written_keys(type(right)).items()
        if attribute in right.model_fields_set and key != "rules"
    }
    attributes = {key: attribute for attribute, key in written_keys(type(right)).items()}
    return Part(
        spot,
        {key: Given(_nested(getattr(right, attributes[key]), below), below) for key, below in keys.items()},
    )


def _nested(value: Any, spot: Spot) -> Any:
    """A value, with parts in the place of maps in which later files can change single keys."""
    if isinstance(value, BaseModel):
        return _part(spot, value)
    if isinstance(value, list) and value and isinstance(value[0], ExceptionText):
        return tuple(_part(spot.below(index), each) for index, each in enumerate(value))
    if isinstance(value, list):
        return tuple(Given(each, spot.below(index)) for index, each in enumerate(value))
    return value


def _together(document: Document) -> Iterator[Found]:
    """What is wrong with the lists in one file: names that stand twice, maps that say nothing.

    The raw values are asked, because the checked ones are not there if anything else is wrong.
    """
    known = set(keys_of(FileText))
    if isinstance(document.data, dict) and not known & (
        document.data.keys() | meant_keys(FileText, document.data)
    ):
        yield document.value_at(()), "a rule file needs one of the keys groups, templates and sidecars"
    for path, entry in entries(document.data, "sidecars", ()):
        yield from empty_selectors(document, entry, "select", path)
    for path, group in entries(document.data, "groups", ()):
        rules = list(entries(group, "rules", path))
        yield from _same_names(document, rules, "this group has a rule")
        for inner, holder in [(path, group), *rules]:
            yield from _same_names(
                document, list(entries(holder, "exceptions", inner)), "there is an exception"
            )
        yield from empty_selectors(document, group, "select", path)
        if not {"rules", "override"} & (group.keys() | meant_keys(GroupText, group)):
            yield document.value_at(path), "a group needs the key 'rules'"


def _same_names(document: Document, rules: list[tuple[Path, dict[str, Any]]], what: str) -> Iterator[Found]:
    seen: dict[str, int] = {}
    for path, rule in rules:
        name, offset = rule.get("name"), document.value_at((*path, "name"))
        if isinstance(name, str) and name in seen:
            line = line_and_column(document.source, seen[name])[0]
            yield offset, f"{what} named '{name}' already, in line {line}"
        elif isinstance(name, str):
            seen[name] = offset
