"""A small HTTP/1.1 server by h11 over trio listeners. It knows nothing of what it serves.

What belongs here is who is let in and how a connection ends; what is said on it is in
``server_conversation``. Nothing is shielded: a client that stops reading is cut at its deadline,
and at once when the server is cancelled. What a handler raises is not caught here.
"""

import logging
from collections.abc import Sequence

import h11
import trio

from reactor.http.server_conversation import Conversation
from reactor.http.server_crowd import Crowd
from reactor.http.server_heads import Refusal
from reactor.http.server_messages import (
    Aborted,
    Answer,
    ClientGone,
    Handler,
    Peer,
    Request,
    Response,
    StreamingResponse,
    Takeover,
    Terms,
    Writer,
    sentence,
)
from reactor.http.server_security import Handshakes, Security
from reactor.http.server_wire import Wire, address_of, reset

log = logging.getLogger("reactor.http")

_AGAIN = [("Retry-After", "5")]
_TURNED_AWAY = 32
"""So many at once are told that there are too many; others find the door shut."""


async def serve(
    listeners: Sequence[trio.SocketListener],
    handler: Handler,
    *,
    handler_nursery: trio.Nursery | None = None,
    terms: Terms | None = None,
    security: Security | None = None,
    task_status: trio.TaskStatus[list[trio.SocketListener]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Accept connections for ever and let ``handler`` answer their requests.

    As with ``trio.serve_listeners``, connections live in ``handler_nursery`` if one is given,
    and the listeners are closed at the end.
    """
    server = _Server(handler, terms or Terms(), Handshakes(security) if security is not None else None)
    await trio.serve_listeners(
        server.serve_connection, list(listeners), handler_nursery=handler_nursery, task_status=task_status
    )


class _Server:
    def __init__(self, handler: Handler, terms: Terms, handshakes: Handshakes | None) -> None:
        self._handler = handler
        self._terms = terms
        self._handshakes = handshakes
        self._connections = Crowd(terms.connections, terms.each)
        self._streams = Crowd(terms.streams, terms.each_streams)
        self._turned_away = Crowd(_TURNED_AWAY, _TURNED_AWAY)

    async def serve_connection(self, stream: trio.SocketStream) -> None:
        who = address_of(stream)
        try:
            with self._connections.one(who) as has_room:
                if has_room:
                    await self._serve(stream, who)
                else:
                    await self._turn_away(stream, who)
        except (ClientGone, Aborted):
            # A client that leaves or is too slow is its own affair, and an abort was wanted.
            return
        except h11.LocalProtocolError:
            # An answer that cannot be sent ends its connection, and must not end everything else.
            log.exception("a defect: an answer is none that HTTP allows")
        finally:
            # Not aclose(): its checkpoint could put a cancellation in the place of a handler's error.
            stream.socket.close()

    async def _turn_away(self, stream: trio.SocketStream, who: str) -> None:
        # With TLS nothing is said: to say it takes a handshake, and of those there are too many.
        with self._turned_away.one(who) as has_room:
            if has_room and self._handshakes is None:
                too_many = sentence(503, "Too many connections.", _AGAIN)
                await Conversation(Wire(stream), self._terms).refuse(too_many)

    async def _serve(self, stream: trio.SocketStream, who: str) -> None:
        secured = await self._handshakes.secured(stream, who) if self._handshakes is not None else None
        conversation = Conversation(Wire(stream, secured), self._terms)
        try:
            while (request := await conversation.read_request()) is not None:
                await self._answer(conversation, request)
                if not conversation.next_cycle():
                    return
        except Refusal as refusal:
            await conversation.refuse(refusal.response)
        except Aborted as aborted:
            if aborted.reset:
                reset(stream)
            raise

    async def _answer(self, conversation: Conversation, request: Request) -> None:
        answer = await self._handler(request)
        if not isinstance(answer, StreamingResponse):
            await conversation.answer(request, answer)
            return
        with self._streams.one(request.peer.address) as has_room:
            full = sentence(503, "Too many streams are open.", _AGAIN)
            await conversation.answer(request, answer if has_room else full)


__all__ = [
    "Aborted",
    "Answer",
    "ClientGone",
    "Handler",
    "Peer",
    "Request",
    "Response",
    "Security",
    "StreamingResponse",
    "Takeover",
    "Terms",
    "Writer",
    "reset",
    "sentence",
    "serve",
]
