"""TLS: what is accepted, what is not, and in which words."""

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
import trio

from reactor.http.address import Address
from reactor.http.client import Client
from reactor.http.errors import BadCertificate, ConnectionBroken, HttpError

TLS = Path(__file__).parent / "tls"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def trusting(authority: str = "ca.pem", *, client: bool = False) -> ssl.SSLContext:
    """A client that trusts this authority, with a certificate of its own or without."""
    context = ssl.create_default_context(cafile=TLS / authority)
    if client:
        context.load_cert_chain(TLS / "client.pem", TLS / "client-key.pem")
    return context


@asynccontextmanager
async def server(host: str = "127.0.0.1", *, asks: bool = False, hasty: bool = False) -> AsyncIterator[int]:
    """A TLS server for one call, on a port of this machine; ``asks`` for a client's certificate if told so.

    It is the plain library in a thread, because trio's server sends no alert when it turns a client away.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=TLS / "ca.pem")
    context.load_cert_chain(TLS / "server.pem", TLS / "server-key.pem")
    context.verify_mode = ssl.CERT_REQUIRED if asks else ssl.CERT_NONE
    with socket.create_server((host, 0)) as listener:
        listener.settimeout(5)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.to_thread.run_sync, partial(serve_one, hasty=hasty), listener, context)
            yield listener.getsockname()[1]


def serve_one(listener: socket.socket, context: ssl.SSLContext, *, hasty: bool) -> None:
    """Answer one call or turn it away; when hasty, without listening to what the other still says."""
    connection, _ = listener.accept()
    with (
        connection,
        context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as secured,
    ):
        try:
            secured.do_handshake()
            secured.recv(65536)
            secured.sendall(OK)
        except ssl.SSLError:
            with suppress(OSError), socket.socket(fileno=secured.detach()) as bare:
                bare.settimeout(0.01 if hasty else 5)
                bare.recv(65536)


async def call(host: str, port: int, context: ssl.SSLContext) -> bytes:
    """The body of one call."""
    return (await Client(Address.tcp(host, port, context)).request("GET", "/", within=5)).body


async def test_a_server_that_the_authority_vouches_for_is_spoken_to() -> None:
    async with server() as port:
        assert await call("127.0.0.1", port, trusting()) == b"ok"


async def test_a_server_of_another_authority_is_not_spoken_to() -> None:
    async with server() as port:
        with pytest.raises(BadCertificate, match="of the server is not accepted") as caught:
            await call("127.0.0.1", port, trusting("other-ca.pem"))
    assert not caught.value.sent


async def test_a_server_of_another_name_is_not_spoken_to() -> None:
    """The certificate is for localhost and 127.0.0.1, not for 127.0.0.2."""
    async with server("127.0.0.2") as port:
        with pytest.raises(BadCertificate, match="IP address mismatch"):
            await call("127.0.0.2", port, trusting())


async def test_a_server_that_asks_for_a_certificate_gets_one_or_says_no() -> None:
    async with server(asks=True) as port:
        assert await call("127.0.0.1", port, trusting(client=True)) == b"ok"
    async with server(asks=True) as port:
        with pytest.raises(BadCertificate, match="does not accept our certificate"):
            await call("127.0.0.1", port, trusting())


async def test_a_server_that_turns_us_away_in_haste_gets_a_hint() -> None:
    """Its reason may be lost with the connection; certificates are spoken of all the same."""
    async with server(asks=True, hasty=True) as port:
        with pytest.raises(HttpError, match="does not accept our certificate"):
            await call("127.0.0.1", port, trusting())


async def test_a_server_without_tls_is_told_apart_from_a_wrong_certificate() -> None:
    async def handler(stream: trio.abc.Stream) -> None:
        await stream.receive_some()
        await stream.send_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, handler, listeners)
        with pytest.raises(ConnectionBroken, match="TLS error"):
            await call("127.0.0.1", listeners[0].socket.getsockname()[1], trusting())
        nursery.cancel_scope.cancel()


async def test_a_handshake_that_hangs_can_be_cut_off() -> None:
    async def handler(_stream: trio.abc.Stream) -> None:
        await trio.sleep_forever()

    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, handler, listeners)
        address = Address.tcp("127.0.0.1", listeners[0].socket.getsockname()[1], trusting())
        with trio.move_on_after(0.1) as scope:
            await Client(address).request("GET", "/", within=5)
        assert scope.cancelled_caught
        nursery.cancel_scope.cancel()
