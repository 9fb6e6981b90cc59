"""Services and sets as they stand in a file: each with its place, and checked for itself.

What is wrong with single values is said once, for the file as a whole; here only what is right is taken up,
so that what it means together can be looked at all the same.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from reactor.ruleset.compose.models import ServiceText
from reactor.ruleset.document import entries
from reactor.ruleset.drafts import ServiceDraft, SetDraft, Spot
from reactor.ruleset.models import SetText

_STAND_IN = {"image": "unnamed"}
"""For what is required and wrong or missing, so that the rest can be looked at."""


def services(top: Spot, key: str) -> Iterator[ServiceDraft]:
    """What stands below a key by its names, right or wrong."""
    data = top.document.data
    below = data.get(key) if isinstance(data, dict) else None
    for name, raw in below.items() if isinstance(below, dict) else ():
        yield ServiceDraft(name, top.below(key, name), _right(raw) if isinstance(raw, dict) else None)


def _right(raw: dict[str, Any]) -> ServiceText:
    """What is right in a service that may have mistakes."""
    try:
        return ServiceText.model_validate(raw)
    except ValidationError as error:
        broken = {detail["loc"][0] for detail in error.errors(include_url=False)}
        kept = {key: value for key, value in raw.items() if key not in broken}
        return ServiceText.model_validate({**_STAND_IN, **kept})


def sets(top: Spot) -> Iterator[SetDraft]:
    """The entries of ``sidecars``, right or wrong."""
    for path, raw in entries(top.document.data, "sidecars", ()):
        try:
            text = SetText.model_validate(raw)
        except ValidationError:
            text = None
        yield SetDraft(top.below(*path), text)
