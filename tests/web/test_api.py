"""The interface for runners: pages, a stream that goes on where it broke off, tokens, slow readers."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from reactor.http.address import Address
from reactor.http.client import Client
from reactor.http.server import Terms, serve
from reactor.http.server_listeners import open_tcp_listeners
from reactor.http.server_routes import routed
from reactor.web import api as api_module
from reactor.web.api import Batch, Feed, api, guarded
from reactor.web.control import Refused
from reactor.web.seats import Seats

TOKEN = b"a-token-of-some-length"


class Book:
    """A feed of which only the entries are there."""

    def __init__(self, entries: int = 0) -> None:
        self.entries = [self._entry(n) for n in range(1, entries + 1)]
        self.came = trio.Event()
        self.lost = False

    def _entry(self, n: int, **more: object) -> Mapping[str, Any]:
        return {"cursor": f"c-{n}", "name": "a\nid: c-99\n\n", **more}

    def add(self, **more: object) -> None:
        self.entries.append(self._entry(len(self.entries) + 1, **more))
        self.came.set()
        self.came = trio.Event()

    async def page(self, since: str, limit: int) -> Batch:
        if since == "old" or self.lost:
            raise Refused(410, {"error": "gone", "oldest": "c-0"})
        after = len(self.entries) if since == "now" else int(since.removeprefix("c-") or 0)
        found = tuple(self.entries[after : after + limit])
        return Batch(found, f"c-{after + len(found)}")

    async def more(self, since: str, within: float) -> Batch:
        batch = await self.page(since, 100)
        if not batch.entries:
            with trio.move_on_after(within):
                await self.came.wait()
            batch = await self.page(since, 100)
        return batch

    async def certificate(self, wanted: str) -> Mapping[str, Any]:
        if wanted != "ab":
            raise Refused(404, {"error": "none"})
        return {"id": wanted}

    def feed(self) -> Feed:
        return Feed(self.page, self.more, self.certificate)


@asynccontextmanager
async def served(book: Book, *, terms: Terms | None = None, streams: int = 2) -> AsyncIterator[int]:
    [listener] = await open_tcp_listeners(0)
    handler = guarded(routed(api(book.feed(), Seats(streams))), TOKEN)
    async with trio.open_nursery() as nursery:
        await nursery.start(
            lambda task_status: serve([listener], handler, terms=terms or Terms(), task_status=task_status)
        )
        yield listener.socket.getsockname()[1]
        nursery.cancel_scope.cancel()


async def ask(port: int, target: str, token: bytes = TOKEN) -> tuple[int, Any]:
    client = Client(Address.tcp("127.0.0.1", port))
    headers = {"Authorization": f"Bearer {token.decode()}"} if token else {}
    answer = await client.request("GET", target, within=5, headers=headers)
    return answer.status, json.loads(answer.body)


@asynccontextmanager
async def listening(port: int, last: str = "") -> AsyncIterator[Callable[[str], Any]]:
    """A stream, read until what it sent so far has a text in it."""
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    seen = bytearray()

    async def until(text: str) -> str:
        wanted, looked = text.encode(), 0
        with trio.fail_after(10):
            # Only what is new is looked at: a slow reader would be cut.
            while seen.find(wanted, max(0, looked - len(wanted))) < 0:
                looked = len(seen)
                data = await stream.receive_some()
                assert data, f"it ended: {seen.decode()}"
                seen.extend(data)
        return seen.decode()

    async with stream:
        again = f"Last-Event-ID: {last}\r\n" if last else ""
        head = (
            f"GET /api/v1/decisions/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN.decode()}\r\n"
        )
        await stream.send_all(f"{head}{again}\r\n".encode())
        yield until


async def test_pages_go_on_behind_their_cursor() -> None:
    async with served(Book(3)) as port:
        status, told = await ask(port, "/api/v1/decisions?limit=2")
        assert (status, [each["cursor"] for each in told["decisions"]]) == (200, ["c-1", "c-2"])
        _, told = await ask(port, f"/api/v1/decisions?since={told['cursor']}")
        assert ([each["cursor"] for each in told["decisions"]], told["cursor"]) == (["c-3"], "c-3")
        assert (await ask(port, "/api/v1/decisions?since=old"))[0] == 410
        assert (await ask(port, "/api/v1/decisions/ab")) == (200, {"id": "ab"})
        assert (await ask(port, "/api/v1/decisions/cd"))[0] == 404


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", "", "1" * 30])
async def test_a_limit_has_its_bounds(limit: str) -> None:
    async with served(Book(3)) as port:
        assert (await ask(port, f"/api/v1/decisions?limit={limit}"))[0] == 400


@pytest.mark.parametrize("token", [b"", b"wrong", TOKEN + b"x", TOKEN[:-1]])
async def test_nothing_is_told_without_the_token(token: bytes) -> None:
    async with served(Book(3)) as port:
        for target in ("/api/v1/decisions", "/api/v1/decisions/ab", "/api/v1/decisions/stream"):
            status, told = await ask(port, target, token)
            assert status == 401
            assert "decisions" not in told


async def test_the_stream_tells_what_comes_and_goes_on_where_it_broke_off() -> None:
    book = Book(2)
    async with served(book) as port:
        async with listening(port) as until:
            assert "id: c-2\nevent: hello" in await until("hello")
            book.add()
            seen = await until("id: c-3\nevent: decision")
            assert "id: c-1\n" not in seen
            assert "\nid: c-99" not in seen, "a name with line ends begins no line"
        book.add()
        book.add()
        async with listening(port, "c-3") as until:
            seen = await until("id: c-5\n")
            assert "id: c-4\n" in seen
            assert "id: c-3\n" not in seen


async def test_a_heartbeat_comes_when_nothing_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_module, "HEARTBEAT", 0.05)
    async with served(Book()) as port, listening(port) as until:
        await until(": nothing new\n\n")


async def test_a_stream_ends_when_its_cursor_is_worth_nothing_any_more() -> None:
    book = Book()
    async with served(book) as port, listening(port) as until:
        await until("hello")
        book.lost = True
        book.add()
        assert "event: decision" not in await until("0\r\n\r\n")


async def test_there_are_only_so_many_streams_and_a_reader_who_goes_leaves_his_seat() -> None:
    book = Book()
    async with served(book, streams=1) as port:
        async with listening(port) as until:
            await until("hello")
            assert (await ask(port, "/api/v1/decisions/stream"))[0] == 503
            assert (await ask(port, "/api/v1/decisions"))[0] == 200
        with trio.fail_after(5):
            while (await ask_head(port)) != 200:
                await trio.lowlevel.checkpoint()


async def ask_head(port: int) -> int:
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream:
        head = (
            f"GET /api/v1/decisions/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN.decode()}\r\n"
        )
        await stream.send_all(f"{head}\r\n".encode())
        return int((await stream.receive_some(12))[9:12])


async def test_a_reader_who_does_not_read_is_cut_and_holds_up_nobody(mock_clock: MockClock) -> None:
    """The clock all but stands until whoever reads has read: on a busy machine that may take longer than
    a reader has.
    """
    mock_clock.rate = 0.01
    book = Book()
    async with (
        served(book, terms=Terms(send_within=0.3), streams=2) as port,
        listening(port) as until,
        listening(port) as idle,
    ):
        await until("hello")
        await idle("hello")
        for _ in range(40):
            book.add(much="x" * 500_000)
        assert "id: c-40\n" in await until("id: c-40\n")
        assert await ask_head(port) == 503, "both have their places"
        mock_clock.rate = 1
        mock_clock.jump(0.3)
        with trio.fail_after(10):
            while (await ask_head(port)) != 200:
                await trio.lowlevel.checkpoint()
