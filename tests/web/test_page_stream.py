"""The stream of the page: what a viewer who comes again is told, and how many seats one address gets."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import msgspec
import pytest
import trio

from reactor.app.page.gazette import Gazette
from reactor.http.server import serve
from reactor.http.server_listeners import open_tcp_listeners
from reactor.http.server_routes import routed
from reactor.observe.tally import Tally
from reactor.web.control import Refused
from reactor.web.page_api import STREAMS
from reactor.web.page_stream import stream_of
from reactor.web.queries import Wanted
from reactor.web.routes import TERMS
from reactor.web.seats import Seats
from tests.web.test_api import Book

GREEDY, OTHER = "127.0.0.2", "127.0.0.3"
PATHS = ("/api/v1/stream", "/api/v1/decisions/stream")


class Calm:
    """A desk, and a stream, of a host where nothing ever changes."""

    def watch(self, _: Wanted) -> "Calm":
        """Some containers."""
        return self

    async def news(self) -> tuple[tuple[str, Mapping[str, Any]], ...]:
        """Nothing, for ever."""
        await trio.sleep_forever()
        raise AssertionError


class Viewer:
    """What one viewer hears: events as (name, id, data)."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream, self._text = stream, ""

    async def event(self) -> tuple[str, str, Any]:
        """The next one."""
        with trio.fail_after(5):
            while True:
                head, found, rest = self._text.partition("\n\n")
                if found:
                    self._text = rest
                    fields = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
                    if "event" in fields:
                        return fields["event"], fields.get("id", ""), msgspec.json.decode(fields["data"])
                    continue
                data = await self._stream.receive_some()
                assert data, "the stream ended"
                self._text += data.decode().replace("\r\n", "\n")


@asynccontextmanager
async def viewing(port: int, last: str = "") -> AsyncIterator[Viewer]:
    """A viewer who goes on behind what he had last."""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        again = f"Last-Event-ID: {last}\r\n" if last else ""
        await stream.send_all(f"GET {PATHS[0]} HTTP/1.1\r\nHost: x\r\n{again}\r\n".encode())
        yield Viewer(stream)


@asynccontextmanager
async def served(book: Book) -> AsyncIterator[int]:
    """The stream alone."""
    [listener] = await open_tcp_listeners(0, "127.0.0.1")
    handler = routed({PATHS[0]: {"GET": stream_of(book.feed(), Calm().watch, Seats(4))}})
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(serve, [listener], handler))
        yield listener.socket.getsockname()[1]
        nursery.cancel_scope.cancel()


async def test_who_is_cut_right_after_the_hello_has_lost_nothing() -> None:
    """A standard client goes on behind the id that it had last, be it that of the hello."""
    async with served(Book(5)) as port:
        last = "c-2"
        for number in (3, 4, 5):
            async with viewing(port, last) as viewer:
                kind, cursor, told = await viewer.event()
                assert (kind, cursor, told) == ("hello", last, {"cursor": last})
            async with viewing(port, cursor) as viewer:
                await viewer.event()
                kind, last, _ = await viewer.event()
                assert (kind, last) == ("decision", f"c-{number}")
        async with viewing(port) as viewer:
            assert await viewer.event() == ("hello", "c-5", {"cursor": "c-5"})


async def test_a_cursor_of_another_journal_is_said_to_be_dead() -> None:
    """Whoever kept it would ask with it again and again, and see nothing of what came in between."""
    book = Book(3)
    async with served(book) as port:
        async with viewing(port, "old") as viewer:
            assert await viewer.event() == ("hello", "c-3", {"cursor": "c-3", "anew": True})
        book.add()
        async with viewing(port, "c-3") as viewer:
            assert (await viewer.event())[2] == {"cursor": "c-3"}
            assert (await viewer.event())[1] == "c-4"


class Refuses(Book):
    """A feed that is not there at the moment."""

    async def page(self, _since: str, _limit: int) -> Any:
        """Nothing can be read."""
        raise Refused(503, {"error": "the disk"})


async def test_what_cannot_be_read_takes_no_seat() -> None:
    async with served(Refuses()) as port:
        for _ in range(6):
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                await stream.send_all(f"GET {PATHS[0]} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                assert b"the disk" in await stream.receive_some()


@pytest.mark.parametrize("path", PATHS)
async def test_one_address_takes_half_of_the_seats(path: str) -> None:
    """As the program has it; the others who come find room, and each who finds none is counted."""
    tally = Tally()
    [listener] = await open_tcp_listeners(0, "127.0.0.1")
    port = listener.socket.getsockname()[1]
    gazette = Gazette(Book().feed(), "here")
    gazette._desk = Calm()  # type: ignore[assignment]  # Nothing else of it is asked for here.
    handler = routed(gazette.routes(None, tally))  # type: ignore[arg-type]  # There is a desk already.
    came: list[trio.SocketStream] = []

    async def comes(address: str) -> bytes:
        stream = await trio.open_tcp_stream("127.0.0.1", port, local_address=address)
        came.append(stream)
        await stream.send_all(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        with trio.fail_after(5):
            return bytes(await stream.receive_some())[:12]

    async with trio.open_nursery() as nursery:
        await nursery.start(partial(serve, [listener], handler, terms=TERMS))
        greedy = [await comes(GREEDY) for _ in range(STREAMS)]
        others = [await comes(OTHER) for _ in range(STREAMS // 2 + 1)]
        for stream in came:
            stream.socket.close()
        nursery.cancel_scope.cancel()
    good, full = b"HTTP/1.1 200", b"HTTP/1.1 503"
    assert greedy == [good] * (STREAMS // 2) + [full] * (STREAMS // 2)
    assert others == [good] * (STREAMS // 2) + [full]
    assert tally.freeze().counters["reactor_web_refused_total"] == {("seat",): STREAMS // 2 + 1}
