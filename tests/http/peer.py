"""A server for the tests of the client that says exactly the bytes it is told to say."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import trio

from reactor.http.address import Address

Handler = Callable[[trio.abc.Stream], Awaitable[None]]


async def read_request(stream: trio.abc.Stream) -> bytes:
    """Everything up to the end of the headers."""
    got = b""
    while b"\r\n\r\n" not in got:
        piece = await stream.receive_some()
        assert piece, got
        got += bytes(piece)
    return got


def saying(*pieces: bytes) -> Handler:
    """Read a request, say these pieces one after the other, close."""

    async def handler(stream: trio.abc.Stream) -> None:
        await read_request(stream)
        for piece in pieces:
            await stream.send_all(piece)
            await trio.lowlevel.checkpoint()

    return handler


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"


@asynccontextmanager
async def peer(handler: Handler) -> AsyncIterator[Address]:
    """Serve on a unix socket for as long as the block lasts; what the peer does not get done is dropped."""
    with TemporaryDirectory(prefix="peer") as folder:
        path = str(Path(folder) / "s")
        listener = trio.socket.socket(trio.socket.AF_UNIX, trio.socket.SOCK_STREAM)
        await listener.bind(path)
        listener.listen(100)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_serve, listener, handler, nursery)
            try:
                yield Address.unix(path)
            finally:
                nursery.cancel_scope.cancel()
                listener.close()


async def _serve(listener: trio.socket.SocketType, handler: Handler, nursery: trio.Nursery) -> None:
    while True:
        connection, _ = await listener.accept()
        nursery.start_soon(_one, trio.SocketStream(connection), handler)


async def _one(stream: trio.SocketStream, handler: Handler) -> None:
    async with stream:
        try:
            await handler(stream)
        except trio.BrokenResourceError:
            return  # The client under test went away, as it may.


def open_descriptors() -> int:
    """How many files this process has open."""
    return len(os.listdir("/proc/self/fd"))


async def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what the other side does in its own time, at most five seconds."""
    with trio.fail_after(5):
        while not condition():  # noqa: ASYNC110 - it is the kernel that changes, and it sets no event
            await trio.sleep(0.01)
