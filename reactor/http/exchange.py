"""One request and its answer over one connection that was just opened.

h11 lives here and nowhere else on the client's side. Bounds on size are kept here; deadlines
are the business of ``client``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import h11
import trio

from reactor.http.connect import tls_meaning
from reactor.http.errors import BadCertificate, ConnectionBroken, HttpError, ProtocolBroken

PIECE = 65536
"""How much is read at once; also the size of a pipe's worth of small frames."""


@dataclass(frozen=True, slots=True)
class Head:
    """The status and the headers of an answer; header names are in lower case, the last of a name counts."""

    status: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. ``target`` is the path with its query, ready for the wire."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    def event(self, authority: str) -> h11.Request:
        """As h11 wants it; ValueError if a part of it may not stand in a request."""
        headers = [("host", authority), ("connection", "close"), *self.headers.items()]
        if self.body or self.method != "GET":
            headers.append(("content-length", str(len(self.body))))
        try:
            return h11.Request(method=self.method, target=self.target, headers=headers)
        except h11.LocalProtocolError as error:
            raise ValueError("this request cannot be written in HTTP") from error


class Exchange:
    """Sends one request and reads its answer: first ``head``, then ``piece`` until it gives None."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream
        self._h11 = h11.Connection(our_role=h11.CLIENT)
        self._heard = False
        self._ended = False
        self.sent = False

    async def ask(self, request: h11.Request, body: bytes) -> Head:
        """Send all of the request, then wait for the head of the answer."""
        whole = b"".join(filter(None, map(self._h11.send, _parts(request, body))))
        # From here on nobody can say how much of it went out, so it counts as sent.
        self.sent = True
        try:
            await self._stream.send_all(whole)
        except trio.BrokenResourceError as error:
            raise self._broken(error) from error
        return await self._head()

    async def piece(self) -> bytes | None:
        """The next bytes of the body as soon as they are there; None when it has come to its whole end."""
        event = await self._event()
        if isinstance(event, h11.Data):
            return bytes(event.data)
        if isinstance(event, h11.EndOfMessage):
            return None
        raise ProtocolBroken("the answer goes on with something that is no body", sent=True)

    async def _head(self) -> Head:
        event = await self._event()
        while isinstance(event, h11.InformationalResponse) and event.status_code != 101:
            event = await self._event()
        if not isinstance(event, h11.Response):
            raise ProtocolBroken("the answer does not begin with a status", sent=True)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
        return Head(event.status_code, MappingProxyType(headers))

    async def _event(self) -> object:
        while True:
            try:
                event = self._h11.next_event()
            except h11.RemoteProtocolError as error:
                raise self._meaning(error) from error
            if event is not h11.NEED_DATA:
                return event
            piece = await self._receive()
            self._heard, self._ended = self._heard or bool(piece), not piece
            self._h11.receive_data(piece)

    async def _receive(self) -> bytes:
        try:
            return bytes(await self._stream.receive_some(PIECE))
        except trio.BrokenResourceError as error:
            raise self._broken(error) from error

    def _meaning(self, error: h11.RemoteProtocolError) -> HttpError:
        # h11 has one error for "this is not HTTP" and for "the end came too early".
        if not self._ended:
            return ProtocolBroken(f"the answer is not HTTP ({error})"[:200], sent=True)
        if not self._heard:
            return self._mute("the connection ended before an answer came")
        return ConnectionBroken("the connection ended in the middle of the answer", sent=True)

    def _broken(self, error: trio.BrokenResourceError) -> HttpError:
        meaning = tls_meaning(error, sent=True)
        if self._heard or isinstance(meaning, BadCertificate):
            return meaning
        return self._mute(str(meaning))

    def _mute(self, sentence: str) -> HttpError:
        # In TLS 1.3 a server judges our certificate after we think that all is well, and what it says
        # of it can be lost when it closes at once. So this end of a connection gets a hint.
        if isinstance(self._stream, trio.SSLStream):
            sentence += " (perhaps the server does not accept our certificate)"
        return ConnectionBroken(sentence, sent=True)


def _parts(request: h11.Request, body: bytes) -> list[h11.Event]:
    return [request, h11.Data(data=body), h11.EndOfMessage()] if body else [request, h11.EndOfMessage()]
