"""What an attacker tries over real sockets, and that nothing of it is told, done, or left behind.

Behind the door is a page that must not be told and an order that must not be carried out. Somebody who may
is let in before each attack and after it.
"""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import trio

from reactor.http.server import Terms
from reactor.web.routes import TERMS
from tests.access.papers import Papers
from tests.access.scene import CHANGE, READ, RIGHT, WRONG, Scene, basic, scene
from tests.access.test_matrix import FILES, written

HOST = "Host: localhost\r\n"
JSON = "Content-Type: application/json\r\n"
ADA = f"Authorization: {basic(RIGHT)['Authorization']}\r\n"
BOB = f"Authorization: {basic(WRONG)['Authorization']}\r\n"
QUICK = replace(TERMS, idle_within=0.1, read_within=0.5, send_within=0.2)


def coded(text: bytes) -> str:
    """A header with this in the place of NAME:PASSWORD."""
    return f"Authorization: Basic {base64.b64encode(text).decode()}\r\n"


@dataclass
class Target:
    """Who is attacked, with TLS or without."""

    there: Scene
    papers: Papers | None

    async def opened(self, certificate: str = "") -> trio.abc.Stream:
        """A connection, with TLS where it is spoken."""
        stream = await trio.open_tcp_stream("127.0.0.1", self.there.port)
        if self.papers is None:
            return stream
        context = self.papers.client(certificate)
        return trio.SSLStream(stream, context, server_hostname="localhost", https_compatible=True)

    async def says(self, *pieces: str | bytes, certificate: str = "") -> bytes:
        """All that is answered until the other side closes."""
        stream, answer = await self.opened(certificate), b""
        with trio.fail_after(10):
            with suppress(trio.BrokenResourceError):
                for piece in pieces:
                    await stream.send_all(piece.encode("latin-1") if isinstance(piece, str) else piece)
            with suppress(trio.BrokenResourceError):
                while data := await stream.receive_some():
                    answer += data
        await trio.aclose_forcefully(stream)
        return answer


@asynccontextmanager
async def attacked(name: str, folder: Path, papers: Papers, terms: Terms = QUICK) -> AsyncIterator[Target]:
    """A front that asks for what this file asks for: those who may come in all the time."""
    file, given = written(folder, papers, name), papers if "tls_" in FILES[name] else None
    async with scene(file, papers=given, terms=terms, handshake=0.5) as there:
        certificate = "client" if "certificate" in name else ""
        assert await there.status(user=RIGHT, certificate=certificate) == 200
        yield Target(there, given)
        assert await there.status(user=RIGHT, certificate=certificate) == 200
        assert there.changed == 0
        assert there.tally.freeze().counters["reactor_web_defects_total"] == {(): 0}


@pytest.mark.parametrize("name", ["password", "tls+password"])
async def test_no_other_words_are_taken_for_a_password(name: str, papers: Papers, tmp_path: Path) -> None:
    """Missing, cut, doubled, oversized, of another scheme, with zero bytes or line ends in it."""
    headers = (
        "", "Authorization:\r\n", "Authorization: Basic\r\n", "Authorization: Basic !!!!\r\n",
        ADA.replace("Basic", "Bearer"), ADA.replace("Basic ", "Basic"), f"{ADA[:-3]}\r\n",
        ADA + BOB, BOB + ADA, ADA + ADA,
        coded(b""), coded(b"ada"), coded(b":open sesame"), coded(b"ada:"), coded(b"ada\0:open sesame"),
        coded(b"ada:open sesame\0"), coded(b"ada:open sesame\r\n"), coded(b"ADA:open sesame"),
        coded(b"\xff\xfe:open sesame"), coded(b"ada:" + b"x" * 9000), coded(b"a" * 9000 + b":open sesame"),
        ADA.replace("Authorization", "Proxy-Authorization"), ADA.replace("Authorization", "X-Authorization"),
    )  # fmt: skip
    async with attacked(name, tmp_path, papers) as target:
        for number, header in enumerate(headers):
            # One of them for each: so many handshakes at once are allowed, and no more.
            what = (f"GET {READ}", f"POST {CHANGE}")[number % 2]
            answer = await target.says(f"{what} HTTP/1.1\r\n{HOST}{JSON}{header}\r\n")
            # Whoever was wrong too often waits; nobody is told more than that.
            assert answer[9:12] in {b"401", b"429"}, (header, answer)
            assert answer.count(b"HTTP/1.1") == 1
            assert b"told" not in answer
        assert (await target.says(f"GET {READ} HTTP/1.1\r\n{HOST}Authorization:  {ADA[15:]}\r\n"))[
            9:12
        ] == b"200"


async def test_a_password_that_is_larger_than_a_head_may_be_is_not_even_looked_at(
    papers: Papers, tmp_path: Path
) -> None:
    async with attacked("password", tmp_path, papers) as target:
        for header in (coded(b"ada:" + b"x" * 100_000), "X: y\r\n" * 20_000, f"X: {'y' * 100_000}\r\n"):
            answer = await target.says(f"GET {READ} HTTP/1.1\r\n{HOST}{header}\r\n")
            assert answer[9:12] in {b"431", b"400", b""}, answer


TARGETS = (
    "//v1/hold", "/%2fv1/hold", "/v1%2fhold", "/V1/hold", "/x/../v1/hold", "/./v1/hold", "/v1/hold/",
    "/metrics/../v1/hold", "/v1/hold%00", "/v1/hold;x", "/v1/hold%20", "/v1/hold?", "/v1/hold%3f", "/v1/h#",
    "/\\v1/hold", "http://localhost/v1/hold", "http://evil.example/v1/hold", "/%76%31/hold", "/-/reload",
    "/-%2freload", "/api/v1/leases/a", "/api/v1/leases%2fa", "/v1/hold%0d%0aX:%20y", "/%2e%2e/v1/hold", "*",
)  # fmt: skip
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "post", "OPTIONS", "TRACE", "CONNECT", "QUERY")


async def test_no_path_and_no_method_leads_around_the_door(papers: Papers, tmp_path: Path) -> None:
    """Without a password all is 401, but for what cannot be read; where orders are off, they are for all."""
    async with attacked("password", tmp_path, papers) as target, scene(orders=False) as closed:
        for each in TARGETS:
            for method in METHODS:
                ask = f"{method} {each} HTTP/1.1\r\n{HOST}{JSON}Connection: close\r\n\r\n"
                answer = await target.says(ask)
                assert answer[9:12] in {b"401", b"400"}, (method, each, answer)
                assert b"\r\nX: y" not in answer
                await Target(closed, None).says(ask)
        assert closed.changed == 0


async def test_nothing_is_smuggled_past_the_door(papers: Papers, tmp_path: Path) -> None:
    """A request in the body of another is no request; one behind it is asked for a password of its own."""
    inner = f"POST {CHANGE} HTTP/1.1\r\n{HOST}{JSON}Content-Length: 0\r\n\r\n"
    outer = f"GET {READ} HTTP/1.1\r\n{HOST}{ADA}"
    coded_body = f"{len(inner):x}\r\n{inner}\r\n0\r\n\r\n"
    attempts = (
        f"{outer}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n{coded_body}",
        f"{outer}Transfer-Encoding: chunked\r\nContent-Length: {len(coded_body)}\r\n\r\n0\r\n\r\n{inner}",
        f"{outer}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n{inner}",
        f"{outer}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{inner}",
        f"{outer}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{inner}",
        f"{outer}Content-Length: 0\r\nContent-Length: {len(inner)}\r\n\r\n{inner}",
        f"{outer}Content-Length: {len(inner)}\r\n\r\n{inner}",
        f"{outer}Transfer-Encoding: chunked\r\n\r\n{coded_body}",
        f"{outer}\r\n{inner}",
        f"{outer}X: a\rPOST {CHANGE} HTTP/1.1\r\n\r\n",
        f"{outer}X: a\n\n{inner}",
    )
    async with attacked("password", tmp_path, papers) as target:
        for attempt in attempts:
            answer = await target.says(attempt)
            assert b"done" not in answer, attempt
            assert answer.count(b"HTTP/1.1 200") <= 1, attempt


@pytest.mark.parametrize("name", ["password", "tls+password"])
async def test_who_drips_or_says_nothing_is_cut_and_holds_up_nobody(
    name: str, papers: Papers, tmp_path: Path
) -> None:
    """As many as may connect from one address, silent or with a head that never ends; then others come in."""
    terms = replace(QUICK, connections=30, each=20)
    async with attacked(name, tmp_path, papers, terms) as target:
        silent = [await trio.open_tcp_stream("127.0.0.1", target.there.port) for _ in range(25)]
        with trio.fail_after(10):
            for number, stream in enumerate(silent):
                with suppress(trio.BrokenResourceError):
                    if number % 2:
                        await stream.send_all(
                            b"\x16\x03\x01" if name != "password" else b"GET / HTTP/1.1\r\nX: "
                        )
            for stream in silent:
                with suppress(trio.BrokenResourceError):
                    while await stream.receive_some():
                        pass
                await stream.aclose()


async def test_a_reader_who_takes_nothing_is_cut(papers: Papers, tmp_path: Path) -> None:
    """Requests without end on one connection, of which no answer is read: neither memory nor time is his."""
    async with attacked("password", tmp_path, papers) as target:
        stream = await target.opened()
        ask = f"GET {READ} HTTP/1.1\r\n{HOST}{ADA}\r\n".encode() * 200
        with trio.fail_after(20), suppress(trio.BrokenResourceError):
            while True:
                await stream.send_all(ask)
        await trio.aclose_forcefully(stream)


@pytest.mark.parametrize("certificate", ["", "stranger", "expired"])
async def test_without_the_right_certificate_not_a_byte_is_answered(
    certificate: str, papers: Papers, tmp_path: Path
) -> None:
    """Not even what is wrong with a request, and whatever password is shown."""
    async with attacked("certificate+password", tmp_path, papers) as target:
        for ask in (
            f"GET {READ} HTTP/1.1\r\n{HOST}{ADA}\r\n",
            f"POST {CHANGE} HTTP/1.1\r\n{HOST}{JSON}{ADA}\r\n",
            "X\r\n\r\n",
        ):
            assert await target.says(ask, certificate=certificate) == b""


async def test_an_answer_has_no_header_of_somebody_elses(papers: Papers, tmp_path: Path) -> None:
    """Line ends in a path, a query, a name: they come back in no header."""
    async with attacked("password", tmp_path, papers) as target:
        for text in (
            "%0d%0aSet-Cookie:%20a=b",
            "%0aSet-Cookie:%20a=b",
            "%E5%98%8D%E5%98%8ASet-Cookie:%20a=b",
        ):
            for header in (ADA, coded(b"ada\r\nSet-Cookie: a=b:x")):
                answer = await target.says(f"GET /{text}?{text}={text} HTTP/1.1\r\n{HOST}{header}\r\n")
                assert b"set-cookie" not in answer.partition(b"\r\n\r\n")[0].lower()
