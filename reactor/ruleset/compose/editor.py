"""What an editor is told about values of services: the JSON types and patterns for the schema.

They are more lenient than the functions that read the values. An editor takes ``5432`` for a number.
"""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from reactor.core import recipes

_TEXT: dict[str, Any] = {"type": ["string", "number", "integer"]}
_NAMES: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
_VALUES: dict[str, Any] = {"type": ["string", "number", "integer", "null"]}

Word = Annotated[str, Field(pattern=r"\S")]
TextOrNumber = Annotated[Any, WithJsonSchema(_TEXT)]
Count = Annotated[Any, WithJsonSchema({"type": ["integer", "string"], "minimum": 1})]
Words = Annotated[Any, WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": _TEXT}]})]
Pairs = Annotated[
    Any, WithJsonSchema({"anyOf": [{"type": "object", "additionalProperties": _VALUES}, _NAMES]})
]
Volume = Annotated[Any, WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]})]
Duration = Annotated[
    str, Field(pattern=r"^([0-9]+(\.[0-9]+)?(ms|[wdhms]))+$", examples=["1s", "1m30s", "500ms"])
]
DependsOn = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                _NAMES,
                {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "required": ["condition"],
                        "properties": {"condition": {"enum": ["service_started", "service_healthy"]}},
                    },
                },
            ]
        }
    ),
]
Restart = Annotated[
    Any,
    WithJsonSchema({"anyOf": [
        {"type": "string", "pattern": "^(no|always|unless-stopped|on-failure(:[0-9]+)?)$"},
        {"type": "boolean"},
    ]}),
]  # fmt: skip
OnFailure = Annotated[str, WithJsonSchema({"type": "string", "enum": list(recipes.OnFailure)})]
Owner = Annotated[str, Field(pattern="^[0-9]+:[0-9]+$", examples=["999:999"])]
Mode = Annotated[Any, WithJsonSchema({"type": ["string", "integer"], "examples": ["0700"]})]
