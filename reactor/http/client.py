"""The client: one fresh connection for each call, a deadline and a bound on everything.

Connections are not kept: a kept one may be closed by the other side at the moment of a call, and
then nobody can tell whether the call was done. Repeating a call is the business of the rooms
above; only the making of a connection is tried again here, because it can have no effect.
"""

import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio

from reactor.http.address import Address
from reactor.http.connect import connect
from reactor.http.errors import TimedOut, TooLarge
from reactor.http.exchange import Exchange, Request
from reactor.http.lines import Lines

CONNECTS = 32
LARGEST_BODY = 64 * 1024 * 1024
LONGEST_LINE = 1024 * 1024
NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answering:
    """An answer that is still coming in: its head, and then either ``lines`` or ``body``, not both."""

    status: int
    headers: Mapping[str, str]
    exchange: Exchange = field(repr=False)

    def lines(self, longest: int = LONGEST_LINE, *, drop: bool = False) -> Lines:
        """The lines of the body as they come; see ``Lines`` for what ``drop`` does."""
        return Lines(self.exchange.piece, longest, drop=drop)

    async def body(self, largest: int = LARGEST_BODY) -> bytes:
        """The whole body; TooLarge if it is longer than ``largest``."""
        pieces, size = [], 0
        while (piece := await self.exchange.piece()) is not None:
            size += len(piece)
            if size > largest:
                raise TooLarge(f"the answer is longer than {largest} bytes", sent=True)
            pieces.append(piece)
        return b"".join(pieces)


class Client:
    """Calls one address. Whoever must not wait for others gets a client of their own.

    At most ``connects`` connections are in the making at a time, so that a crowd of calls does
    not fill the listener's queue; open ones are not counted.
    """

    def __init__(self, address: Address, *, connects: int = CONNECTS, largest: int = LARGEST_BODY) -> None:
        self.address = address
        self._largest = largest
        self._connecting = trio.CapacityLimiter(connects)

    async def request(
        self,
        method: str,
        target: str,
        *,
        within: float,
        headers: Mapping[str, str] = NO_HEADERS,
        body: bytes = b"",
    ) -> Response:
        """Make a call and read its whole answer within so many seconds, or raise HttpError."""
        call = _Call(Request(method, target, headers, body), self.address)
        with trio.move_on_after(within):
            async with self._connected(call) as exchange:
                answer = await call.put_to(exchange)
                return Response(answer.status, answer.headers, await answer.body(self._largest))
        raise call.too_late(within)

    @asynccontextmanager
    async def open_stream(
        self, method: str, target: str, *, within: float, headers: Mapping[str, str] = NO_HEADERS
    ) -> AsyncIterator[Answering]:
        """Make a call whose answer comes bit by bit; ``within`` is for its head only."""
        call = _Call(Request(method, target, headers), self.address)
        began = trio.current_time()
        async with self._connected(call, within) as exchange:
            with trio.CancelScope(deadline=began + within) as patience:
                answer = await call.put_to(exchange)
            if patience.cancelled_caught:
                raise call.too_late(within)
            yield answer

    @asynccontextmanager
    async def _connected(self, call: "_Call", within: float = math.inf) -> AsyncIterator[Exchange]:
        """Hold a new connection, and let it go without waiting for anybody."""
        stream = None
        with trio.move_on_after(within):
            async with self._connecting:
                stream = await connect(self.address)
        if stream is None:
            raise call.too_late(within)
        try:
            yield Exchange(stream)
        finally:
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(stream)


class _Call:
    """A call under way: how far it got is what its error has to say."""

    def __init__(self, request: Request, address: Address) -> None:
        self._event = request.event(address.authority)
        self._body = request.body
        self._exchange: Exchange | None = None

    async def put_to(self, exchange: Exchange) -> Answering:
        self._exchange = exchange
        head = await exchange.ask(self._event, self._body)
        return Answering(head.status, head.headers, exchange)

    def too_late(self, within: float) -> TimedOut:
        if self._exchange is None:
            return TimedOut(f"no connection within {within:g} s")
        return TimedOut(f"no answer within {within:g} s", sent=self._exchange.sent)
