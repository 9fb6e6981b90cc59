"""A small HTTP/1.1 server by h11 over trio listeners. It knows nothing of what it serves.

What belongs here is who is let in and how a connection ends; what is said on it is in
``server_conversation``. Nothing is shielded: a client that stops reading is cut at its deadline,
and at once when the server is cancelled. What a handler raises is not caught here.
"""

import socket
import struct
from collections.abc import Sequence

import trio

from reactor.http.server_conversation import Conversation, Refusal
from reactor.http.server_messages import (
    Aborted,
    Answer,
    ClientGone,
    Handler,
    Request,
    Response,
    StreamingResponse,
    Takeover,
    Terms,
    Writer,
    sentence,
)


async def serve(
    listeners: Sequence[trio.SocketListener],
    handler: Handler,
    *,
    handler_nursery: trio.Nursery | None = None,
    terms: Terms | None = None,
    task_status: trio.TaskStatus[list[trio.SocketListener]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Accept connections for ever and let ``handler`` answer their requests.

    As with ``trio.serve_listeners``, connections live in ``handler_nursery`` if one is given,
    and the listeners are closed at the end.
    """
    server = _Server(handler, terms or Terms())
    await trio.serve_listeners(
        server.serve_connection, list(listeners), handler_nursery=handler_nursery, task_status=task_status
    )


class _Server:
    def __init__(self, handler: Handler, terms: Terms) -> None:
        self._handler = handler
        self._terms = terms
        self._connections = 0

    async def serve_connection(self, stream: trio.SocketStream) -> None:
        self._connections += 1
        try:
            await self._serve(stream)
        except (ClientGone, Aborted):
            # A client that leaves or is too slow is its own affair, and an abort was wanted.
            return
        finally:
            # Not aclose(): its checkpoint could put a cancellation in the place of a handler's error.
            stream.socket.close()
            self._connections -= 1

    async def _serve(self, stream: trio.SocketStream) -> None:
        conversation = Conversation(stream, self._terms)
        if self._connections > self._terms.connections:
            await conversation.refuse(sentence(503, "Too many connections."))
            return
        try:
            while (request := await conversation.read_request()) is not None:
                await conversation.answer(request, await self._handler(request))
                if not conversation.next_cycle():
                    return
        except Refusal as refusal:
            await conversation.refuse(refusal.response)
        except Aborted as aborted:
            if aborted.reset:
                reset(stream)
            raise


def reset(stream: trio.SocketStream) -> None:
    """Let the next close of a connection be a reset, as a crashed program's can be.

    Unix sockets know no reset: there the other side sees an end in the middle of an answer.
    """
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


__all__ = [
    "Aborted",
    "Answer",
    "ClientGone",
    "Handler",
    "Request",
    "Response",
    "StreamingResponse",
    "Takeover",
    "Terms",
    "Writer",
    "reset",
    "sentence",
    "serve",
]
