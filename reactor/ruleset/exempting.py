"""What stands in an exception: the fields that it goes by, and the values of a site.

Only single values are checked here. That every list of values fits the fields is checked
where both are known, after later files have had their say (``overlays``).
"""

from typing import Any

from reactor.core.language.problems import did_you_mean
from reactor.ruleset.values import checked_text, wrong

FIELDS = ("image", "name", "state", "user")
"""What an exception can go by, besides ``label.KEY``."""
LABEL = "label."


def field(value: Any) -> str:
    """An entry of ``fields``."""
    found = checked_text(value, "a field of an exception")
    if found in FIELDS or (found.startswith(LABEL) and found != LABEL):
        return found
    if found in {"label", "labels", LABEL}:
        raise wrong("a label is named with its key, as in label.team")
    raise wrong(f"an exception cannot go by '{found}': {did_you_mean(found, [*FIELDS, 'label.KEY'])}")


def row(value: Any) -> tuple[str, ...]:
    """An entry of ``values``: one pattern for each field."""
    if isinstance(value, str):
        raise wrong(f"an entry of 'values' is a list with one pattern for each field: write ['{value}']")
    if not isinstance(value, list):
        raise wrong("an entry of 'values' is a list with one pattern for each field")
    for index, each in enumerate(value):
        if not isinstance(each, str):
            raise wrong("a pattern is text: put it in quotes", [index])
    return tuple(value)
