"""How much one client can have of the server: connections, streams, handshakes, time."""

import ssl
from contextlib import suppress
from functools import partial

import trio
import trio.testing
from trio.testing import MockClock

from reactor.http.server import Answer, Request, StreamingResponse, Terms, Writer, sentence, serve
from reactor.http.server_crowd import Crowd
from reactor.http.server_listeners import open_tcp_listeners
from reactor.http.server_pace import MOST_ADDRESSES, Paces, party
from reactor.http.server_security import Security
from tests.http.test_http_tls import TLS
from tests.http.test_server import GET, hello, said, serving


async def endless(_: Request) -> Answer:
    """A stream that says one word."""

    async def body(writer: Writer) -> None:
        await writer.send(b"word")
        await trio.sleep_forever()

    return StreamingResponse(body)


async def first_words(stream: trio.SocketStream, data: bytes = GET) -> bytes:
    await stream.send_all(data)
    return bytes(await stream.receive_some(4096))


async def test_connections_of_one_address_are_limited_and_others_come_in() -> None:
    terms = Terms(connections=8, each=2, idle_within=30)
    async with serving(hello, terms) as port:
        held = [await trio.open_tcp_stream("127.0.0.1", port) for _ in range(2)]
        assert [(await first_words(each))[:12] for each in held] == [b"HTTP/1.1 200"] * 2
        third = await said(port, GET, end=False)
        assert third.startswith(b"HTTP/1.1 503")
        assert b"Retry-After: 5" in third
        other = await trio.open_tcp_stream("127.0.0.1", port, local_address="127.0.0.2")
        assert (await first_words(other)).startswith(b"HTTP/1.1 200")
        await held[0].aclose()
        await trio.testing.wait_all_tasks_blocked(0.01)
        assert (await said(port, GET)).startswith(b"HTTP/1.1 200")
        for each in (held[1], other):
            await each.aclose()


async def test_streams_are_limited_and_questions_are_answered_all_the_same() -> None:
    async def handler(request: Request) -> Answer:
        return await endless(request) if request.path == "/" else sentence(200, "short")

    async with serving(handler, Terms(streams=4, each_streams=2)) as port:
        held = [await trio.open_tcp_stream("127.0.0.1", port) for _ in range(2)]
        for each in held:
            assert (await first_words(each)).startswith(b"HTTP/1.1 200")
        assert b"503" in (await said(port, GET))[:16]
        assert b"200" in (await said(port, GET.replace(b"/ ", b"/x ")))[:16]
        for each in held:
            await each.aclose()
        await trio.testing.wait_all_tasks_blocked(0.01)
        again = await trio.open_tcp_stream("127.0.0.1", port)
        assert (await first_words(again)).startswith(b"HTTP/1.1 200")
        await again.aclose()


async def test_whoever_is_told_of_no_room_needs_little_of_it_himself() -> None:
    """A flood beyond the limit does not make as many tasks that wait for it."""
    async with serving(hello, Terms(connections=1)) as port:
        held = await trio.open_tcp_stream("127.0.0.1", port)
        await first_words(held)
        before = trio.lowlevel.current_statistics().tasks_living
        flood = [await trio.open_tcp_stream("127.0.0.1", port) for _ in range(200)]
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert trio.lowlevel.current_statistics().tasks_living - before <= 32
        for each in (*flood, held):
            await each.aclose()


async def test_a_head_that_drips_is_cut(autojump_clock: MockClock) -> None:
    """One byte now and then keeps no connection: the whole request has one deadline."""
    async with serving(hello, Terms(read_within=0.3)) as port:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        began = trio.current_time()
        with trio.fail_after(5), suppress(trio.BrokenResourceError):
            for byte in GET * 100:
                await stream.send_all(bytes([byte]))
                await trio.sleep(0.05)
        assert trio.current_time() - began < 1.5
        await stream.aclose()


def context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(TLS / "server.pem", TLS / "server-key.pem")
    return made


async def test_a_handshake_has_its_deadline_and_its_pace(autojump_clock: MockClock) -> None:
    """Who says nothing is cut, who begins too often is cut at once, and neither reaches the handler.

    Both sides are on this loop: time passes when neither has anything to do.
    """
    made, served = context(), list[Request]()

    async def give() -> ssl.SSLContext:
        return made

    async def handler(request: Request) -> Answer:
        served.append(request)
        return sentence(200)

    security = Security(give, within=0.5, rate=0.001, burst=3)
    async with trio.open_nursery() as nursery:
        listeners = await open_tcp_listeners(0)
        await nursery.start(partial(serve, listeners, handler, security=security))
        port, lasted = listeners[0].socket.getsockname()[1], []
        for _ in range(5):
            # The deadline counts from when the server has it, which may be before we know.
            began = trio.current_time()
            stream = await trio.open_tcp_stream("127.0.0.1", port)
            assert await stream.receive_some() == b""
            lasted.append(trio.current_time() - began)
            await stream.aclose()
        nursery.cancel_scope.cancel()
    assert [each >= 0.5 for each in lasted] == [True] * 3 + [False] * 2
    assert not served


def test_a_crowd_counts_who_is_there_and_forgets_who_went() -> None:
    crowd = Crowd(3, 2)
    with crowd.one("a") as first, crowd.one("a") as second, crowd.one("a") as third, crowd.one("b") as fourth:
        assert (first, second, third, fourth) == (True, True, False, True)
        with crowd.one("c") as fifth:
            assert not fifth
    with crowd.one("a") as again:
        assert again
    assert not crowd._of  # What is left of addresses is what this is about.


def test_a_pace_lets_a_few_through_and_then_so_many_in_a_second() -> None:
    paces = Paces(rate=2.0, burst=3.0)
    assert [paces.take("a", 10.0) for _ in range(4)] == [True] * 3 + [False]
    assert paces.take("b", 10.0)
    assert [paces.take("a", 10.6) for _ in range(2)] == [True, False]
    paces.give_back("a", 10.6)
    assert paces.take("a", 10.6)
    for number in range(2 * MOST_ADDRESSES):
        paces.take(str(number), 11.0)
    assert len(paces._buckets) == MOST_ADDRESSES  # The bound is what this is about.


def test_one_party_is_an_address_or_the_network_that_one_customer_has() -> None:
    assert party("192.0.2.7") == "192.0.2.7"
    assert party("::ffff:192.0.2.7") == "192.0.2.7"
    assert party("2001:db8:1:2:3::4") == party("2001:db8:1:2:ffff::9") != party("2001:db8:1:3::4")
    assert party("fe80::1%eth0") == party("fe80::2%eth0")
    assert party("::1") == "::1"
