"""A connection of the server as bytes in and bytes out, in TLS or not, and who is at its other end.

What the bytes mean is known to ``server_conversation``.
"""

import socket
import ssl
import struct
from contextlib import suppress

import trio

from reactor.http.server_messages import ClientGone, Peer
from reactor.http.server_pace import party

PIECE = 64 * 1024
LINGER = 1.0


class Wire:
    """One connection. Nothing is shielded: who does not take or send in time is cut."""

    def __init__(
        self, bare: trio.SocketStream, secured: trio.SSLStream[trio.SocketStream] | None = None
    ) -> None:
        self.bare = bare
        self.stream: trio.abc.Stream = bare if secured is None else secured
        context = secured.context if secured is not None else None
        self.peer = Peer(address_of(bare), secured is not None, _has_certificate(secured), context)

    async def receive(self) -> bytes:
        """The next bytes, empty at the end; ClientGone where it broke."""
        try:
            return bytes(await self.stream.receive_some(PIECE))
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            raise ClientGone from None

    async def send(self, data: bytes, within: float) -> None:
        """Send bytes in pieces; each has to be taken in time."""
        try:
            for start in range(0, len(data), PIECE):
                with trio.fail_after(within):
                    await self.stream.send_all(data[start : start + PIECE])
        except (trio.TooSlowError, trio.BrokenResourceError, trio.ClosedResourceError):
            raise ClientGone from None

    async def hear_out(self) -> None:
        """Read for a moment what is still sent: closing with unread bytes is a reset, and the answer lost."""
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError), trio.move_on_after(LINGER):
            await self.bare.send_eof()
            while await self.bare.receive_some(PIECE):
                pass


def address_of(stream: trio.SocketStream) -> str:
    """Who is at the other end, as one who is counted; empty on a unix socket."""
    try:
        name = stream.socket.getpeername()
    except OSError:
        # Gone already: whatever is said to him is lost.
        return ""
    return party(name[0]) if isinstance(name, tuple) else ""


def _has_certificate(secured: trio.SSLStream[trio.SocketStream] | None) -> bool:
    if secured is None:
        return False
    # One that is asked for and cannot be verified ends the handshake.
    verified = secured.context.verify_mode is not ssl.CERT_NONE
    return verified and bool(secured.getpeercert())


def reset(stream: trio.SocketStream) -> None:
    """Let the next close of a connection be a reset, as a crashed program's can be.

    Unix sockets know no reset: there the other side sees an end in the middle of an answer.
    """
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
