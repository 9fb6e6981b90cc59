"""What may stand behind a key: from the text of one value to what it means, or to a remedy.

Each function here checks one value for itself; pydantic calls it. Which key takes which is said
in ``models``, what keys mean together in ``together``. Actions and exceptions have modules of their own.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from pydantic import ValidationInfo
from pydantic_core import PydanticCustomError

from reactor.core.language.fields import FIELDS, ORDERED
from reactor.core.language.problems import BadExpression, did_you_mean
from reactor.core.language.units import read_duration
from reactor.core.rules import Condition, Order, Severity, Trigger
from reactor.ruleset.templates import problem_in

LONGEST_NAME = 63
NAME = rf"[a-z0-9-]{{1,{LONGEST_NAME}}}"

NAME_PATTERN = re.compile(NAME)

_MOST = 1_000_000


class Override(StrEnum):
    """What a later file does to what an earlier one says."""

    APPEND = "append"
    REPLACE = "replace"


def wrong(message: str, inside: Sequence[str | int] = ()) -> PydanticCustomError:
    """A mistake in one value; ``inside`` leads to the part of it that is wrong."""
    # The braces in a message of ours are no placeholders.
    return PydanticCustomError("said", "{message}", {"message": message, "inside": tuple(inside)})


def key_of(info: ValidationInfo) -> str:
    """The key as it is written in a file."""
    return "for" if info.field_name == "hold" else str(info.field_name)


def text(value: Any, info: ValidationInfo) -> str:
    """Any text."""
    return checked_text(value, key_of(info))


def checked_text(value: Any, key: str) -> str:
    """Any text, for what is named ``key`` in messages."""
    if value is None:
        raise wrong(f"'{key}' has no value: write one, or leave the key out")
    if isinstance(value, list | dict):
        raise wrong(f"'{key}' is one text, and this is {'a list' if isinstance(value, list) else 'a map'}")
    if not isinstance(value, str):
        raise wrong(f"'{key}' is text: put it in quotes")
    return value


def word(value: Any, info: ValidationInfo) -> str:
    """Text that is not empty."""
    found = text(value, info)
    if not found.strip():
        raise wrong(f"'{key_of(info)}' is empty: write a value, or leave the key out")
    return found


def name(value: Any, info: ValidationInfo) -> str:
    """A name that is fit for metrics and records."""
    found = text(value, info)
    if NAME_PATTERN.fullmatch(found):
        return found
    if len(found) > LONGEST_NAME:
        raise wrong(f"a name has at most {LONGEST_NAME} characters")
    proposal = re.sub(r"[^a-z0-9-]+", "-", found.lower()).strip("-")
    remedy = f", such as {proposal}" if proposal else ""
    raise wrong(f"a name is made of a-z, 0-9 and -{remedy}")


def template(value: Any, info: ValidationInfo) -> str:
    """Text for people, with references to fields."""
    found = text(value, info)
    problem = problem_in(found)
    if problem is not None:
        raise PydanticCustomError("expression", "bad template", {"problems": (problem,)})
    return found


def condition(value: Any, info: ValidationInfo) -> Condition:
    """A condition; the language that reads it is in the context of the validation."""
    found = text(value, info)
    try:
        compiled = info.context["language"].condition(found) if info.context else None
    except BadExpression as error:
        raise PydanticCustomError("expression", "bad expression", {"problems": error.problems}) from None
    if not isinstance(compiled, Condition):
        raise TypeError("the context of the validation has no language")
    return compiled


def trigger(value: Any, info: ValidationInfo) -> Trigger:
    """One of the triggers."""
    found = text(value, info)
    if found not in list(Trigger):
        raise wrong(f"there is no trigger '{found}': {did_you_mean(found, Trigger)}")
    return Trigger(found)


def severity(value: Any, info: ValidationInfo) -> Severity:
    """One of the severities."""
    found = text(value, info)
    if found not in list(Severity):
        raise wrong(f"there is no severity '{found}': {did_you_mean(found, Severity)}")
    return Severity(found)


def override(value: Any, info: ValidationInfo) -> Override:
    """One of the ways to change what an earlier file says."""
    found = text(value, info)
    if found not in list(Override):
        raise wrong(f"'override' is append or replace, not '{found}'")
    return Override(found)


def duration(value: Any, info: ValidationInfo) -> float:
    """Seconds."""
    return checked_duration(value, key_of(info))


def checked_duration(value: Any, key: str) -> float:
    """Seconds, for what is named ``key`` in messages."""
    found = checked_text(value, key)
    seconds = read_duration(found)
    if seconds is not None:
        return seconds
    if found.isdigit():
        raise wrong(f"a duration has a unit: write {found}s, {found}m or {found}h")
    raise wrong(f"'{found}' is no duration: write it as 30s, 5m, 1h30m or 500ms")


def some_time(value: Any, info: ValidationInfo) -> float:
    """Seconds, more than none."""
    seconds = duration(value, info)
    if seconds <= 0:
        raise wrong(f"'{key_of(info)}' is longer than 0s: write such as 30s, or leave the key out")
    return seconds


def limit(value: Any, info: ValidationInfo) -> int:
    """A whole number, at least one."""
    found = text(value, info)
    if found.isascii() and found.isdigit() and len(found) < 10 and 1 <= int(found) <= _MOST:
        return int(found)
    raise wrong(f"'{key_of(info)}' is a whole number from 1 to {_MOST}")


def victims(value: Any, info: ValidationInfo) -> Order:
    """``most memory``, ``least age``: which containers a total takes first."""
    found = text(value, info)
    first, _, field = found.partition(" ")
    fields = ordered_fields()
    if first not in ("most", "least") or not field:
        raise wrong("'victims' is 'most' or 'least' and a field, as in 'most memory' or 'least age'")
    if field not in fields:
        raise wrong(f"there is no order by '{field}': {did_you_mean(field, fields)}")
    return Order(field, largest=first == "most")


def ordered_fields() -> tuple[str, ...]:
    """The fields of one container that can be put in an order."""
    return tuple(key for key, field in FIELDS.items() if field.kind in ORDERED and "." not in key)


def label(value: Any, info: ValidationInfo) -> str:
    """A label's key, with or without a glob for its value."""
    found = word(value, info)
    if found.startswith("="):
        raise wrong("a label is written key or key=value, as in team=ml*")
    return found


def label_key(value: Any, info: ValidationInfo) -> str:
    """The key of a label."""
    found = word(value, info)
    if "=" in found or found != found.strip():
        raise wrong(f"'{key_of(info)}' is the key of a label, such as reactor.lifetime")
    return found
