"""One connection of the server: requests in, answers out, each within its bounds and deadlines.

What belongs here is HTTP/1.1 itself, by h11. Who may connect, and what becomes of a connection
that breaks, is in ``server``.
"""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from urllib.parse import parse_qsl, unquote, urlsplit

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
    send_within,
    sentence,
)

RECEIVE = 64 * 1024
LINGER = 1.0


class Refusal(Exception):
    """The request is not taken; the answer says why, and the connection ends after it."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


class Conversation:
    """One connection: requests in, answers out."""

    def __init__(self, stream: trio.SocketStream, terms: Terms) -> None:
        self._stream = stream
        self._terms = terms
        self._connection = h11.Connection(h11.SERVER, max_incomplete_event_size=terms.head)
        self._first = True
        self._gone: Exception | None = None

    async def read_request(self) -> Request | None:
        """Read one request to its end; None if the client is done or stays silent."""
        within = self._terms.read_within
        if not self._first and not await self._wait_more():
            return None
        self._first = False
        try:
            with trio.fail_after(within):
                event = await self._next_event()
                return await self._complete(event) if isinstance(event, h11.Request) else None
        except trio.TooSlowError:
            raise ClientGone from None
        except h11.RemoteProtocolError as error:
            raise Refusal(sentence(error.error_status_hint, "This is not a request.")) from None

    async def _wait_more(self) -> bool:
        """Wait for the next request on the same connection, as long as it may stay idle."""
        if self._connection.trailing_data[0]:
            return True
        with trio.move_on_after(self._terms.idle_within):
            data = await self._receive()
            self._connection.receive_data(data)
            return bool(data)
        return False

    async def _receive(self) -> bytes:
        try:
            return bytes(await self._stream.receive_some(RECEIVE))
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            raise ClientGone from None

    async def _next_event(self) -> h11.Event | None:
        while True:
            event = self._connection.next_event()
            if isinstance(event, h11.Event):
                return event
            if event is h11.PAUSED:
                return None
            if self._connection.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[])
                await self._send(self._connection.send(go_on) or b"")
            self._connection.receive_data(await self._receive())

    async def _complete(self, head: h11.Request) -> Request:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        if int(headers.get("content-length", "0")) > self._terms.body:
            raise _too_large(self._terms)
        body = bytearray()
        while not isinstance(event := await self._next_event(), h11.EndOfMessage):
            body += event.data if isinstance(event, h11.Data) else b""
            if len(body) > self._terms.body:
                raise _too_large(self._terms)
        return _request(head, headers, bytes(body))

    async def answer(self, request: Request, answer: Answer) -> None:
        """Send what the handler gave."""
        match answer:
            case Response():
                await self._send_whole(request, answer)
            case StreamingResponse():
                await self._send_stream(request, answer)
            case Takeover(run):
                await self._hand_over(run)

    async def _hand_over(self, run: Callable[[trio.SocketStream], Awaitable[None]]) -> None:
        try:
            await run(self._stream)
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
                await response.body(Writer(self._stream, self._connection, self._terms.send_within))
            except (ClientGone, Aborted) as error:
                # Kept and raised outside: a nursery would wrap it in a group.
                self._gone = error
            nursery.cancel_scope.cancel()
        if self._gone is not None:
            raise self._gone

    async def _watch_client(self, scope: trio.CancelScope) -> None:
        left = self._terms.head
        try:
            while left > 0 and (data := await self._receive()):
                # It may send its next request already; more than a head of it is held up.
                self._connection.receive_data(data)
                left -= len(data)
            self._gone = ClientGone()
        except ClientGone as error:
            self._gone = error
        scope.cancel()

    async def _send(self, data: bytes) -> None:
        await send_within(self._stream, data, self._terms.send_within)

    def next_cycle(self) -> bool:
        """Get ready for another request; False if this connection has had its last."""
        if self._terms.idle_within <= 0:
            return False
        if self._connection.our_state is not h11.DONE or self._connection.their_state is not h11.DONE:
            return False
        self._connection.start_next_cycle()
        return True

    async def refuse(self, response: Response) -> None:
        """Answer what cannot be answered properly, and take leave."""
        if self._connection.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        ending = Response(response.status, response.body, response.content_type, [("Connection", "close")])
        await self._send_whole(None, ending)
        # Closing with unread bytes in the buffer would reset the connection and lose the answer.
        with suppress(trio.BrokenResourceError), trio.move_on_after(LINGER):
            await self._stream.send_eof()
            while await self._stream.receive_some(RECEIVE):
                pass


def _too_large(terms: Terms) -> Refusal:
    return Refusal(sentence(413, f"A request's body may have at most {terms.body} bytes."))


def _request(head: h11.Request, headers: dict[str, str], body: bytes) -> Request:
    try:
        parts = urlsplit(head.target.decode("ascii"))
        query = dict(parse_qsl(parts.query, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        raise Refusal(sentence(400, "The address cannot be read.")) from None
    return Request(head.method.decode("ascii"), unquote(parts.path), query, headers, body)
