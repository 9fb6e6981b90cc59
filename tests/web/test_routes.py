"""What the monitor answers over HTTP, asked by clients that are not ours, on a real socket."""

import http.client
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import trio
from prometheus_client.parser import text_string_to_metric_families

from reactor.observe.scraping import Scraper
from reactor.observe.snapshot import Captured
from reactor.web.listen import Listen, open_listeners
from reactor.web.routes import TERMS, serve_web, site
from tests.observe.build import captured, reading


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Running:
    """A web room that answers, and what the test can change about it."""

    port: int = 0
    reason: str = ""
    containers: list[int] = field(default_factory=lambda: [1, 2])

    async def ask(self, path: str, method: str = "GET") -> Reply:
        """One request by the standard library's client, in a thread."""
        return await trio.to_thread.run_sync(self._ask, path, method)

    def _ask(self, path: str, method: str) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path)
            reply = connection.getresponse()
            return Reply(
                reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()
            )
        finally:
            connection.close()

    def capture(self) -> Captured:
        """The numbers of this moment."""
        return captured(*map(reading, self.containers))


@asynccontextmanager
async def running() -> AsyncIterator[Running]:
    """The web room on a free port of loopback."""
    state = Running()
    handler = site(Scraper(lambda: state.capture), lambda: state.reason, "0.1.0")
    listeners = await open_listeners(Listen("127.0.0.1", 0))
    state.port = listeners[0].socket.getsockname()[1]
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_web, listeners, handler)
        yield state
        nursery.cancel_scope.cancel()


async def test_metrics_are_served_in_the_classic_format() -> None:
    """Prometheus' own parser reads them; a container that is gone is gone from the next scrape on."""
    async with running() as web:
        first = await web.ask("/metrics")
        web.containers = [2]
        second = await web.ask("/metrics")
    assert first.status == 200
    assert first.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert first.headers["content-length"] == str(len(first.body))
    threads = [
        len(family.samples)
        for reply in (first, second)
        for family in text_string_to_metric_families(reply.body.decode())
        if family.name == "container_threads"
    ]
    assert threads == [2, 1]


async def test_ready_says_why_not() -> None:
    """503 and the reason until there is none; healthy all the while."""
    async with running() as web:
        web.reason = "the engine's containers have not been listed yet"
        early = await web.ask("/-/ready")
        healthy = await web.ask("/-/healthy")
        web.reason = ""
        later = await web.ask("/-/ready")
    assert (early.status, early.body) == (
        503,
        b"Not ready: the engine's containers have not been listed yet\n",
    )
    assert (healthy.status, healthy.body) == (200, b"Healthy.\n")
    assert (later.status, later.body) == (200, b"Ready.\n")


async def test_a_reason_in_an_engines_words_is_defused() -> None:
    """One line, printable, not long, and nothing that a browser would run."""
    async with running() as web:
        web.reason = "the engine says <script>\n\x1b[31m\ud800" + "x" * 10_000
        reply = await web.ask("/-/ready")
    text = reply.body.decode()
    assert text.startswith("Not ready: the engine says <script>\\n\\x1b[31m\\ud800xx")
    assert len(text) < 600
    assert text.rstrip("\n").isprintable()
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.headers["x-content-type-options"] == "nosniff"


async def test_the_index_names_all_the_rest() -> None:
    """Whoever opens the address in a browser finds the way, and each path that is named is there."""
    async with running() as web:
        index = await web.ask("/")
        paths = [line.split()[0] for line in index.body.decode().splitlines() if line.startswith("/")]
        statuses = [(await web.ask(path)).status for path in paths]
    assert index.status == 200
    assert b"reactor 0.1.0" in index.body
    assert paths == ["/metrics", "/-/healthy", "/-/ready"]
    assert statuses == [200, 200, 200]


@pytest.mark.parametrize("path", ["/", "/metrics", "/-/healthy", "/-/ready"])
async def test_head_is_get_without_a_body(path: str) -> None:
    """The same status and type, and nothing after it."""
    async with running() as web:
        get, head = await web.ask(path), await web.ask(path, "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    assert int(head.headers["content-length"]) > 0


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_nothing_can_be_told_to_do_anything(method: str) -> None:
    """No other method is taken, anywhere."""
    async with running() as web:
        for path in ("/", "/metrics", "/-/healthy", "/-/ready"):
            reply = await web.ask(path, method)
            assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/metrics/", "/nowhere", "/-/reload", "/%2e%2e/etc/passwd", "/%2fmetrics"])
async def test_other_paths_are_not_there(path: str) -> None:
    """There is nothing else, and no file behind it."""
    async with running() as web:
        assert (await web.ask(path)).status == 404


async def test_a_query_does_not_matter() -> None:
    """Some scrapers add one."""
    async with running() as web:
        assert (await web.ask("/-/ready?at=now")).status == 200


async def test_silent_clients_do_not_keep_a_scraper_out() -> None:
    """As long as there is one place left, whoever asks is answered at once."""
    async with running() as web, trio.open_nursery() as nursery:
        # From one address there may be fewer, so the others come from another.
        where = ["127.0.0.1"] * (TERMS.each - 1) + ["127.0.0.2"] * (TERMS.connections - TERMS.each)
        silent = [await trio.open_tcp_stream("127.0.0.1", web.port, local_address=each) for each in where]
        assert (await web.ask("/-/healthy")).status == 200
        for stream in silent:
            nursery.start_soon(stream.aclose)


async def test_it_ends_at_once_when_it_is_cancelled() -> None:
    """A client in the middle of its request does not hold the monitor up."""
    with trio.fail_after(5):
        async with running() as web:
            stream = await trio.open_tcp_stream("127.0.0.1", web.port)
            await stream.send_all(b"GET /metrics HTTP/1.1\r\n")
        await stream.aclose()
