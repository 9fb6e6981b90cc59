"""References in texts for people: ``{pids} processes of {name}``.

Which references there may be is checked here, when rules are loaded; a text is kept as it was
written. Two braces mean one, as in ``{{``.
"""

import re
from collections.abc import Iterator

from reactor.core.language.fields import FIELDS
from reactor.core.language.problems import Problem, did_you_mean
from reactor.core.language.tree import Kind, Place

_PART = re.compile(r"\{\{|\}\}|\{(?P<field>[^{}]*)\}|(?P<lone>[{}])")


def references(text: str) -> Iterator[str]:
    """The fields that a text refers to, in its order."""
    return (found["field"].strip() for found in _PART.finditer(text) if found["field"] is not None)


def problem_in(text: str) -> Problem | None:
    """The first thing that is wrong with a text's references, or None."""
    for found in _PART.finditer(text):
        if found["lone"]:
            brace = found["lone"]
            message = f"a field is written {{pids}}; for a brace itself write {brace}{brace}"
            return Problem(Place(found.start()), message)
        if found["field"] is not None and (message := _wrong(found["field"].strip())):
            return Problem(Place(found.start() + 1), message)
    return None


def _wrong(field: str) -> str:
    known = [key for key, row in FIELDS.items() if row.kind is not Kind.LABELS]
    if field in known:
        return ""
    if not field:
        return "the name of a field is missing between { and }, as in {pids}"
    if field.partition("[")[0] == "labels" or field.startswith("labels."):
        return "labels have no place in a text: they are a stranger's words"
    return f"there is no field '{field}': {did_you_mean(field, known)}"
