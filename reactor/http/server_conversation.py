"""One connection of the server: requests in, each within its bounds and deadlines.

What belongs here is HTTP/1.1 itself, by h11. How answers go out is in ``server_answers``; who may
connect, and what becomes of a connection that breaks, is in ``server``; what a head may say is in
``server_heads``.
"""

import h11
import trio

from reactor.http.server_answers import Answering
from reactor.http.server_heads import Refusal, fields_of, request_of
from reactor.http.server_messages import Answer, ClientGone, Request, Response, Terms, sentence
from reactor.http.server_wire import Wire


class Conversation:
    """One connection: requests in, answers out."""

    def __init__(self, wire: Wire, terms: Terms) -> None:
        self._wire = wire
        self._terms = terms
        self._connection = h11.Connection(h11.SERVER, max_incomplete_event_size=terms.head)
        self._answering = Answering(wire, self._connection, terms)
        self._first = True

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
            data = await self._wire.receive()
            self._connection.receive_data(data)
            return bool(data)
        return False

    async def _next_event(self) -> h11.Event | None:
        while True:
            event = self._connection.next_event()
            if isinstance(event, h11.Event):
                return event
            if event is h11.PAUSED:
                return None
            if self._connection.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[])
                await self._wire.send(self._connection.send(go_on) or b"", self._terms.send_within)
            self._connection.receive_data(await self._wire.receive())

    async def _complete(self, head: h11.Request) -> Request:
        headers = fields_of(head)
        if int(headers.get("content-length", "0")) > self._terms.body:
            raise _too_large(self._terms)
        body = bytearray()
        while not isinstance(event := await self._next_event(), h11.EndOfMessage):
            body += event.data if isinstance(event, h11.Data) else b""
            if len(body) > self._terms.body:
                raise _too_large(self._terms)
        return request_of(head, headers, bytes(body), self._wire.peer)

    async def answer(self, request: Request, answer: Answer) -> None:
        """Send what the handler gave."""
        await self._answering.send(request, answer)

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
        if self._connection.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            await self._answering.refuse(response)


def _too_large(terms: Terms) -> Refusal:
    return Refusal(sentence(413, f"A request's body may have at most {terms.body} bytes."))
