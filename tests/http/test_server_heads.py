"""What can be read in two ways is not read: paths, lengths, hosts, fields that stand twice."""

import pytest
import trio

from reactor.http.server import Answer, Request, Response
from tests.http.test_server import said, serving

CODED = "Transfer-Encoding: chunked\r\n"
LONG = "Content-Length: 5\r\n"


async def shown(request: Request) -> Answer:
    """Say what was understood."""
    await trio.lowlevel.checkpoint()
    fields = request.headers.get("authorization", "")
    return Response(200, f"{request.path} {dict(request.query)} {fields}".encode() + request.body)


async def answered(text: str, fields: str = "Host: h\r\n", body: bytes = b"") -> bytes:
    """All that comes of a request line, its fields and a body."""
    async with serving(shown) as port:
        return await said(port, f"{text}\r\n{fields}\r\n".encode("latin-1") + body)


@pytest.mark.parametrize(
    ("target", "understood"),
    [
        ("/x", b"/x {}"),
        ("/x?a=//b", b"/x {'a': '//b'}"),
        ("/a//b", b"/a//b {}"),
        ("/%2fx", b"//x {}"),
        ("/v1/../x", b"/v1/../x {}"),
        ("/x%23y", b"/x#y {}"),
        ("http://h/x?a=1", b"/x {'a': '1'}"),
        ("HTTP://H/x", b"/x {}"),
    ],
)
async def test_a_path_is_taken_as_it_is_written(target: str, understood: bytes) -> None:
    """Nothing is put together anew: what is checked is what is answered."""
    answer = await answered(f"GET {target} HTTP/1.1")
    assert answer.startswith(b"HTTP/1.1 200")
    assert understood in answer


@pytest.mark.parametrize(
    "target",
    [
        "//x/path", "//h/path", "///", "/\\path", "/path#/v1/kill", "path", "*", "h:443", "http:///path",
        "http://evil.example/path", "http://h", "http://h?x", "http://h@evil.example/path", "ftp://h/path",
        "http://h//x/path",
    ],
)  # fmt: skip
async def test_an_address_that_is_not_plainly_ours_is_refused(target: str) -> None:
    answer = await answered(f"GET {target} HTTP/1.1")
    assert answer.startswith(b"HTTP/1.1 400"), answer
    assert b"Connection: close" in answer


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("POST / HTTP/1.1", LONG + CODED),
        ("POST / HTTP/1.1", CODED + LONG),
        ("POST / HTTP/1.0", CODED),
        ("POST / HTTP/1.1", LONG + "Content-Length: 6\r\n"),
        ("POST / HTTP/1.1", "Content-Length: +5\r\n"),
        ("POST / HTTP/1.1", "Content-Length : 5\r\n"),
        ("GET / HTTP/1.1", "Host: other\r\n"),
        ("GET / HTTP/1.1", "X: a\rSmuggled: b\r\n"),
        ("GET / HTTP/1.1", "X: a\0b\r\n"),
        ("GET / HTTP/1.1\r\nHost: x", ""),
        ("CONNECT / HTTP/1.1", ""),
        ("connect /x HTTP/1.1", ""),
        ("CONNECT h:443 HTTP/1.1", ""),
    ],
)
async def test_a_head_that_two_programs_would_read_in_two_ways_is_refused(line: str, fields: str) -> None:
    """And nothing behind it is taken for another request."""
    smuggled = b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
    answer = await answered(line, f"Host: h\r\n{fields}", smuggled)
    assert answer.startswith(b"HTTP/1.1 400"), answer
    assert answer.count(b"HTTP/1.1") == 1
    assert b"smuggled" not in answer


async def test_an_unknown_coding_is_refused() -> None:
    answer = await answered("POST / HTTP/1.1", "Host: h\r\nTransfer-Encoding: xchunked\r\n")
    assert answer.startswith(b"HTTP/1.1 501")


async def test_a_field_that_stands_twice_counts_neither_first_nor_last() -> None:
    fields = "Host: h\r\nAuthorization: one\r\nAuthorization: two\r\n"
    assert (await answered("GET / HTTP/1.1", fields)).endswith(b"/ {} one, two")


async def test_what_is_coded_alone_is_read() -> None:
    answer = await answered("POST / HTTP/1.1", f"Host: h\r\n{CODED}", b"2\r\nok\r\n0\r\n\r\n")
    assert answer.endswith(b"/ {} ok")
