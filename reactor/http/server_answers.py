"""How answers go out on one connection of the server: whole, bit by bit, or as the bare connection.

How requests come in is in ``server_conversation``.
"""

from collections.abc import Awaitable, Callable, Iterable

import h11
import trio

from reactor.http.server_messages import (
    Aborted,
    Answer,
    ClientGone,
    Request,
    Response,
    StreamingResponse,
    Takeover,
    Terms,
    Writer,
    sentence,
)
from reactor.http.server_wire import Wire


class Answering:
    """The half of a conversation that speaks."""

    def __init__(self, wire: Wire, connection: h11.Connection, terms: Terms) -> None:
        self._wire = wire
        self._connection = connection
        self._terms = terms
        self._gone: Exception | None = None

    async def send(self, request: Request, answer: Answer) -> None:
        """Send what the handler gave."""
        match answer:
            case Response():
                await self._send_whole(request, answer)
            case StreamingResponse():
                await self._send_stream(request, answer)
            case Takeover(run):
                await self._hand_over(request, run)

    async def refuse(self, response: Response) -> None:
        """Send an answer after which the connection ends, and let it arrive."""
        ending = Response(
            response.status,
            response.body,
            response.content_type,
            [*response.headers, ("Connection", "close")],
        )
        await self._send_whole(None, ending)
        await self._wire.hear_out()

    async def _hand_over(self, request: Request, run: Callable[[trio.SocketStream], Awaitable[None]]) -> None:
        if request.peer.tls:
            await self._send_whole(request, sentence(501, "The bare connection cannot be had in TLS."))
            return
        try:
            await run(self._wire.bare)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            raise ClientGone from None

    async def _send_whole(self, request: Request | None, response: Response) -> None:
        framing = [("Content-Length", str(len(response.body)))]
        # A body, or even its length, is not allowed with these.
        if response.status in (204, 304):
            framing = []
        elif response.content_type:
            framing.append(("Content-Type", response.content_type))
        data = self._head(response.status, [*framing, *response.headers])
        if response.body and framing and (request is None or request.method != "HEAD"):
            data += self._connection.send(h11.Data(data=response.body)) or b""
        await self._send(data + (self._connection.send(h11.EndOfMessage()) or b""))

    def _head(self, status: int, headers: Iterable[tuple[str, str]]) -> bytes:
        fields = list(headers)
        if self._terms.idle_within <= 0:
            fields.append(("Connection", "close"))
        return self._connection.send(h11.Response(status_code=status, headers=fields)) or b""

    async def _send_stream(self, request: Request, response: StreamingResponse) -> None:
        typed = [("Content-Type", response.content_type)] if response.content_type else []
        await self._send(self._head(response.status, [*typed, *response.headers]))
        if request.method != "HEAD":
            await self._run_body(response)
        await self._send(self._connection.send(h11.EndOfMessage()) or b"")

    async def _run_body(self, response: StreamingResponse) -> None:
        # The nursery is structural: whoever listens for hours to a stream that says nothing
        # must be noticed when he goes, and only a read notices that.
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._watch_client, nursery.cancel_scope)
            try:
                await response.body(Writer(self._send, self._connection))
            except (ClientGone, Aborted) as error:
                # Kept and raised outside: a nursery would wrap it in a group.
                self._gone = error
            nursery.cancel_scope.cancel()
        if self._gone is not None:
            raise self._gone

    async def _watch_client(self, scope: trio.CancelScope) -> None:
        left = self._terms.head
        try:
            while left > 0 and (data := await self._wire.receive()):
                # It may send its next request already; more than a head of it is held up.
                self._connection.receive_data(data)
                left -= len(data)
            self._gone = ClientGone()
        except ClientGone as error:
            self._gone = error
        scope.cancel()

    async def _send(self, data: bytes) -> None:
        await self._wire.send(data, self._terms.send_within)
