"""Values that are words: commands, environment, labels, names.

Each function checks one value for itself, as those in ``ruleset.values`` do. Amounts are in ``amounts``,
folders in ``folders``, what has to do with networks in ``networks``, variables in ``references``.
"""

import re
import shlex
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationInfo

from reactor.core.language.problems import did_you_mean
from reactor.core.recipes import OnFailure
from reactor.core.templating import VARIABLES
from reactor.ruleset.compose.references import (
    Inside,
    checked_references,
    fit,
    has_wrong_reference,
    plain,
    text_at,
    without_null,
)
from reactor.ruleset.values import checked_text, key_of, wrong

NAME = r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}"
NAME_PATTERN = re.compile(NAME)
"""What a service may be called: it becomes a part of a container's name."""

_OURS = {"reactor.": "reactor", "com.docker.": "Compose"}
_IMAGE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.:/@-]*")
_USER = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]*(:[a-zA-Z0-9_][a-zA-Z0-9_.-]*)?")
_RESTARTS = ("no", "always", "unless-stopped", "on-failure")
_ON_FAILURE = re.compile(r"on-failure(:[0-9]{1,4})?")
_CONDITIONS = {"service_started": False, "service_healthy": True}


def words(value: Any, info: ValidationInfo) -> tuple[str, ...]:
    """A command: a list of words, or one text that is taken apart as a shell does it."""
    return checked_words(value, key_of(info))


def checked_words(value: Any, key: str) -> tuple[str, ...]:
    """The words of a command, for what is named ``key`` in messages."""
    if isinstance(value, list):
        found = [_entry(each, key, (at,)) for at, each in enumerate(value)]
    else:
        found = [checked_references(each) for each in _split(checked_text(value, key), key)]
    if not found:
        raise wrong(f"'{key}' is empty: write a program, or leave the key out for the image's own")
    return tuple(found)


def _split(text: str, key: str) -> list[str]:
    try:
        return [without_null(each, key, ()) for each in shlex.split(text)]
    except ValueError:
        raise wrong(f"'{key}' has a quote that is not closed: close it, or write a list") from None


def _entry(value: Any, key: str, inside: Inside) -> str:
    return checked_references(without_null(text_at(value, key, inside), key, inside), inside)


def environment(value: Any, info: ValidationInfo) -> Mapping[str, str]:
    """A map, or a list of ``NAME=value``. Without a value it would be the host's, which nobody gets."""
    found: dict[str, str] = {}
    for name, text, inside in _pairs(value, key_of(info), "NAME=value"):
        # What stands here may be a secret, or a part of one: an entry is told by its key or its number.
        which = f"'{inside[0]}'" if isinstance(inside[0], str) else f"entry {inside[0] + 1}"
        if text is None:
            message = f"{which} has no value, and the host's environment is not passed on: write the value"
            raise wrong(message, inside)
        if not name or "$" in name or "\0" in name:
            raise wrong(f"{which} has no name of an environment variable: write NAME=value", inside)
        if name in found:
            raise wrong(f"the name of {which} stands here twice", inside)
        found[name] = _secret(text, which, inside)
    return found


def _secret(text: Any, which: str, inside: Inside) -> str:
    """The value of an environment variable. No message says anything of it."""
    given = without_null(text_at(text, "environment", inside), "environment", inside)
    if has_wrong_reference(given):
        message = f"the value of {which} has a dollar that begins no variable of reactor's"
        raise wrong(f"{message}: write $$ for a dollar itself; known are {', '.join(VARIABLES)}", inside)
    return given


def labels(value: Any, info: ValidationInfo) -> Mapping[str, str]:
    """A map, or a list of ``key=value``."""
    found: dict[str, str] = {}
    for name, text, inside in _pairs(value, key_of(info), "key=value"):
        if not name or "$" in name or "\0" in name:
            raise wrong(f"'{name}' is no key of a label: write key=value", inside)
        if name.startswith(tuple(_OURS)):
            message = f"'{name}' is set by {_OURS[_prefix(name)]} itself: leave it out"
            raise wrong(message, inside)
        if name in found:
            raise wrong(f"the label '{name}' stands here twice", inside)
        found[name] = "" if text is None else _entry(text, "labels", inside)
    return found


def _prefix(name: str) -> str:
    return next(prefix for prefix in _OURS if name.startswith(prefix))


def _pairs(value: Any, key: str, shape: str) -> list[tuple[str, Any, Inside]]:
    """Names, their values and where they stand. What has no value is None."""
    if isinstance(value, dict):
        return [(name, text, (name,)) for name, text in value.items()]
    if not isinstance(value, list):
        raise wrong(f"'{key}' is a map, or a list of {shape}")
    pairs: list[tuple[str, Any, Inside]] = []
    for at, each in enumerate(value):
        name, equals, text = text_at(each, key, (at,)).partition("=")
        pairs.append((name, text if equals else None, (at,)))
    return pairs


def image(value: Any) -> str:
    """The name of an image, which has to be there: nothing is pulled."""
    found = fit(plain(checked_text(value, "image"), "image"), "image")
    if not _IMAGE.fullmatch(found):
        raise wrong("'image' is the name of an image, such as postgres:16")
    return found


def user(value: Any) -> str:
    """A user, with or without a group."""
    found = fit(plain(checked_text(value, "user"), "user"), "user")
    if not _USER.fullmatch(found):
        raise wrong("'user' is a name or number, with or without a group, as in 999:999")
    return found


def test(value: Any) -> tuple[str, ...]:
    """The test of a health check: one text for a shell, or a list that begins with its kind."""
    if isinstance(value, str):
        return ("CMD-SHELL", checked_references(fit(value, "test")))
    found = checked_words(value, "test") if isinstance(value, list) else ()
    kind, count = (found[0], len(found)) if found else ("", 0)
    if kind == "NONE" and count == 1:
        return found
    if (kind == "CMD" and count > 1) or (kind == "CMD-SHELL" and count == 2):
        return found
    raise wrong(
        "'test' is a command for a shell, or a list such as [CMD, pg_isready] or [CMD-SHELL, 'a | b']"
    )


def depends_on(value: Any) -> Mapping[str, bool]:
    """The services that are needed, and for each whether it has to be healthy."""
    found: dict[str, bool] = {}
    if isinstance(value, list):
        for at, each in enumerate(value):
            name = text_at(each, "depends_on", (at,))
            if name in found:
                raise wrong(f"'{name}' stands here twice", (at,))
            found[name] = False
        return found
    if not isinstance(value, dict):
        raise wrong("'depends_on' is a list of names, or a map with a condition for each")
    return {name: _needs_healthy(name, each) for name, each in value.items()}


def _needs_healthy(name: str, value: Any) -> bool:
    if not isinstance(value, dict):
        raise wrong("write a condition, as in {condition: service_healthy}, or a list of names", [name])
    for key in value:
        if key in {"required", "restart"}:
            raise wrong(f"Compose has '{key}' here, and reactor has not: leave it out", [name, key])
        if key != "condition":
            raise wrong(f"unknown key '{key}' in 'depends_on': did you mean 'condition'?", [name, key])
    condition = value.get("condition")
    if condition == "service_completed_successfully":
        raise wrong("nothing is waited for until it is over: write service_started or service_healthy",
                    [name, "condition"])  # fmt: skip
    if not isinstance(condition, str) or condition not in _CONDITIONS:
        inside = [name, "condition"] if "condition" in value else [name]
        raise wrong("a condition is service_started or service_healthy", inside)
    return _CONDITIONS[condition]


def restart(value: Any) -> str:
    """A restart policy, in the engine's words."""
    if value is False:
        return "no"
    found = checked_text(value, "restart")
    if found in _RESTARTS or _ON_FAILURE.fullmatch(found):
        return found
    raise wrong(f"there is no restart policy '{found}': {did_you_mean(found, _RESTARTS)}")


def on_failure(value: Any) -> OnFailure:
    """What becomes of the task."""
    found = checked_text(value, "on_failure")
    if found not in list(OnFailure):
        raise wrong(f"'on_failure' is retry, end or ignore, not '{found}'")
    return OnFailure(found)


def service_name(value: Any, info: ValidationInfo) -> str:
    """The name of a service; whether there is such a one is asked later."""
    return fit(checked_text(value, key_of(info)), key_of(info))
