"""What is there before anything is made: images, and the ports of the host that containers have.

Only asking belongs here, and no image is ever pulled. What stands in the way of what is said above.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from reactor.core.container import ContainerId
from reactor.core.ports import EngineAnswered
from reactor.core.recipes import Port
from reactor.engine import decode
from reactor.engine.aside import call
from reactor.engine.calls import DockerEngine
from reactor.engine.wire import message, parse
from reactor.http.client import Client, Response

WITHIN = 15.0
"""Seconds for each call."""


class _ImageBody(msgspec.Struct, rename="pascal"):
    id: str = ""


class _PortBody(msgspec.Struct):
    address: str = msgspec.field(name="IP", default="")
    inside: int = msgspec.field(name="PrivatePort", default=0)
    host: int = msgspec.field(name="PublicPort", default=0)
    protocol: str = msgspec.field(name="Type", default="tcp")


class _RowBody(msgspec.Struct, rename="pascal"):
    id: str = ""
    ports: list[_PortBody] | None = None


@dataclass(frozen=True, slots=True)
class Premises:
    """Asks an engine over connections of its own. All calls raise EngineError."""

    engine: DockerEngine
    client: Client

    @classmethod
    def on(cls, engine: DockerEngine) -> "Premises":
        """The premises of this engine."""
        return cls(engine, Client(engine.endpoint.address))

    async def image(self, reference: str) -> str | None:
        """The id of an image that is there; None if the engine has none that is called so."""
        answer = await self._get(f"/images/{quote(reference, safe='/:@')}/json")
        if answer.status == 404:
            return None
        return parse(answer.body, _ImageBody, "an image").id

    async def ports(self) -> Mapping[ContainerId, tuple[Port, ...]]:
        """The ports of the host that each running container has."""
        answer = await self._get("/containers/json")
        rows = parse(answer.body, list[_RowBody], "the list of containers")
        return {decode.full_id(row.id): tuple(_ports(row)) for row in rows if row.ports}

    async def _get(self, path: str) -> Response:
        answer = await call(self.engine, self.client, "GET", path, within=WITHIN)
        if answer.status not in {200, 404}:
            raise EngineAnswered(answer.status, message(answer.body))
        return answer


def _ports(row: _RowBody) -> list[Port]:
    return [
        Port(each.inside, each.host, each.protocol, each.address) for each in row.ports or () if each.host
    ]
