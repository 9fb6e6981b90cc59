"""Clients that are not ours: the standard library's in a thread, and a stream read by hand."""

import http.client
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import trio

NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def told(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


async def ask(port: int, path: str, method: str = "GET", headers: Mapping[str, str] = NO_HEADERS) -> Reply:
    """One request."""
    return await trio.to_thread.run_sync(partial(_ask, port, path, method, dict(headers)))


def _ask(port: int, path: str, method: str, headers: dict[str, str]) -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, headers=headers)
        reply = connection.getresponse()
        return Reply(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
    finally:
        connection.close()


class Listener:
    """A stream of events, as it comes."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._text = ""
        self.seen: list[tuple[str, str, Any]] = []

    async def until(self, kind: str, **about: object) -> Any:
        """The next event of a kind in which these keys have these values."""
        with trio.fail_after(20):
            while True:
                while "\n\n" in self._text:
                    event, _, self._text = self._text.partition("\n\n")
                    fields = dict(line.split(": ", 1) for line in event.splitlines() if ": " in line)
                    if "event" not in fields:
                        continue
                    found = json.loads(fields["data"])
                    self.seen.append((fields["event"], fields.get("id", ""), found))
                    if fields["event"] == kind and all(found.get(k) == v for k, v in about.items()):
                        return found
                data = await self._stream.receive_some()
                assert data, "the stream ended"
                self._text += _without_chunks(data)


def _without_chunks(data: bytes) -> str:
    """The text of whole chunks; heads of chunks are lines of their own between events."""
    return data.decode().replace("\r\n", "\n")


@asynccontextmanager
async def listening(port: int, query: str = "", last: str = "") -> AsyncIterator[Listener]:
    """A stream of everything that changes."""
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream:
        again = f"Last-Event-ID: {last}\r\n" if last else ""
        await stream.send_all(f"GET /api/v1/stream?{query} HTTP/1.1\r\nHost: x\r\n{again}\r\n".encode())
        yield Listener(stream)
