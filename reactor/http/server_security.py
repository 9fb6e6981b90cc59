"""TLS on the connections of the server: each handshake within its time, and not too many from one address.

Where the certificates come from, and who may do what, is not known here.
"""

import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import trio

from reactor.http.server_messages import ClientGone
from reactor.http.server_pace import Paces

NEED_LESS = 1.0
"""Seconds in which to tell whoever speaks without TLS that it is spoken here."""
_SENTENCE = b"TLS is spoken here: write https:// in the place of http://\n"
_SPEAK_TLS = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_SENTENCE), _SENTENCE)
)


@dataclass(frozen=True, slots=True)
class Security:
    """How new connections are secured. ``context`` is asked for each of them; None is no TLS.

    A handshake has to be done ``within`` so many seconds. ``burst`` of them may come from one address at
    once, and then ``rate`` in a second: each costs us a signature, on the loop that everything else needs.
    """

    context: Callable[[], Awaitable[ssl.SSLContext | None]]
    within: float = 5.0
    rate: float = 10.0
    burst: float = 40.0


class Handshakes:
    """Makes them."""

    def __init__(self, security: Security) -> None:
        self._security = security
        self._paces = Paces(security.rate, security.burst)

    async def secured(self, stream: trio.SocketStream, who: str) -> trio.SSLStream[trio.SocketStream] | None:
        """The connection with TLS on it, None where there is none here; ClientGone where that failed."""
        context = await self._security.context()
        if context is None:
            return None
        if not self._paces.take(who, trio.current_time()):
            raise ClientGone
        found = trio.SSLStream(stream, context, server_side=True, https_compatible=True)
        try:
            with trio.fail_after(self._security.within):
                await found.do_handshake()
        except trio.TooSlowError:
            raise ClientGone from None
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            await _answer_plainly(stream, error)
            raise ClientGone from None
        return found


async def _answer_plainly(stream: trio.SocketStream, error: Exception) -> None:
    """Tell a client that speaks plain HTTP what is spoken here; all others were told by TLS itself."""
    cause = error.__cause__
    if isinstance(cause, ssl.SSLError) and cause.reason == "HTTP_REQUEST":
        with trio.move_on_after(NEED_LESS), suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            await stream.send_all(_SPEAK_TLS)
            await stream.send_eof()
