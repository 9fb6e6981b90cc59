"""Leases over HTTP, by a real socket: taken, renewed, refused, held by a connection, given up."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trio

from reactor.core.owners import Presence
from reactor.http.address import Address
from reactor.http.client import Client
from reactor.http.server import Answer, Request, sentence, serve
from reactor.http.server_unix import open_unix_listener
from reactor.owners.book import LeaseBook
from reactor.web.control import TERMS
from reactor.web.leases import LeaseDesk, with_leases

PATH = "/api/v1/leases"


@dataclass
class Desk:
    """A book behind a socket."""

    socket: Path
    book: LeaseBook
    let_go: trio.Event
    waited: int = 0

    async def written(self) -> None:
        self.waited += 1
        await trio.lowlevel.checkpoint()

    async def ask(self, method: str, target: str, body: object = None) -> tuple[int, Mapping[str, Any]]:
        sent = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = await Client(Address.unix(str(self.socket))).request(method, target, body=sent, within=5)
        return answer.status, json.loads(answer.body)

    def presence(self) -> Presence:
        return self.book.look("a", trio.current_time()).presence


@asynccontextmanager
async def running(folder: Path, most_holds: int = 2) -> AsyncIterator[Desk]:
    async def other(_: Request) -> Answer:
        await trio.lowlevel.checkpoint()
        return sentence(418, "{}")

    let_go = trio.Event()

    class Book(LeaseBook):
        """One that tells when a connection has ended."""

        def let_go(self, name: str, token: int, at: float) -> None:
            super().let_go(name, token, at)
            let_go.set()

    book = Book(lambda _: None)
    desk = Desk(folder / "c.sock", book, let_go)
    handler = with_leases(other, LeaseDesk(book, desk.written, most_holds))
    listener = await open_unix_listener(desk.socket)
    book.open(trio.current_time())
    async with trio.open_nursery() as nursery:
        await nursery.start(
            lambda task_status: serve([listener], handler, terms=TERMS, task_status=task_status)
        )
        yield desk
        nursery.cancel_scope.cancel()


async def test_a_lease_is_taken_renewed_listed_and_given_up(tmp_path: Path) -> None:
    async with running(tmp_path) as desk:
        status, lease = await desk.ask("PUT", f"{PATH}/a", {"ttl": 30, "holder": "a\x1b[31m"})
        assert (status, lease["token"], lease["state"], desk.waited) == (201, 1, "alive", 1)
        assert "\x1b" not in lease["holder"]
        assert (await desk.ask("PUT", f"{PATH}/a", {"ttl": 30}))[0] == 409
        assert (await desk.ask("PUT", f"{PATH}/a", {"ttl": 30, "token": 0}))[0] == 409
        status, lease = await desk.ask("PUT", f"{PATH}/a", {"ttl": 60, "token": 1})
        assert (status, lease["ttl"]) == (200, 60)
        assert (await desk.ask("GET", f"{PATH}/a"))[1] == lease
        assert (await desk.ask("GET", f"{PATH}/b"))[0] == 404
        status, told = await desk.ask("GET", PATH)
        assert (status, [each["name"] for each in told["leases"]]) == (200, ["a"])
        assert (await desk.ask("DELETE", f"{PATH}/a?token=0"))[0] == 409
        assert (await desk.ask("PUT", f"{PATH}/a", {"ttl": -1}))[0] == 400
        assert desk.book.statistics(trio.current_time()).events["refused"] == 3, "a mistake is not counted"
        assert desk.presence() is Presence.ALIVE
        assert (await desk.ask("DELETE", f"{PATH}/a?token=1"))[0] == 200
        assert desk.presence() is Presence.GONE
        assert (await desk.ask("GET", "/v1/status"))[0] == 418, "other paths are as before"


@pytest.mark.parametrize(
    ("method", "target", "body", "status"),
    [
        ("PUT", "/a", b"{", 400),
        ("PUT", "/a", b"[]", 400),
        ("PUT", "/a", {"ttl": "30"}, 400),
        ("PUT", "/a", {"ttl": True}, 400),
        ("PUT", "/a", {"ttl": -1}, 400),
        ("PUT", "/a", b'{"ttl": NaN}', 400),
        ("PUT", "/a", b'{"ttl": 1' + b"0" * 400 + b"}", 400),
        ("PUT", "/a", b"[" * 60_000, 400),
        ("PUT", "/a", {"ttl": 5, "token": 1.5}, 400),
        ("PUT", "/a", {"ttl": 5, "token": 1}, 404),
        ("PUT", "/a", {"ttl": 5, "more": 1}, 400),
        ("PUT", "/a/b", {"ttl": 5}, 404),
        ("PUT", "", {"ttl": 5}, 404),
        ("POST", "/a", {"ttl": 5}, 404),
        ("DELETE", "/a", None, 400),
        ("DELETE", "/a?token=1", None, 404),
    ],
)
async def test_what_cannot_be_done_is_refused_in_words(
    tmp_path: Path, method: str, target: str, body: object, status: int
) -> None:
    async with running(tmp_path) as desk:
        found, told = await desk.ask(method, PATH + target, body)
        assert found == status
        assert told["error"]
        assert desk.book.leases() == ()


async def _hold(desk: Desk, name: str) -> tuple[trio.SocketStream, bytes]:
    stream = await trio.open_unix_socket(desk.socket)
    body = b'{"ttl": 60}'
    head = f"POST {PATH}/{name}/hold HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    await stream.send_all(head.encode() + body)
    got = b""
    while b"}" not in got:
        got += await stream.receive_some()
    return stream, got


async def test_a_connection_holds_a_lease_for_as_long_as_it_is_open(tmp_path: Path) -> None:
    """And only so many do, so that there is room for orders."""
    async with running(tmp_path) as desk:
        first, got = await _hold(desk, "a")
        assert b'"token": 1' in got
        second, _ = await _hold(desk, "b")
        third, got = await _hold(desk, "c")
        assert b" 503 " in got
        assert [each.holds for each in desk.book.leases()] == [1, 1]
        assert desk.book.look("a", trio.current_time() + 900).presence is Presence.ALIVE
        await first.aclose()
        with trio.fail_after(5):
            await desk.let_go.wait()
        assert desk.presence() is Presence.ALIVE, "its time runs from the end of the connection"
        assert desk.book.look("a", trio.current_time() + 60).presence is Presence.GONE
        await second.aclose()
        await third.aclose()


async def test_a_connection_ends_when_the_lease_is_given_up_or_another_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its holder would believe to hold it otherwise; the one beside it goes on."""
    monkeypatch.setattr("reactor.web.leases.BEAT", 0.02)
    async with running(tmp_path) as desk:
        mine, _ = await _hold(desk, "a")
        theirs, _ = await _hold(desk, "b")
        assert (await desk.ask("DELETE", f"{PATH}/a?token=1"))[0] == 200
        assert (await desk.ask("PUT", f"{PATH}/a", {"ttl": 60}))[1]["token"] == 3
        with trio.fail_after(5):
            while not (await mine.receive_some()).endswith(b"0\r\n\r\n"):
                pass
            await desk.let_go.wait()
            assert await theirs.receive_some()
        assert [(each.kept.name, each.holds) for each in desk.book.leases()] == [("a", 0), ("b", 1)]
        await mine.aclose()
        await theirs.aclose()
