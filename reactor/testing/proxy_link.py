"""One request on its way through the proxy, and its answer on the way back.

What belongs here is carrying bytes and breaking them off in the middle; which request gets
which fault is decided in ``proxy``.
"""

import re

import trio

from reactor.http.server import reset
from reactor.testing.proxy_faults import BlackHole, Cut, Delay, Fault, Say, Stall, Swallow, Truncate

PIECE = 64 * 1024
HEAD_END = b"\r\n\r\n"
LONGEST_HEAD = 64 * 1024
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
KEEP = re.compile(rb"\r\nconnection:[^\r]*", re.IGNORECASE)


class Link:
    """One request and its answer. Its fault can still change while the answer streams."""

    def __init__(self, kind: str, client: trio.SocketStream, fault: Fault | None) -> None:
        self.kind = kind
        self.fault = fault
        self._client = client
        self._scope = trio.CancelScope()
        self._head = b""
        self._body = 0

    def strike(self, fault: Fault) -> None:
        """Break the answer from here on."""
        self.fault, self._body = fault, 0
        if fault == Cut():
            self.end(hard=True)

    def end(self, *, hard: bool) -> None:
        """Let it be over: with a reset if ``hard``, else as if the engine had hung up."""
        if hard:
            reset(self._client)
        self._scope.cancel()

    async def carry(self, request: bytes, engine: str) -> None:
        """Carry the request there and the answer back, until either side has had enough."""
        with self._scope:
            match self.fault:
                case BlackHole():
                    await self._watch_client(None)
                case Say(status, body, content_type):
                    await self._client.send_all(_canned(status, body, content_type))
                case _:
                    await self._relay(request, engine)

    async def _relay(self, request: bytes, path: str) -> None:
        try:
            engine = await trio.open_unix_socket(path)
        except OSError:
            # We have let the client in already: a reset is as near to a refusal as can be.
            self.end(hard=True)
            return
        # The nursery is structural: bytes flow both ways, and the first end ends both.
        async with engine, trio.open_nursery() as nursery:
            nursery.start_soon(self._watch_client, engine)
            await self._pass_all(request, engine)
            nursery.cancel_scope.cancel()

    async def _watch_client(self, engine: trio.SocketStream | None) -> None:
        """Pass on what the client says after its request; its end is the end."""
        try:
            while data := await self._client.receive_some(PIECE):
                if engine is not None:
                    await engine.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        self.end(hard=False)

    async def _pass_all(self, request: bytes, engine: trio.SocketStream) -> None:
        try:
            await engine.send_all(request)
            while data := await engine.receive_some(PIECE):
                await self._pass_answer(data)
        except trio.BrokenResourceError:
            self.end(hard=True)
        if isinstance(self.fault, Swallow):
            self.end(hard=True)
        if isinstance(self.fault, Stall):
            # The engine has said all and hung up; the client must not learn of it.
            await trio.sleep_forever()
        await trio.lowlevel.checkpoint()

    async def _pass_answer(self, data: bytes) -> None:
        if not self._head:
            data = await self._pass_head(data)
        if data:
            await self._pass_body(data)

    async def _pass_head(self, data: bytes) -> bytes:
        """The answer's head, which engines send in one piece; gives back what came behind it."""
        head, end, rest = data.partition(HEAD_END)
        self._head = head + end
        if isinstance(self.fault, Delay):
            await trio.sleep(self.fault.seconds)
        if not isinstance(self.fault, Swallow):
            await self._client.send_all(self._head)
        if self.fault == Cut():
            self.end(hard=True)
        return rest

    async def _pass_body(self, data: bytes) -> None:
        match self.fault:
            case Swallow():
                return
            case Truncate():
                await self._client.send_all(data[: max(1, len(data) // 2)])
                self.end(hard=False)
            case Stall(after):
                await self._client.send_all(data[: max(0, after - self._body)])
            case Cut(after) if self._body + len(data) >= after:
                await self._client.send_all(data[: after - self._body])
                self.end(hard=True)
            case _:
                await self._client.send_all(data)
        self._body += len(data)
        # An end that was called for takes place here, before another piece can follow.
        await trio.lowlevel.checkpoint()


def _canned(status: int, body: bytes, content_type: str) -> bytes:
    head = f"HTTP/1.1 {status} \r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}"
    return f"{head}\r\nConnection: close\r\n\r\n".encode() + body


async def read_request(client: trio.SocketStream) -> tuple[str, bytes] | None:
    """One request: its first line and the whole, made to be the last one on its connection."""
    got = b""
    while HEAD_END not in got:
        data = await client.receive_some(PIECE)
        if not data or len(got) > LONGEST_HEAD:
            return None
        got += data
    head, _, body = got.partition(HEAD_END)
    length = LENGTH.search(head)
    while length is not None and len(body) < int(length[1]):
        data = await client.receive_some(PIECE)
        if not data:
            return None
        body += data
    line = head.partition(b"\r\n")[0].decode("latin-1")
    # Where an answer ends, only its own framing tells; with one request for each connection
    # the engine's hanging up tells it, too.
    return line, KEEP.sub(b"", head) + b"\r\nConnection: close" + HEAD_END + body
