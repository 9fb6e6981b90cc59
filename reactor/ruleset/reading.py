"""One rule file: from its text to rules, or to everything that is wrong with it.

The steps are put together here, and what keys mean together is checked here. How YAML,
shapes and conditions are read is in ``document``, ``models`` and ``expressions``; which
files there are is in ``files``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from reactor.core.rules import Rule, Selector
from reactor.ruleset.document import Document, NotYamlError, Path, read_document
from reactor.ruleset.errors import RuleError
from reactor.ruleset.expressions import Language
from reactor.ruleset.models import FileText, GroupText, RuleText, SelectorText
from reactor.ruleset.places import line_and_column
from reactor.ruleset.sentences import Found, meant_keys, sentences


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What came of one file. ``groups`` are the names of its groups, each with its place."""

    rules: tuple[Rule, ...] = ()
    groups: tuple[tuple[str, RuleError], ...] = ()
    errors: tuple[RuleError, ...] = ()


def read_rules(name: str, text: str, language: Language) -> ReadFile:
    """Read the text of a file; ``name`` is what it is called in messages and places."""
    try:
        document = read_document(text)
    except NotYamlError as error:
        return ReadFile(errors=(_error(name, text, (error.offset, error.message)),))
    if document.data is None:
        empty = "this file is empty: write 'groups:' with rules below it, or remove the file"
        return ReadFile(errors=(RuleError(name, 0, 0, empty),))
    found = [*document.problems, *_together(document)]
    try:
        file = FileText.model_validate(document.data, context={"language": language})
    except ValidationError as error:
        found += sentences(document, error)
    if found:
        return ReadFile(errors=_errors(name, text, found), groups=tuple(_groups(name, document)))
    rules = tuple(_rules(name, document, file))
    return ReadFile(rules, tuple(_groups(name, document)))


def _error(name: str, text: str, found: Found) -> RuleError:
    return RuleError(name, *line_and_column(text, found[0]), found[1])


def _errors(name: str, text: str, found: list[Found]) -> tuple[RuleError, ...]:
    return tuple(_error(name, text, one) for one in found)


def entries(holder: Any, key: str, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The maps in a list below a key, as far as the file has the shape that it should have."""
    entries = holder.get(key) if isinstance(holder, dict) else None
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, dict):
            yield (*path, key, index), entry


def _together(document: Document) -> Iterator[Found]:
    """What is wrong with keys that are each right.

    The raw values are asked, because the checked ones are not there if anything else is wrong.
    """
    for path, group in entries(document.data, "groups", ()):
        rules = list(entries(group, "rules", path))
        for inner, rule in rules:
            yield from _of_rule(document, inner, rule)
        yield from _same_names(document, rules)
        yield from empty_selectors(document, group, "select", path)


def empty_selectors(document: Document, holder: Any, key: str, path: Path) -> Iterator[Found]:
    """Selectors without a key, which would name every container."""
    for inner, written in entries(holder, key, path):
        if not written:
            yield document.value_at(inner), "a selector needs a key: label, name, image or project"


def _of_rule(document: Document, path: Path, rule: dict[str, Any]) -> Iterator[Found]:
    if not {"when", "on"} & (rule.keys() | meant_keys(RuleText, rule)):
        yield document.value_at(path), "a rule needs 'when' with a condition, or 'on' with a trigger"
    if "on" in rule and "for" in rule:
        message = "'on' is a moment and cannot last: leave 'for' out, or write two rules"
        yield document.key_at((*path, "for")), message


def _same_names(document: Document, rules: list[tuple[Path, dict[str, Any]]]) -> Iterator[Found]:
    seen: dict[str, int] = {}
    for path, rule in rules:
        name, offset = rule.get("name"), document.value_at((*path, "name"))
        if isinstance(name, str) and name in seen:
            line = line_and_column(document.source, seen[name])[0]
            yield offset, f"this group has a rule named '{name}' already, in line {line}"
        elif isinstance(name, str):
            seen[name] = offset


def _groups(name: str, document: Document) -> Iterator[tuple[str, RuleError]]:
    for path, group in entries(document.data, "groups", ()):
        if isinstance(group.get("name"), str):
            offset = document.value_at((*path, "name"))
            yield group["name"], _error(name, document.source, (offset, ""))


def _rules(name: str, document: Document, file: FileText) -> Iterator[Rule]:
    for index, group in enumerate(file.groups):
        for number, rule in enumerate(group.rules):
            offset = document.value_at(("groups", index, "rules", number))
            line = line_and_column(document.source, offset)[0]
            yield _rule(f"{name}:{line}", group, rule)


def _rule(place: str, group: GroupText, rule: RuleText) -> Rule:
    return Rule(
        name=f"{group.name}/{rule.name}",
        place=place,
        when=rule.when,
        on=rule.on,
        select=tuple(selector(each) for each in group.select),
        hold=rule.hold,
        dry_run=rule.dry_run,
        action=rule.action,
        summary=rule.summary.strip(),
    )


def selector(text: SelectorText) -> Selector:
    """The selector that is written so."""
    label, equals, value = text.label.partition("=")
    return Selector(
        label=label,
        value=value if equals else None,
        name=text.name,
        image=text.image,
        project=text.project,
    )
