"""What was let in and goes on: a stream ends with that by which it was let in, and nobody else's does."""

import json
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import trio

from reactor.access.keeping import KeptAccess
from reactor.app.counters import for_runners, serve_runners
from reactor.app.front import Front
from reactor.app.settings import WebTerms
from reactor.http.server import Answer, Request, StreamingResponse, Writer
from reactor.http.server_listeners import open_tcp_listeners
from reactor.owners.book import LeaseBook
from reactor.web.api import Batch, Feed
from reactor.web.leases import LeaseDesk
from tests.access.papers import Papers
from tests.access.scene import HASH, RIGHT, Scene, basic, scene
from tests.access.test_keeping import OTHER, says

SOON = 5.0
"""Seconds within which a stream has to be over on a busy machine."""
PAIR = {"cert_file": "server.pem", "key_file": "server-key.pem"}
ASKED = {"client_ca_file": "ca.pem", "client_auth_type": "RequireAndVerifyClientCert"}
ADA, KIM = {"ada": HASH}, {"kim": HASH}
AS_KIM = "kim:open sesame"
TOKEN = b"a-token-of-some-length"


async def words(_: Request) -> Answer:
    """A stream that says a word now and then, for ever."""

    async def body(writer: Writer) -> None:
        while True:
            await writer.send(b"word")
            await trio.sleep(0.02)

    return StreamingResponse(body)


def written(folder: Path, papers: Papers, text: Mapping[str, object]) -> Path:
    """A file with this in it, beside all certificates."""
    for each in papers.folder.glob("*.pem"):
        shutil.copy(each, folder)
    says(folder / "web.yaml", json.dumps(text))
    return folder / "web.yaml"


class Listener:
    """Somebody who listens to a stream."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream

    async def goes_on(self) -> bool:
        """Whether words come that were not yet there."""
        with trio.fail_after(SOON):
            for _ in range(5):
                if not await self._stream.receive_some():
                    return False
        return True

    async def ended(self) -> bytes:
        """Wait for its end, and give the last that came."""
        last = b""
        with trio.fail_after(SOON), suppress(trio.BrokenResourceError):
            while data := await self._stream.receive_some():
                last = bytes(data)
        return last


class Audience:
    """Those who listen, all of whom go at the end. ``papers`` are there if TLS is spoken."""

    def __init__(self, port: int, papers: Papers | None = None) -> None:
        self._port = port
        self._papers = papers
        self._streams: list[trio.abc.Stream] = []

    async def asked(self, ask: str, header: Mapping[str, str], certificate: str = "") -> trio.abc.Stream:
        """Ask on a connection of its own."""
        stream: trio.abc.Stream = await trio.open_tcp_stream("127.0.0.1", self._port)
        if self._papers is not None:
            context = self._papers.client(certificate)
            stream = trio.SSLStream(stream, context, server_hostname="localhost", https_compatible=True)
        self._streams.append(stream)
        fields = {"Host": "localhost", "Content-Type": "application/json", **header}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        await stream.send_all(f"{ask} HTTP/1.1\r\n{head}\r\n".encode())
        return stream

    async def listens(self, user: str = "", certificate: str = "", ask: str = "GET /") -> Listener:
        """Begin to listen, as whom."""
        stream, seen = await self.asked(ask, basic(user), certificate), b""
        while b"word" not in seen:
            data = await stream.receive_some()
            assert data, seen
            seen += data
        assert seen.startswith(b"HTTP/1.1 200")
        return Listener(stream)

    async def go(self) -> None:
        """All of them."""
        for each in self._streams:
            await trio.aclose_forcefully(each)


@asynccontextmanager
async def audience(port: int, papers: Papers | None = None) -> AsyncIterator[Audience]:
    """Those who listen, while this lasts."""
    there = Audience(port, papers)
    try:
        yield there
    finally:
        await there.go()


@asynccontextmanager
async def hall(
    file: Path, papers: Papers | None = None, *, local: bool = True
) -> AsyncIterator[tuple[Scene, Audience]]:
    """A front behind which a stream is told for ever, and who listens to it."""
    async with (
        scene(file, papers=papers, local=local, every=0.02, site=words) as there,
        audience(there.port, papers) as who,
    ):
        yield there, who


@pytest.mark.parametrize(
    "users",
    [KIM, {"ada": OTHER, **KIM}],
    ids=["the user is gone", "another password"],
)
async def test_a_stream_ends_with_its_password_and_its_neighbours_does_not(
    users: dict[str, str], tmp_path: Path, papers: Papers
) -> None:
    file = written(tmp_path, papers, {"basic_auth_users": {**ADA, **KIM}})
    async with hall(file) as (there, who):
        ada, kim = await who.listens(RIGHT), await who.listens(AS_KIM)
        written(tmp_path, papers, {"basic_auth_users": users})
        assert not (await ada.ended()).endswith(b"0\r\n\r\n"), "nobody takes it for complete"
        assert await kim.goes_on()
        assert there.tally.freeze().counters["reactor_web_refused_total"] == {("withdrawn",): 1}


@pytest.mark.parametrize(
    "now",
    [{"basic_auth_users": ADA}, {"tls_server_config": PAIR}],
    ids=["a password is asked for", "TLS is spoken"],
)
async def test_a_stream_from_before_ends_when_more_is_asked_for(
    now: dict[str, object], tmp_path: Path, papers: Papers
) -> None:
    file = written(tmp_path, papers, {})
    async with hall(file) as (_, who):
        listener = await who.listens()
        written(tmp_path, papers, now)
        await listener.ended()


async def test_a_change_that_takes_nothing_from_it_leaves_a_stream_alone(
    tmp_path: Path, papers: Papers
) -> None:
    """Neither do a mistake in the file, another header, less that is asked for, or a file that is gone."""
    users = {"basic_auth_users": ADA}
    headers = {"http_server_config": {"headers": {"X-Frame-Options": "deny"}}}
    file = written(tmp_path, papers, users)
    async with hall(file) as (there, who):
        ada = await who.listens(RIGHT)
        for text in ({**users, **headers}, {"basic_auth_users": {"ada": "nonsense"}}, users, {}, None):
            before = there.access.statistics()
            if text is None:
                file.unlink()
            else:
                written(tmp_path, papers, dict(text))
            with trio.fail_after(SOON):
                while there.access.statistics() == before:
                    await trio.lowlevel.checkpoint()
            assert await ada.goes_on()
        assert not there.tally.freeze().counters["reactor_web_refused_total"]


async def test_a_stream_and_a_connection_end_with_the_authority_of_their_certificate(
    tmp_path: Path, papers: Papers
) -> None:
    """One more authority takes nothing away; another one in its place does."""
    file = written(tmp_path, papers, {"tls_server_config": {**PAIR, **ASKED}})
    async with hall(file, papers) as (there, who):
        client = await who.listens(certificate="client")
        both = (papers.folder / "ca.pem").read_bytes() + (papers.folder / "other.pem").read_bytes()
        (tmp_path / "ca.pem").write_bytes(both)
        with trio.fail_after(SOON):
            while len(there.access.last.authorities) < 2:
                await trio.lowlevel.checkpoint()
        stranger = await who.listens(certificate="stranger")
        assert await client.goes_on()
        shutil.copy(papers.folder / "other.pem", tmp_path / "ca.pem")
        await client.ended()
        assert await there.status(certificate="client") == "refused"
        again = await who.listens(certificate="stranger")
        assert await again.goes_on()
        # Whoever was believed by both is not known apart from who was believed by one.
        await stranger.ended()


async def test_an_order_that_goes_on_ends_when_orders_are_not_safe_any_more(
    tmp_path: Path, papers: Papers
) -> None:
    """Such as a lease that a connection holds: without a password nobody changes anything from elsewhere."""
    file = written(tmp_path, papers, {"tls_server_config": PAIR, "basic_auth_users": ADA})
    async with hall(file, papers, local=False) as (there, who):
        there.front.take_orders(words)
        reads = await who.listens(RIGHT)
        holds = await who.listens(RIGHT, ask="POST /api/v1/leases/a/hold")
        written(tmp_path, papers, {"tls_server_config": PAIR})
        await holds.ended()
        assert await reads.goes_on()


@asynccontextmanager
async def runners(file: Path, book: LeaseBook) -> AsyncIterator[int]:
    """The listener of runners, which asks for a certificate and the token."""

    async def page(_since: str, _limit: int) -> Batch:
        return Batch((), "c-0")

    async def more(_since: str, _within: float) -> Batch:
        await trio.sleep(0.02)
        return Batch((), "c-0")

    async def none(_: str) -> dict[str, str]:
        return {}

    async def at_once() -> None:
        """Nothing is written."""

    front = Front(KeptAccess(file, KeptAccess.open(file).last, 0.05), WebTerms(file), local=False)
    listeners = await open_tcp_listeners(0)
    handler = for_runners(Feed(page, more, none), LeaseDesk(book, at_once), TOKEN)
    book.open(trio.current_time())
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_runners, listeners, front.before_runners(handler), front.security)
        yield listeners[0].socket.getsockname()[1]
        nursery.cancel_scope.cancel()


async def test_runners_over_tcp_lose_their_streams_and_leases_with_their_authority(
    tmp_path: Path, papers: Papers
) -> None:
    """A lease that was held by such a connection has its time from then on."""
    file = written(tmp_path, papers, {"tls_server_config": {**PAIR, **ASKED}, "basic_auth_users": ADA})
    book = LeaseBook(lambda _: None)

    header = {"Authorization": f"Bearer {TOKEN.decode()}"}
    async with runners(file, book) as port, audience(port, papers) as who:
        news = await who.asked("GET /api/v1/decisions/stream", header, "client")
        assert (await news.receive_some()).startswith(b"HTTP/1.1 200"), "by the token, without a password"
        hold = await who.asked("POST /api/v1/leases/a/hold", header, "client")
        said = b""
        while b'"token"' not in said:
            data = await hold.receive_some()
            assert data, said
            said += data
        assert [each.holds for each in book.leases()] == [1]
        shutil.copy(papers.folder / "other.pem", tmp_path / "ca.pem")
        await Listener(hold).ended()
        await Listener(news).ended()
        with trio.fail_after(SOON):
            while [each.holds for each in book.leases()] != [0]:
                await trio.lowlevel.checkpoint()
