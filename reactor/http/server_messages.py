"""What a handler is given and what it may answer with.

Only the records and the writer of a streamed body belong here; reading and sending, with
all bounds and deadlines, is in ``server``.
"""

import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus

import h11
import trio

TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the server bears: sizes in bytes, times in seconds.

    ``read_within`` is for a whole request, ``send_within`` for each piece of an answer that
    the other side has to take. ``idle_within`` is the pause between two requests on one
    connection; 0 closes after each answer. More than ``connections`` at once get a 503, and so do more than
    ``each`` from one address; likewise more than ``streams`` answers that go on for ever, and
    ``each_streams``. A unix socket has no addresses.
    """

    head: int = 16 * 1024
    body: int = 1024 * 1024
    read_within: float = 10.0
    send_within: float = 10.0
    idle_within: float = 10.0
    connections: int = 256
    each: int = 256
    streams: int = 256
    each_streams: int = 256

    def shared_by(self, many: int) -> "Terms":
        """The same where so many answer at one place: each of them gives away seats of its own."""
        return replace(
            self,
            connections=many * self.connections,
            each=many * self.each,
            streams=many * self.streams,
            each_streams=many * self.each_streams,
        )


@dataclass(frozen=True, slots=True)
class Peer:
    """Who asks: an address (empty on a unix socket), by TLS or not, with an accepted certificate or none.

    ``context`` is what the connection was secured by, which may be older than what new ones are.
    """

    address: str = ""
    tls: bool = False
    certificate: bool = False
    context: ssl.SSLContext | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One request, read to its end. Header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    peer: Peer = Peer()


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer."""

    status: int
    body: bytes = b""
    content_type: str = TEXT
    headers: Iterable[tuple[str, str]] = ()


class Aborted(Exception):
    """The handler breaks the connection off in the middle of whatever it was: by a reset, or just an end."""

    def __init__(self, *, reset: bool = True) -> None:
        super().__init__("the handler broke the connection off")
        self.reset = reset


class ClientGone(Exception):
    """The client went away, or did not send or take its bytes in time."""


class Writer:
    """Sends a streamed body: each piece at once, each with its own deadline."""

    def __init__(self, send: Callable[[bytes], Awaitable[None]], connection: h11.Connection) -> None:
        self._send = send
        self._connection = connection

    async def send(self, data: bytes) -> None:
        """Send one piece as a chunk of its own; ClientGone if nobody takes it in time."""
        if data:
            await self.send_raw(self._connection.send(h11.Data(data=data)) or b"")

    async def send_raw(self, data: bytes) -> None:
        """Send bytes as they stand, without a chunk around them: for breaking the rules on purpose."""
        await self._send(data)


@dataclass(frozen=True, slots=True)
class StreamingResponse:
    """An answer of unknown length. When ``body`` returns it is complete; raising Aborted breaks it off.

    ``body`` is cancelled as soon as the client goes away.
    """

    body: Callable[[Writer], Awaitable[None]]
    status: int = 200
    content_type: str = ""
    headers: Iterable[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Takeover:
    """Hands the bare connection to ``run``, which does with it what it likes; it is closed afterwards.

    It is for connections without TLS: with it, the request is refused.
    """

    run: Callable[[trio.SocketStream], Awaitable[None]]


Answer = Response | StreamingResponse | Takeover
Handler = Callable[[Request], Awaitable[Answer]]


def sentence(status: int, text: str = "", headers: Iterable[tuple[str, str]] = ()) -> Response:
    """Make a short answer in words: the text, or the status's own name."""
    return Response(status, f"{text or HTTPStatus(status).phrase}\n".encode(), headers=headers)
