"""Later files over earlier ones: how ``override`` changes what an earlier file says.

A shipped rule stays as it is shipped, and a site says in a file of its own what is different
there. What is not said to be an override is a second definition, and a mistake.
"""

from collections.abc import Sequence
from dataclasses import replace

from reactor.core.language.problems import did_you_mean
from reactor.ruleset.drafts import FileDraft, Given, GroupDraft, Part
from reactor.ruleset.errors import RuleError
from reactor.ruleset.exceptions import laid_over
from reactor.ruleset.values import Override

_HOW = "write 'override: replace' in it to change its keys, 'override: append' to add exceptions"
_BASE_MISSING = "this file is an overlay, and the one that it changes is missing: name that before this one"
_LEVELS = ("soft", "hard")


def merged(files: Sequence[FileDraft]) -> tuple[tuple[GroupDraft, ...], tuple[RuleError, ...]]:
    """The groups of all files, the later ones laid over the earlier, and what is wrong with that."""
    merger = _Merger(unread=any(file.unread for file in files))
    for file in files:
        for group in file.groups:
            merger.add(group)
    return merger.groups(), tuple(merger.errors)


def is_overlay(rule: Part) -> bool:
    """Whether a rule, as it is after everything was put together, only says how another is to be changed."""
    return rule.has("override") or _only_exceptions(rule)


class _Merger:
    """Collects groups. If a file could not be read, nobody is told that what may be in it is missing."""

    def __init__(self, *, unread: bool) -> None:
        self.errors: list[RuleError] = []
        self._unread = unread
        self._known: dict[str, GroupDraft] = {}
        self._nameless: list[GroupDraft] = []

    def groups(self) -> tuple[GroupDraft, ...]:
        return (*self._known.values(), *self._nameless)

    def add(self, group: GroupDraft) -> None:
        before = self._known.get(group.name)
        if not group.name:
            self._nameless.append(group)
        elif before is None:
            self._first(group)
        elif before.part.spot.file == group.part.spot.file or not _overrides(group):
            self._error(group.part.spot.below("name").at_value(_taken(before, group)))
        else:
            self._known[group.name] = self._over(before, group)

    def _first(self, group: GroupDraft) -> None:
        """A group that no earlier file has: there is nothing in it to be overridden."""
        if "override" in group.part.given:
            message = (
                f"there is no group '{group.name}' in an earlier file: {_guess(group.name, self._known)}"
            )
            self._absent(group.part.given["override"], message)
        for rule in group.rules:
            if "override" in rule.given:
                name = f"{group.name}/{rule.name}"
                message = f"there is no rule '{name}' in an earlier file: {_guess(name, self._rules())}"
                self._absent(rule.given["override"], message)
        for holder in (group.part, *group.rules):
            laid_over((), holder.value("exceptions", ()), None, self.errors)
        self._known[group.name] = group

    def _absent(self, override: Given, message: str) -> None:
        if not self._unread:
            self._error(override.spot.at_value(message))

    def _rules(self) -> list[str]:
        return [f"{group.name}/{rule.name}" for group in self._known.values() for rule in group.rules]

    def _over(self, before: GroupDraft, after: GroupDraft) -> GroupDraft:
        part = self._group_part(before, after)
        rules = {rule.name: rule for rule in before.rules}
        for rule in after.rules:
            if rule.name in rules:
                rules[rule.name] = self._rule(before, rules[rule.name], rule)
            else:
                self._new_rule(before, after, rule)
                rules[rule.name] = rule
        return GroupDraft(part, tuple(rules.values()))

    def _group_part(self, before: GroupDraft, after: GroupDraft) -> Part:
        mode: Override | None = after.part.value("override")
        given = dict(before.part.given)
        for key, value in after.part.given.items():
            if key in {"name", "override"}:
                continue
            if key == "exceptions":
                given[key] = self._exceptions(before.part, value, mode)
            elif mode is None:
                message = (
                    f"the group '{before.name}' is at {before.part.spot.where}: write 'override: append' or"
                )
                self._error(value.spot.at_key(f"{message} 'override: replace' to change its '{key}'"))
            elif mode is Override.APPEND and key == "select":
                given[key] = Given((*before.part.value(key, ()), *value.value), value.spot)
            elif mode is Override.APPEND:
                self._error(value.spot.at_key(_no_append(key, "selectors, exceptions and rules")))
            else:
                given[key] = self._replaced(before.part, key, value)
        return replace(before.part, given=given)

    def _rule(self, group: GroupDraft, before: Part, after: Part) -> Part:
        mode: Override | None = after.value("override")
        given = dict(before.given)
        if all(key in after.given for key in _LEVELS):
            # Levels take the place of what the rule asked for by itself.
            given = {key: value for key, value in given.items() if key not in {"when", "on"}}
        exceptions = after.given.get("exceptions")
        # Without a word about the rule itself, its exceptions may still have theirs.
        if mode is None and not after.has("override") and not _only_exceptions(after):
            message = f"there is a rule '{group.name}/{before.name}' already, at {before.spot.where}: {_HOW}"
            self._error(after.spot.below("name").at_value(message))
            return before
        for key, value in after.given.items():
            if key in {"name", "override", "exceptions"}:
                continue
            if mode is Override.APPEND:
                self._error(value.spot.at_key(_no_append(key, "exceptions")))
            else:
                given[key] = self._replaced(before, key, value)
        if exceptions is not None:
            given["exceptions"] = self._exceptions(before, exceptions, mode)
        return Part(before.spot, given, before.broken | after.broken)

    def _exceptions(self, before: Part, after: Given, mode: Override | None) -> Given:
        return Given(laid_over(before.value("exceptions", ()), after.value, mode, self.errors), after.spot)

    def _replaced(self, before: Part, key: str, value: Given) -> Given:
        """A key of its own; in a level, and in defaults, only the keys that are given."""
        inner: Part | None = before.value(key) if key in (*_LEVELS, "defaults") else None
        if inner is None:
            return value
        return Given(replace(inner, given={**inner.given, **value.value.given}), value.spot)

    def _new_rule(self, before: GroupDraft, after: GroupDraft, rule: Part) -> None:
        name = f"{before.name}/{rule.name}"
        if "override" in rule.given:
            known = [f"{before.name}/{each.name}" for each in before.rules]
            message = f"there is no rule '{name}' in an earlier file: {_guess(name, known)}"
            self._absent(rule.given["override"], message)
        elif after.part.value("override") is not Override.APPEND:
            message = f"the group '{before.name}' is at {before.part.spot.where}: write 'override: append'"
            self._error(rule.spot.below("name").at_value(f"{message} beside its name to add rules to it"))

    def _error(self, error: RuleError) -> None:
        self.errors.append(error)


def _overrides(group: GroupDraft) -> bool:
    """Whether anything in a group says that it changes what is there."""
    holders = (group.part, *group.rules)
    exceptions = [each for holder in holders for each in holder.value("exceptions", ())]
    return any(part.has("override") for part in (*holders, *exceptions))


def _only_exceptions(rule: Part) -> bool:
    parts = rule.value("exceptions", ())
    return bool(parts) and set(rule.given) == {"name", "exceptions"} and all(p.has("override") for p in parts)


def _taken(before: GroupDraft, group: GroupDraft) -> str:
    message = f"there is a group named '{group.name}' already, at {before.part.spot.where}"
    if before.part.spot.file == group.part.spot.file:
        return f"{message}: put its rules there, or give this one another name"
    return f"{message}: write 'override: replace' or 'override: append' in what is to change it"


def _no_append(key: str, what: str) -> str:
    return f"'override: append' adds {what}: write 'override: replace' to change '{key}'"


def _guess(name: str, known: Sequence[str] | dict[str, GroupDraft]) -> str:
    return did_you_mean(name, known) if known else _BASE_MISSING
