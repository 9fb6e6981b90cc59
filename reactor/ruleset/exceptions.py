"""The exceptions of a rule or group: how a later file changes them, and what they come to.

An exception's author fixes its fields; a site adds values in a file of its own. What single
values may be is in ``exempting``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reactor.core.language.problems import did_you_mean
from reactor.core.rules import Exemption
from reactor.ruleset.drafts import Given, Part
from reactor.ruleset.errors import RuleError
from reactor.ruleset.values import Override


def laid_over(
    before: Sequence[Part], after: Sequence[Part], mode: Override | None, errors: list[RuleError]
) -> tuple[Part, ...]:
    """The exceptions of an earlier file, changed by those of a later one. Mistakes go to ``errors``."""
    if mode is Override.REPLACE and not any(part.has("override") for part in after):
        return tuple(after)
    there = frozenset(part.name for part in before)
    found = {part.name: part for part in before}
    for part in after:
        own: Override | None = part.value("override")
        known = part.name in there
        if own is not None and not known and part.name:
            errors.append(part.given["override"].spot.at_value(_nothing(part.name, sorted(there))))
        elif own is None and known and mode is not Override.APPEND:
            errors.append(part.spot.below("name").at_value(_already(part.name, found[part.name])))
        elif known:
            found[part.name] = _changed(found[part.name], part, own or Override.APPEND, errors)
        else:
            found[part.name] = part
    return tuple(found.values())


def _nothing(name: str, known: Sequence[str]) -> str:
    hint = did_you_mean(name, known) if known else "leave 'override' out to make one"
    return f"there is no exception '{name}' in an earlier file: {hint}"


def _already(name: str, before: Part) -> str:
    remedy = "write 'override: append' in it to add values, 'override: replace' to change it"
    return f"there is an exception named '{name}' already, at {before.spot.where}: {remedy}"


def _changed(before: Part, after: Part, mode: Override, errors: list[RuleError]) -> Part:
    given = {key: value for key, value in after.given.items() if key not in {"name", "override"}}
    if mode is Override.APPEND:
        if "fields" in given and _values(after, "fields") != _values(before, "fields"):
            message = f"the fields were fixed at {before.spot.where}: leave 'fields' out"
            errors.append(given["fields"].spot.at_key(message))
        rows = (*before.value("values", ()), *after.value("values", ()))
        given = {"values": Given(rows, after.spot)}
    return replace(before, given={**before.given, **given}, broken=before.broken | after.broken)


def _values(part: Part, key: str) -> tuple[object, ...]:
    return tuple(each.value for each in part.value(key, ()))


def complaints(parts: Sequence[Part]) -> Iterator[RuleError]:
    """What is wrong with exceptions after every file has had its say."""
    for part in parts:
        fields = part.value("fields", ())
        yield from _twice(fields)
        if not part.has("fields") and not part.has("override"):
            yield part.spot.at_value("an exception needs the key 'fields'")
        elif "fields" in part.given:
            yield from _lengths(part.name, fields, part.value("values", ()))


def _twice(fields: Sequence[Given]) -> Iterator[RuleError]:
    seen: set[str] = set()
    for each in fields:
        if each.value in seen:
            yield each.spot.at_value(f"the field '{each.value}' stands here twice")
        seen.add(each.value)


def _lengths(name: str, fields: Sequence[Given], rows: Sequence[Given]) -> Iterator[RuleError]:
    named = ", ".join(str(each.value) for each in fields)
    for row in rows:
        if len(row.value) != len(fields):
            patterns = "1 pattern" if len(row.value) == 1 else f"{len(row.value)} patterns"
            expected = f"the exception '{name}' has {len(fields)}: {named}"
            yield row.spot.at_value(
                f"there {'is' if len(row.value) == 1 else 'are'} {patterns} here; {expected}"
            )


def exemptions(parts: Sequence[Part]) -> tuple[Exemption, ...]:
    """What the exceptions come to."""
    return tuple(
        Exemption(
            name=part.name,
            fields=tuple(each.value for each in part.value("fields", ())),
            values=tuple(each.value for each in part.value("values", ())),
        )
        for part in parts
    )
