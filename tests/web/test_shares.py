"""Runners over TCP: one address takes its share and no more, and what others hold stays theirs."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import trio

from reactor.http.server import serve
from reactor.http.server_listeners import open_tcp_listeners
from reactor.http.server_routes import routed
from reactor.owners.book import LeaseBook
from reactor.web.api import TERMS, api, guarded
from reactor.web.leases import EACH_HOLDS, MOST_HOLDS_OVER_TCP, LeaseDesk, with_leases
from tests.web.test_api import TOKEN, Book

GREEDY, OWNER, LATE = "127.0.0.2", "127.0.0.3", "127.0.0.4"


async def at_once() -> None:
    """Nothing is written."""


class Hall:
    """The listener of runners, and those who have come to it."""

    def __init__(self, port: int, book: LeaseBook, stack: AsyncExitStack) -> None:
        self._port = port
        self._stack = stack
        self.book = book

    async def comes(self, address: str, what: str = "", body: str = "") -> tuple[trio.SocketStream, bytes]:
        """Connect from this address, ask, and read the begin of the answer; without asking just connect."""
        stream = await trio.open_tcp_stream("127.0.0.1", self._port, local_address=address)
        self._stack.callback(stream.socket.close)
        if not what:
            return stream, b""
        head = f"{what} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN.decode()}\r\n"
        await stream.send_all(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        with trio.fail_after(5):
            return stream, bytes(await stream.receive_some())

    async def holds(self, address: str, name: str) -> tuple[trio.SocketStream, bytes]:
        """Hold a lease."""
        return await self.comes(address, f"POST /api/v1/leases/{name}/hold")


@asynccontextmanager
async def hall() -> AsyncIterator[Hall]:
    """As the program has it."""
    [listener] = await open_tcp_listeners(0, "127.0.0.1")
    book = LeaseBook(lambda _: None)
    book.open(trio.current_time())
    desk = LeaseDesk(book, at_once).over_tcp()
    handler = guarded(with_leases(routed(api(Book().feed())), desk), TOKEN)
    async with AsyncExitStack() as stack, trio.open_nursery() as nursery:
        await nursery.start(partial(serve, [listener], handler, terms=TERMS))
        yield Hall(listener.socket.getsockname()[1], book, stack)
        nursery.cancel_scope.cancel()


async def test_one_address_does_not_take_all_places() -> None:
    """Silent connections, streams and leases of one address: a lease that is held stays, others are taken."""
    async with hall() as there:
        _, said = await there.holds(OWNER, "mine")
        assert said.startswith(b"HTTP/1.1 200")
        for number in range(EACH_HOLDS):
            assert (await there.holds(GREEDY, f"g{number}"))[1].startswith(b"HTTP/1.1 200")
        assert (await there.holds(GREEDY, "more"))[1].startswith(b"HTTP/1.1 503")
        silent = [await there.comes(GREEDY) for _ in range(TERMS.connections + 8)]
        with trio.fail_after(5):
            # Whoever is not let in is told, or finds the door shut; both can be read.
            while sum(not stream.socket.is_readable() for stream, _ in silent) > TERMS.each - EACH_HOLDS:
                await trio.lowlevel.checkpoint()

        token = json.dumps({"ttl": 30, "token": there.book.lease("mine").kept.token})
        for address, what, body in (
            (OWNER, "PUT /api/v1/leases/mine", token),
            (LATE, "PUT /api/v1/leases/late", ""),
            (LATE, "POST /api/v1/leases/held/hold", ""),
            (LATE, "GET /api/v1/decisions/stream", ""),
        ):
            assert (await there.comes(address, what, body))[1][9:11] == b"20", what
        assert there.book.lease("mine").holds == 1


def test_shares_are_smaller_than_the_whole_and_streams_leave_room_for_questions() -> None:
    assert 2 * EACH_HOLDS <= MOST_HOLDS_OVER_TCP < TERMS.streams < TERMS.connections
    assert EACH_HOLDS <= TERMS.each_streams < TERMS.each <= TERMS.connections // 4


async def test_each_place_has_seats_of_its_own() -> None:
    """Whoever takes all seats of one takes none of another."""
    first = LeaseDesk(LeaseBook(lambda _: None), at_once, most_holds=1)
    second = first.over_tcp()
    assert second.book is first.book
    with second.holds.one(""), first.holds.one("") as has_room:
        assert has_room
        assert not first.holds.has_room("")
        assert second.holds.has_room("")
