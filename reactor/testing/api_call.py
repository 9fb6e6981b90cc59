"""One call of the API: what was asked, and how its parts are read.

Only reading a request's parts belongs here; what is done with them is in the other ``api_…``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from reactor.testing.box import Box
from reactor.testing.clock import SECOND
from reactor.testing.refusals import Refused
from reactor.testing.world import World

BY = "api"
"""Who did it, in the history, when it came over the API."""

Filters = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose path was understood; ``parts`` are those of the path."""

    world: World
    query: Mapping[str, str]
    body: bytes
    parts: Mapping[str, str]

    def box(self) -> Box:
        """The container that the path names, by id, name or prefix."""
        return self.world.find(self.parts["ref"])

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A switch in the query."""
        return self.query.get(name, str(default)).lower() not in ("", "0", "no", "false", "none")

    def document(self) -> dict[str, Any]:
        """The body as a JSON object; an empty body is an empty object."""
        return msgspec.json.decode(self.body or b"{}", type=dict[str, Any])

    def filters(self) -> Filters:
        """The filters, in either of the two forms that clients write."""
        text = self.query.get("filters", "")
        given = msgspec.json.decode(text or "{}", type=dict[str, list[str] | dict[str, bool]])
        return {name: list(values) for name, values in given.items()}

    def nanos(self, name: str) -> int | None:
        """A moment in the query, as seconds with or without a fraction."""
        text = self.query.get(name, "")
        if not text:
            return None
        whole, _, fraction = text.partition(".")
        try:
            return int(whole) * SECOND + int((fraction + "000000000")[:9])
        except ValueError:
            raise Refused(500, f'strconv.ParseInt: parsing "{text}": invalid syntax') from None
