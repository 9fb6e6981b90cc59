"""The small server: its bounds, its deadlines and what becomes of clients that misbehave."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from http.client import HTTPConnection

import pytest
import trio
from trio.testing import MockClock

from reactor.http.server import (
    Aborted,
    Answer,
    Handler,
    Request,
    Response,
    StreamingResponse,
    Takeover,
    Terms,
    Writer,
    sentence,
    serve,
)
from reactor.http.server_listeners import AddressTaken, CannotListen, open_tcp_listeners
from reactor.http.server_routes import routed


async def hello(request: Request) -> Answer:
    """Say what was asked."""
    return Response(200, f"{request.method} {request.path} {dict(request.query)}".encode() + request.body)


@asynccontextmanager
async def serving(handler: Handler, terms: Terms | None = None) -> AsyncIterator[int]:
    """Serve on a free loopback port and give its number."""
    async with trio.open_nursery() as nursery:
        listeners = await open_tcp_listeners(0)
        await nursery.start(partial(serve, listeners, handler, terms=terms))
        yield listeners[0].socket.getsockname()[1]
        nursery.cancel_scope.cancel()


async def said(port: int, *pieces: bytes, end: bool = True) -> bytes:
    """Send pieces, then read until the server closes."""
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream:
        for piece in pieces:
            await stream.send_all(piece)
        if end:
            await stream.send_eof()
        return b"".join([bytes(data) async for data in stream])


GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


async def test_a_request_is_read_and_answered() -> None:
    async with serving(hello) as port:
        answer = await said(
            port, b"POST /a%20b?x=1&y=%2f&z HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"
        )
    head, _, body = answer.partition(b"\r\n\r\n")
    assert body == b"POST /a b {'x': '1', 'y': '/', 'z': ''}body"
    assert head.splitlines() == [
        b"HTTP/1.1 200 ",
        b"Content-Length: 43",
        b"Content-Type: text/plain; charset=utf-8",
    ]


async def test_a_standard_client_keeps_its_connection() -> None:
    def ask_twice(port: int) -> list[bytes]:
        client = HTTPConnection("127.0.0.1", port, timeout=5)
        answers = []
        for path in ("/one", "/two"):
            client.request("GET", path)
            answers.append(client.getresponse().read())
            own = client.sock.getsockname()
            ports.add(own)
        client.close()
        return answers

    ports: set[object] = set()
    async with serving(hello) as port:
        assert await trio.to_thread.run_sync(ask_twice, port) == [b"GET /one {}", b"GET /two {}"]
    assert len(ports) == 1


async def test_keep_alive_can_be_declined() -> None:
    async with serving(hello, Terms(idle_within=0)) as port:
        answer = await said(port, GET + GET, end=False)
    assert answer.count(b"HTTP/1.1 200") == 1
    assert b"Connection: close" in answer


async def test_requests_sent_ahead_are_answered_in_turn() -> None:
    async with serving(hello) as port:
        assert (await said(port, GET + GET + GET)).count(b"HTTP/1.1 200") == 3


async def test_an_idle_connection_is_closed() -> None:
    async with serving(hello, Terms(idle_within=0.05)) as port:
        with trio.fail_after(5):
            assert (await said(port, GET, end=False)).count(b"200") == 1


async def test_head_gets_the_length_and_no_body() -> None:
    async with serving(hello) as port:
        answer = await said(port, b"HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n")
    assert b"Content-Length: 10\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


async def test_head_of_a_stream_runs_no_body() -> None:
    async def never(writer: Writer) -> None:
        raise AssertionError("a HEAD has no body")

    async def handler(request: Request) -> Answer:
        return StreamingResponse(never)

    async with serving(handler) as port:
        assert (await said(port, b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")).endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"NONSENSE\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET http://[ HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"GET /?" + b"a&" * 200 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 20_000, 431),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n", 413),
        (
            b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"10000\r\n" + b"x" * 65536 + b"\r\n" * 1 + b"100000\r\n" + b"x" * 1048576,
            413,
        ),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab", 400),
    ],
)
async def test_a_bad_request_gets_a_short_answer(request_: bytes, status: int) -> None:
    async with serving(hello) as port:
        answer = await said(port, request_)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Connection: close" in answer
    assert 0 < len(answer.partition(b"\r\n\r\n")[2]) < 80


async def test_a_client_that_does_not_finish_its_request_is_cut() -> None:
    async with serving(hello, Terms(read_within=0.05)) as port:
        with trio.fail_after(5):
            assert await said(port, b"GET / HTTP/1.1\r\n", end=False) == b""


async def test_who_waits_for_leave_to_send_a_body_gets_it() -> None:
    async with serving(hello) as port:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        async with stream:
            await stream.send_all(
                b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
            )
            assert (await stream.receive_some()).startswith(b"HTTP/1.1 100 ")
            await stream.send_all(b"ok")
            assert bytes(await stream.receive_some()).endswith(b"{}ok")


async def test_an_answer_that_http_does_not_allow_ends_one_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And is said: the others are answered."""

    async def handler(request: Request) -> Answer:
        return Response(200, b"x", headers=[("X", "a\r\nY: b")] if request.path == "/bad" else ())

    async with serving(handler) as port:
        assert await said(port, GET.replace(b"/ ", b"/bad ")) == b""
        assert (await said(port, GET)).startswith(b"HTTP/1.1 200")
    assert [each.name for each in caplog.records] == ["reactor.http"]


async def test_unknown_paths_and_methods_are_told_apart() -> None:
    handler = routed({"/metrics": {"GET": hello}})
    async with serving(handler) as port:
        assert (await said(port, b"GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n")).startswith(b"HTTP/1.1 200")
        assert (await said(port, b"HEAD /metrics HTTP/1.1\r\nHost: h\r\n\r\n")).startswith(b"HTTP/1.1 200")
        assert (await said(port, b"GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n")).startswith(b"HTTP/1.1 404")
        refused = await said(port, b"POST /metrics HTTP/1.1\r\nHost: h\r\n\r\n")
    assert refused.startswith(b"HTTP/1.1 405")
    assert b"Allow: GET, HEAD\r\n" in refused


def streaming(body: Callable[[Writer], Awaitable[None]]) -> Handler:
    """Make a handler that streams."""

    async def handler(request: Request) -> Answer:
        return StreamingResponse(body, content_type="application/json")

    return handler


async def test_a_streamed_body_comes_piece_by_piece() -> None:
    async def body(writer: Writer) -> None:
        await writer.send(b"one\n")
        await go_on.wait()
        await writer.send(b"two\n")

    go_on = trio.Event()
    async with serving(streaming(body)) as port:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        async with stream:
            await stream.send_all(GET)
            got = b""
            while not got.endswith(b"4\r\none\n\r\n"):
                got += bytes(await stream.receive_some())
            go_on.set()
            while not got.endswith(b"4\r\ntwo\n\r\n0\r\n\r\n"):
                got += bytes(await stream.receive_some())
            await stream.send_all(GET)
            assert await stream.receive_some()


async def test_a_silent_stream_ends_when_its_client_goes() -> None:
    async def body(writer: Writer) -> None:
        try:
            await trio.sleep_forever()
        finally:
            ended.set()

    ended = trio.Event()
    async with serving(streaming(body)) as port:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        await stream.send_all(GET)
        await stream.receive_some()
        await stream.aclose()
        with trio.fail_after(5):
            await ended.wait()


async def test_a_client_that_stops_reading_is_cut_at_the_deadline() -> None:
    async def body(writer: Writer) -> None:
        try:
            while True:
                await writer.send(b"x" * 65536)
        finally:
            ended.set()

    ended = trio.Event()
    async with serving(streaming(body), Terms(send_within=0.1)) as port:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        async with stream:
            await stream.send_all(GET)
            with trio.fail_after(5):
                await ended.wait()


async def test_a_client_that_stops_reading_does_not_outlive_the_server(autojump_clock: MockClock) -> None:
    """Cancelling ends the server at once, although a send is stuck and its deadline is far away."""

    async def handler(request: Request) -> Answer:
        asked.set()
        return Response(200, b"x" * 64_000_000)

    asked = trio.Event()
    async with trio.open_nursery() as nursery:
        listeners = await open_tcp_listeners(0)
        await nursery.start(partial(serve, listeners, handler, terms=Terms(send_within=3600)))
        stream = await trio.open_tcp_stream("127.0.0.1", listeners[0].socket.getsockname()[1])
        async with stream:
            await stream.send_all(GET)
            await asked.wait()
            await trio.sleep(0.05)
            began = trio.current_time()
            nursery.cancel_scope.cancel()
    assert trio.current_time() - began < 1


async def test_a_slow_reader_that_goes_on_reading_gets_everything(mock_clock: MockClock) -> None:
    """He takes longer than a piece may take. Time passes by what he has read: on a busy machine, both sides
    may be kept waiting for longer than that.
    """

    async def handler(request: Request) -> Answer:
        return Response(200, b"x" * 3_000_000)

    async with serving(handler, Terms(send_within=0.5, idle_within=0)) as port:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        async with stream:
            await stream.send_all(GET)
            got = 0
            while data := await stream.receive_some(100_000):
                got += len(data)
                mock_clock.jump(0.02 * len(data) / 100_000)
    assert trio.current_time() > 0.5
    assert got > 3_000_000


async def test_an_aborted_stream_is_a_reset_without_an_end() -> None:
    async def body(writer: Writer) -> None:
        await writer.send(b'{"half":')
        raise Aborted

    async with serving(streaming(body)) as port:
        with pytest.raises(trio.BrokenResourceError):
            await said(port, GET, end=False)


async def test_a_stream_can_just_end_in_the_middle() -> None:
    async def body(writer: Writer) -> None:
        await writer.send_raw(b'ff\r\n{"half":')
        raise Aborted(reset=False)

    async with serving(streaming(body)) as port:
        assert (await said(port, GET, end=False)).endswith(b'ff\r\n{"half":')


async def test_a_handler_can_break_off_before_any_answer() -> None:
    async def handler(request: Request) -> Answer:
        raise Aborted(reset=False)

    async with serving(handler) as port:
        assert await said(port, GET, end=False) == b""


async def test_a_handler_can_have_the_bare_connection() -> None:
    async def run(stream: trio.SocketStream) -> None:
        await stream.send_all(b"anything")

    async def handler(request: Request) -> Answer:
        return Takeover(run)

    async with serving(handler) as port:
        assert await said(port, GET, end=False) == b"anything"


async def test_one_connection_too_many_is_told_so() -> None:
    async def body(writer: Writer) -> None:
        await trio.sleep_forever()

    async with serving(streaming(body), Terms(connections=1)) as port:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        async with stream:
            await stream.send_all(GET)
            await stream.receive_some()
            assert (await said(port, GET)).startswith(b"HTTP/1.1 503 ")


async def test_what_a_handler_raises_is_not_swallowed() -> None:
    async def handler(request: Request) -> Answer:
        raise LookupError("ours")

    with pytest.RaisesGroup(LookupError, flatten_subgroups=True):
        async with serving(handler) as port:
            await said(port, GET)


async def test_no_body_goes_with_a_204() -> None:
    async def handler(request: Request) -> Answer:
        return Response(204, headers=[("X-Y", "z")])

    async with serving(handler) as port:
        assert await said(port, GET) == b"HTTP/1.1 204 \r\nX-Y: z\r\n\r\n"


async def test_a_taken_port_has_its_own_error() -> None:
    listeners = await open_tcp_listeners(0)
    port = listeners[0].socket.getsockname()[1]
    try:
        with pytest.raises(AddressTaken, match=f"127.0.0.1:{port} is taken"):
            await open_tcp_listeners(port)
    finally:
        for listener in listeners:
            await listener.aclose()


async def test_an_impossible_address_has_a_sentence() -> None:
    with pytest.raises(CannotListen, match=r"99999 is not a port"):
        await open_tcp_listeners(99999)
    with pytest.raises(CannotListen, match=r"cannot listen on 192.0.2.1:0"):
        await open_tcp_listeners(0, host="192.0.2.1")


def test_a_sentence_without_words_says_its_status() -> None:
    assert sentence(404).body == b"Not Found\n"
