"""The client against a peer that says every kind of right and wrong bytes."""

import os
import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.http.address import Address
from reactor.http.client import Client
from reactor.http.errors import (
    AccessDenied,
    ConnectionBroken,
    HttpError,
    NobodyListens,
    ProtocolBroken,
    TimedOut,
    TooLarge,
)
from reactor.http.lines import Lines
from tests.http.peer import CHUNKED, LAST, chunk, open_descriptors, peer, read_request, saying, wait_until

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


async def test_a_whole_answer_has_status_headers_and_body() -> None:
    async with peer(
        saying(b"HTTP/1.1 404 Not Found\r\nX-Who: me\r\ncontent-length: 4\r\n\r\ngo", b"ne")
    ) as address:
        answer = await Client(address).request("GET", "/x", within=5)
    assert (answer.status, answer.headers["x-who"], answer.body) == (404, "me", b"gone")


async def test_the_request_carries_host_close_and_body() -> None:
    heard: list[bytes] = []

    async def handler(stream: trio.abc.Stream) -> None:
        heard.append(await read_request(stream))
        await stream.send_all(OK)

    async with peer(handler) as address:
        await Client(address).request("POST", "/a?b=c", within=5, headers={"x-a": "b"}, body=b"{}")
    assert heard[0].startswith(b"POST /a?b=c HTTP/1.1\r\n")
    for line in (b"Host: localhost", b"Connection: close", b"content-length: 2", b"x-a: b"):
        assert line.lower() in heard[0].lower()


async def test_a_post_without_a_body_says_so() -> None:
    """Some servers wait for a body that was neither announced nor denied."""
    heard: list[bytes] = []

    async def handler(stream: trio.abc.Stream) -> None:
        heard.append(await read_request(stream))
        await stream.send_all(OK)

    async with peer(handler) as address:
        await Client(address).request("POST", "/", within=5)
    assert b"content-length: 0" in heard[0].lower()


async def test_interim_answers_are_read_past() -> None:
    async with peer(saying(b"HTTP/1.1 102 Processing\r\n\r\n" + OK)) as address:
        assert (await Client(address).request("GET", "/", within=5)).body == b"ok"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", ConnectionBroken),
        (b"HTTP/1.1 200 OK\r\ncontent-le", ConnectionBroken),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab", ConnectionBroken),
        (CHUNKED + b"5\r\nab", ConnectionBroken),
        (CHUNKED + b"zz\r\nab\r\n", ProtocolBroken),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", ProtocolBroken),
        (b"HTTP/1.1 101 Switching Protocols\r\nupgrade: tcp\r\n\r\n", ProtocolBroken),
        (b"HTTP/1.1 200 OK\r\n" + b"x: " + b"a" * 70_000 + b"\r\n\r\n", ProtocolBroken),
        (b"\x00\xff" * 100, ProtocolBroken),
    ],
)
async def test_a_wrong_answer_is_an_error_of_ours(said: bytes, error: type[HttpError]) -> None:
    async with peer(saying(said)) as address:
        with pytest.raises(error) as caught:
            await Client(address).request("GET", "/", within=5)
    assert caught.value.sent


async def test_a_reset_is_a_broken_connection() -> None:
    async def handler(stream: trio.abc.Stream) -> None:
        await read_request(stream)
        await stream.send_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n")
        assert isinstance(stream, trio.SocketStream)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, handler, listeners)
        with pytest.raises(ConnectionBroken) as caught:
            await Client(Address.tcp("127.0.0.1", port)).request("GET", "/", within=5)
        nursery.cancel_scope.cancel()
    assert caught.value.sent


async def test_a_body_beyond_the_bound_is_refused() -> None:
    async with peer(saying(CHUNKED + chunk(b"a" * 600) + chunk(b"b" * 600) + LAST)) as address:
        with pytest.raises(TooLarge):
            await Client(address, largest=1000).request("GET", "/", within=5)
        assert len((await Client(address, largest=1200).request("GET", "/", within=5)).body) == 1200


async def test_the_deadline_after_sending_says_that_it_was_sent(autojump_clock: MockClock) -> None:
    """Both sides are on this loop: time passes when neither has anything to do."""

    async def handler(stream: trio.abc.Stream) -> None:
        await read_request(stream)
        await trio.sleep_forever()

    async with peer(handler) as address:
        began = trio.current_time()
        with pytest.raises(TimedOut) as caught:
            await Client(address).request("POST", "/", within=0.1)
    assert caught.value.sent
    assert trio.current_time() - began < 1


async def test_a_body_that_trickles_does_not_outlive_the_deadline() -> None:
    async def handler(stream: trio.abc.Stream) -> None:
        await read_request(stream)
        await stream.send_all(CHUNKED)
        while True:
            await stream.send_all(chunk(b"a"))
            await trio.sleep(0.01)

    async with peer(handler) as address:
        with pytest.raises(TimedOut):
            await Client(address).request("GET", "/", within=0.2)


async def test_nobody_at_the_address(tmp_path: Path) -> None:
    """A missing path, a file that is no socket, and a socket whose listener has gone."""
    dead = tmp_path / "dead"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(dead))
    (tmp_path / "file").touch()
    for path in ("missing", "file", "dead"):
        with pytest.raises(NobodyListens) as caught:
            await Client(Address.unix(str(tmp_path / path))).request("GET", "/", within=5)
        assert not caught.value.sent


async def test_a_refusing_port_is_told_apart_from_a_missing_host() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NobodyListens, match="nobody listens"):
            await Client(Address.tcp("127.0.0.1", taken.getsockname()[1])).request("GET", "/", within=5)
    with pytest.raises(NobodyListens, match="no address"):
        await Client(Address.tcp("no-such-host.invalid", 1)).request("GET", "/", within=15)


@pytest.fixture
def forbidden(tmp_path: Path) -> Iterator[str]:
    """A listening socket that nobody may open; root may open everything, so root becomes somebody else."""
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        path.chmod(0)
        is_root = os.geteuid() == 0
        os.seteuid(65534 if is_root else os.geteuid())
        yield str(path)
        os.seteuid(0 if is_root else os.geteuid())


async def test_a_socket_that_denies_access(forbidden: str) -> None:
    with pytest.raises(AccessDenied) as caught:
        await Client(Address.unix(forbidden)).request("GET", "/", within=5)
    assert not caught.value.sent


async def test_a_listener_that_comes_a_little_late_is_waited_for(tmp_path: Path) -> None:
    """Between bind and listen a connect is refused; that is how an engine looks while it starts."""
    path = str(tmp_path / "s")
    listener = trio.socket.socket(trio.socket.AF_UNIX, trio.socket.SOCK_STREAM)
    await listener.bind(path)

    async def listen_late() -> None:
        await trio.sleep(0.03)
        listener.listen(5)
        connection, _ = await listener.accept()
        async with trio.SocketStream(connection) as stream:
            await saying(OK)(stream)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(listen_late)
        assert (await Client(Address.unix(path)).request("GET", "/", within=5)).status == 200
    listener.close()


async def test_a_full_queue_is_waited_for_and_every_call_gets_through(tmp_path: Path) -> None:
    """The engine's queue holds one connection here, and thirty calls come at once."""
    path = str(tmp_path / "s")
    listener = trio.socket.socket(trio.socket.AF_UNIX, trio.socket.SOCK_STREAM)
    await listener.bind(path)
    listener.listen(0)
    statuses: list[int] = []

    async def serve() -> None:
        while True:
            connection, _ = await listener.accept()
            async with trio.SocketStream(connection) as stream:
                await saying(OK)(stream)

    async def call(client: Client) -> None:
        statuses.append((await client.request("POST", "/", within=20)).status)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve)
        client = Client(Address.unix(path))
        async with trio.open_nursery() as calls:
            for _ in range(30):
                calls.start_soon(call, client)
        nursery.cancel_scope.cancel()
    listener.close()
    assert statuses == [200] * 30


async def test_a_queue_that_stays_full_ends_at_the_deadline_with_nothing_sent(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as first:
        listener.bind(path)
        listener.listen(0)
        first.connect(path)
        with pytest.raises(TimedOut) as caught:
            await Client(Address.unix(path)).request("POST", "/", within=0.2)
    assert not caught.value.sent


async def test_connects_are_limited_and_open_connections_are_not(tmp_path: Path) -> None:
    """Ten answers that never end do not use up a client that may make one connection at a time."""

    async def handler(stream: trio.abc.Stream) -> None:
        await read_request(stream)
        await stream.send_all(CHUNKED)
        await trio.sleep_forever()

    async with peer(handler) as address:
        client = Client(address, connects=1)
        async with trio.open_nursery() as nursery:

            async def hold(task_status: trio.TaskStatus[None]) -> None:
                async with client.open_stream("GET", "/", within=5):
                    task_status.started()
                    await trio.sleep_forever()

            for _ in range(10):
                await nursery.start(hold)
            nursery.cancel_scope.cancel()


async def test_lines_come_as_they_are_sent_and_the_rest_is_kept() -> None:
    pieces = [CHUNKED, chunk(b'{"a'), chunk(b'":1}\n\n{"b":2}\r\n{"c'), chunk(b'":3}\n{"half'), LAST]
    async with (
        peer(saying(*pieces)) as address,
        Client(address).open_stream("GET", "/", within=5) as answer,
    ):
        lines = answer.lines()
        assert [line async for line in lines] == [b'{"a":1}', b'{"b":2}', b'{"c":3}']
        assert lines.rest == b'{"half'


async def test_a_stream_may_be_silent_for_longer_than_its_deadline(autojump_clock: MockClock) -> None:
    """The deadline is for the head alone: nothing happens on a quiet engine for hours."""

    async def handler(stream: trio.abc.Stream) -> None:
        await read_request(stream)
        await stream.send_all(CHUNKED)
        await trio.sleep(0.3)
        await stream.send_all(chunk(b"late\n") + LAST)

    async with (
        peer(handler) as address,
        Client(address).open_stream("GET", "/", within=0.1) as answer,
    ):
        assert [line async for line in answer.lines()] == [b"late"]


async def test_a_stream_without_a_head_ends_at_its_deadline() -> None:
    async def handler(stream: trio.abc.Stream) -> None:
        await read_request(stream)
        await trio.sleep_forever()

    async with peer(handler) as address:
        with pytest.raises(TimedOut):
            async with Client(address).open_stream("GET", "/", within=0.1):
                pytest.fail("there was no head")


async def test_a_stream_that_breaks_off_is_no_end() -> None:
    async with (
        peer(saying(CHUNKED, chunk(b"one\n"), b"5\r\ntw")) as address,
        Client(address).open_stream("GET", "/", within=5) as answer,
    ):
        lines = answer.lines()
        assert await anext(lines) == b"one"
        with pytest.raises(ConnectionBroken):
            await anext(lines)


async def test_an_overlong_line_is_an_error_or_is_dropped() -> None:
    long = [chunk(b"a" * 40) for _ in range(5)]
    said = saying(CHUNKED, chunk(b"short\n"), *long, chunk(b"\nafter\n" + b"b" * 101 + b"\nlast\n"), LAST)
    async with peer(said) as address:
        async with Client(address).open_stream("GET", "/", within=5) as answer:
            lines = answer.lines(100)
            assert await anext(lines) == b"short"
            with pytest.raises(TooLarge):
                await anext(lines)
        async with Client(address).open_stream("GET", "/", within=5) as answer:
            lines = answer.lines(100, drop=True)
            assert [line async for line in lines] == [b"short", b"after", b"last"]
            assert lines.dropped == 2


async def test_a_line_without_an_end_costs_no_memory() -> None:
    """It is refused, or let go, as soon as it is too long, and not when its end comes."""
    given = longest = 0

    async def piece() -> bytes:
        nonlocal given, longest
        given += 1
        longest = max(longest, len(lines.rest))
        return b"x" * 50 if given < 1000 else b"\nend\n"

    lines = Lines(piece, 100)
    with pytest.raises(TooLarge):
        await anext(lines)
    assert given == 3
    lines = Lines(piece, 100, drop=True)
    assert await anext(lines) == b"end"
    assert longest <= 100
    assert lines.dropped == 1


async def test_a_request_that_cannot_be_written_is_refused_before_a_connection() -> None:
    for target in ("/a b", "/a\r\nx: y", "/\x00"):
        with pytest.raises(ValueError, match="cannot be written"):
            await Client(Address.unix("/nowhere")).request("GET", target, within=1)


async def test_cancelling_at_any_moment_leaves_nothing_open() -> None:
    """Five hundred calls are cut off at random moments of their life; every descriptor comes back."""

    async def handler(stream: trio.abc.Stream) -> None:
        await read_request(stream)
        await trio.sleep(0.001)
        await stream.send_all(OK)

    chance = random.Random(1)  # noqa: S311 - it guards nothing
    async with peer(handler) as address:
        client = Client(address)
        before = open_descriptors()

        async def cut(after: float) -> None:
            with trio.move_on_after(after):
                await client.request("GET", "/", within=5)

        for _ in range(10):
            async with trio.open_nursery() as nursery:
                for _ in range(50):
                    nursery.start_soon(cut, chance.uniform(0, 0.03))
        await wait_until(lambda: open_descriptors() <= before)
        assert (await client.request("GET", "/", within=5)).status == 200


def test_an_address_is_one_thing_or_the_other() -> None:
    assert str(Address.unix("/run/x.sock")) == "unix:///run/x.sock"
    assert str(Address.tcp("::1", 2375)) == "tcp://[::1]:2375"
    assert Address.tcp("::1", 2375).authority == "[::1]:2375"
    for path, host in (("", ""), ("/x", "y")):
        with pytest.raises(ValueError, match="either"):
            Address(path, host)
