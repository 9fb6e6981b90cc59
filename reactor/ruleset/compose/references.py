"""Variables in texts: which there are, and what is said about all others; and texts in general.

What is put in their place is said in the core, in ``templating``.
"""

import re
from collections.abc import Sequence
from typing import Any

from reactor.core.language.problems import did_you_mean
from reactor.core.templating import REFERENCE, VARIABLES
from reactor.ruleset.values import wrong

Inside = Sequence[str | int]
"""Leads from a value to the part of it that is meant."""
_EXAMPLE = "a variable is written as in ${REACTOR_TASK}"


def checked_references(text: str, inside: Inside = ()) -> str:
    """The text, if all variables in it are known."""
    for found in REFERENCE.finditer(text):
        message = _wrong_reference(found)
        if message:
            raise wrong(message, inside)
    return text


def has_wrong_reference(text: str) -> bool:
    """Whether there is one that is not known; for texts of which nothing may be shown."""
    return any(_wrong_reference(found) for found in REFERENCE.finditer(text))


def _wrong_reference(found: re.Match[str]) -> str:
    braced, bare = found["braced"], found["bare"]
    if found["dollar"] or braced in VARIABLES:
        return ""
    if bare in VARIABLES:
        return f"write ${{{bare}}}: a variable stands in braces"
    if bare is not None:
        return f"'${bare}' is not filled in here: write $${bare} for a dollar itself; {_EXAMPLE}"
    if braced is None:
        return f"a dollar itself is written $$; {_EXAMPLE}"
    name = re.split("[:?+-]", braced, maxsplit=1)[0]
    if name in VARIABLES:
        return f"nothing stands beside the name of a variable: write ${{{name}}}"
    guess = did_you_mean(name, VARIABLES)
    return f"there is no variable '{name}', and the environment is not asked: {guess}"


def plain(text: str, key: str, inside: Inside = ()) -> str:
    """The text, if there is no variable in it, and nothing that no such text has."""
    if "$" in text:
        raise wrong(f"variables have no place in '{key}': write it out", inside)
    return text


def fit(text: str, key: str, inside: Inside = ()) -> str:
    """The text, if it is not empty and can be handed to a program."""
    if not text:
        raise wrong(f"'{key}' is empty: write a value, or leave the key out", inside)
    return without_null(text, key, inside)


def without_null(text: str, key: str, inside: Inside = ()) -> str:
    """The text, if there is no null character in it."""
    if "\0" in text:
        raise wrong(f"'{key}' has a null character in it: no program can be given one", inside)
    return text


def text_at(value: Any, key: str, inside: Inside) -> str:
    """One text within a value."""
    if isinstance(value, list | dict):
        kind = "a list" if isinstance(value, list) else "a map"
        raise wrong(f"an entry of '{key}' is one text, and this is {kind}", inside)
    if not isinstance(value, str):
        what = "has no value: write one" if value is None else "is text: put it in quotes"
        raise wrong(f"an entry of '{key}' {what}", inside)
    return value
