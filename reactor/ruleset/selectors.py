"""Selectors as they are written in a list, and what they come to.

They stand in rule files below ``select`` and in the configuration; what they mean is in ``core.rules``.
"""

from collections.abc import Iterator
from typing import Any

from reactor.core.selector import Selector
from reactor.ruleset.document import Document, Path, entries
from reactor.ruleset.models import SelectorText
from reactor.ruleset.sentences import Found


def empty_selectors(document: Document, holder: Any, key: str, path: Path) -> Iterator[Found]:
    """Selectors without a key, which would name every container."""
    for inner, written in entries(holder, key, path):
        if not written:
            yield document.value_at(inner), "a selector needs a key: label, name, image or project"


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
