"""Answers of a bounded size: texts in what is told as JSON are cut, however long a stranger made them."""

from collections.abc import Mapping
from typing import Any

LONGEST = 500


def bounded(told: Any, longest: int = LONGEST) -> Any:
    """The same with every text in it cut, the names of its keys as well."""
    if isinstance(told, str):
        return told if len(told) <= longest else f"{told[: longest - 1]}…"
    if isinstance(told, Mapping):
        return {bounded(key, longest): bounded(value, longest) for key, value in told.items()}
    if isinstance(told, list | tuple):
        return [bounded(each, longest) for each in told]
    return told
