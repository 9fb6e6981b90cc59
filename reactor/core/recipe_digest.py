"""The digest of a recipe: the same one is the same container, and need not be made anew."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from hashlib import sha256
from typing import Any

from reactor.core.recipes import DIGEST_LABEL, Recipe


def digest(recipe: Recipe) -> str:
    """Sixteen hex digits over all that makes another container of it; its own label does not count.

    What is as usual is left out: a later version that knows more kinds of settings finds the same.
    """
    said = {each.name: getattr(recipe, each.name) for each in fields(recipe) if _is_said(recipe, each)}
    said["labels"] = {key: value for key, value in recipe.labels.items() if key != DIGEST_LABEL}
    text = json.dumps(said, sort_keys=True, default=_record)
    return sha256(text.encode()).hexdigest()[:16]


def _is_said(record: Any, each: Any) -> bool:
    usual = each.default_factory() if each.default_factory is not MISSING else each.default
    return bool(getattr(record, each.name) != usual)


def _record(value: Any) -> Any:
    """A record within a recipe as a map of what is not as usual in it; a map as one."""
    if isinstance(value, Mapping):
        return dict(value)
    return {each.name: getattr(value, each.name) for each in fields(value) if _is_said(value, each)}
