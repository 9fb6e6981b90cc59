"""What an editor is told about values: the JSON types and patterns for the schema.

These never refuse anything themselves; the functions in ``values`` do, with better sentences. The
schema is made from both in ``schema``.
"""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, WithJsonSchema

from reactor.core import rules
from reactor.ruleset import values
from reactor.ruleset.values import NAME, ordered_fields

OVERRIDE = "Change what an earlier file says: `append` adds, `replace` replaces the keys given here."


def _one_of(words: Iterable[str]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": list(words)})


Word = Annotated[str, Field(pattern=r"\S")]
Name = Annotated[str, Field(pattern=f"^{NAME}$")]
Duration = Annotated[
    str, Field(pattern=r"^([0-9]+(\.[0-9]+)?(ms|[wdhms]))+$", examples=["30s", "5m", "1h30m", "500ms"])
]
Trigger = Annotated[str, _one_of(rules.Trigger)]
Severity = Annotated[str, _one_of(rules.Severity)]
Override = Annotated[str, _one_of(values.Override)]
Limit = Annotated[int, Field(ge=1, le=1_000_000)]
Victims = Annotated[
    str, _one_of(f"{first} {field}" for first in ("most", "least") for field in ordered_fields())
]
ExemptField = Annotated[str, Field(pattern=r"^(name|image|state|user|label\..+)$")]
Row = list[str]
