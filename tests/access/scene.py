"""A front on a real socket, with a page behind it that tells and one that changes something."""

import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import trio

from reactor.access.keeping import KeptAccess
from reactor.app.front import Front
from reactor.app.settings import WebTerms
from reactor.http.address import Address
from reactor.http.client import Client, Response
from reactor.http.errors import HttpError
from reactor.http.server import Answer, Handler, Request, Terms, sentence, serve
from reactor.http.server_listeners import open_tcp_listeners
from reactor.observe.tally import Tally
from reactor.web.routes import TERMS
from tests.access.papers import Papers

CHANGE, READ = "/v1/hold", "/metrics"
RIGHT, WRONG = "ada:open sesame", "ada:open barley"
HASH = "$2b$04$p2z.Tvn4wRZWZTyAXQ0zpONf2AMQmDYXnQwE/TPSwwEHHsH4NJfqK"
"""Of the right password, at the least cost; always the same, so that tests have the same names."""
JSON = {"Content-Type": "application/json"}


async def page(_: Request) -> Answer:
    """What can be read."""
    return sentence(200, "told")


def basic(pair: str) -> dict[str, str]:
    """The header for NAME:PASSWORD."""
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"} if pair else {}


@dataclass
class Scene:
    """Where it listens, and what was changed there."""

    port: int
    papers: Papers | None
    front: Front
    access: KeptAccess
    tally: Tally = field(default_factory=Tally)
    changed: int = 0

    async def change(self, _: Request) -> Answer:
        """What must not be done by everybody."""
        self.changed += 1
        return sentence(200, "done")

    async def ask(
        self,
        path: str = READ,
        method: str = "",
        *,
        user: str = "",
        certificate: str = "",
        plain: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """One call, in TLS unless it is to be plain, with these credentials."""
        tls = self.papers.client(certificate) if self.papers is not None and not plain else None
        client = Client(Address.tcp("127.0.0.1", self.port, tls))
        method = method or ("GET" if path == READ else "POST")
        sent = {**basic(user), **(JSON if method != "GET" else {}), **(headers or {})}
        return await client.request(method, path, within=5, headers=sent)

    async def status(self, path: str = READ, *, user: str = "", certificate: str = "") -> int | str:
        """The status of a call, or ``refused`` where it never came to one."""
        try:
            return (await self.ask(path, user=user, certificate=certificate)).status
        except HttpError:
            return "refused"


@asynccontextmanager
async def scene(
    file: Path | None = None,
    *,
    papers: Papers | None = None,
    local: bool = True,
    orders: bool = True,
    hosts: frozenset[str] = frozenset(),
    every: float = 1.0,
    terms: Terms = TERMS,
    handshake: float = 5.0,
    site: Handler = page,
) -> AsyncIterator[Scene]:
    """A front on a free port; ``papers`` are there if it speaks TLS."""
    first = KeptAccess.open(file)
    access = KeptAccess(file, first.last, every)
    front = Front(access, WebTerms(file, orders=orders, hosts=hosts), local=local)
    async with trio.open_nursery() as nursery:
        listeners = await open_tcp_listeners(0, "127.0.0.1" if local else "0.0.0.0")  # noqa: S104  # That is meant.
        there = Scene(listeners[0].socket.getsockname()[1], papers, front, access)
        front.take_orders(there.change)
        handler = front.before(site, there.tally)
        security = replace(front.security, within=handshake) if front.security is not None else None
        await nursery.start(partial(serve, listeners, handler, terms=terms, security=security))
        yield there
        nursery.cancel_scope.cancel()
