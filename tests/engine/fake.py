"""A scripted engine behind a real socket: paths with what is answered to them, and what was asked."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import trio

from reactor.engine.calls import DockerEngine
from reactor.engine.deadlines import Deadlines
from reactor.engine.endpoint import Endpoint
from tests.engine.payloads import IMAGE, A, inspect
from tests.http.peer import peer, read_request

NOON = 1795262400.0
QUICK = Deadlines(list=1, inspect=1, image=0.3, kill=0.3, stop=0.3, events=0.3, stats=0.3)
"""For those who are to wait in vain; all others wait for the usual time, and never that long."""
USUAL = Deadlines()

Answer = Callable[[trio.abc.Stream], Awaitable[None]]
Overheard = Callable[[bytes, trio.abc.Stream], Awaitable[None]]


def at_noon(later: float) -> str:
    """A moment of the engine's clock as it writes it."""
    return datetime.fromtimestamp(NOON + later, UTC).isoformat().replace("+00:00", "Z")


@dataclass
class Fake:
    """``answers`` are looked up by method and path without version and query; what is missing is a 404.

    Those in ``overhear`` get what was read of the request so far, too.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    overhear: dict[str, Overheard] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    ahead: float = 0.0
    """How far the engine's clock is ahead of noon plus our own."""
    dated: bool = True

    def say(self, what: str, status: int = 200, body: Any = None, *, raw: bytes | None = None) -> None:
        """Answer ``what`` (as "GET /info") with a status and JSON, or with these bytes."""
        text = json.dumps(body).encode() if raw is None else raw

        async def answer(stream: trio.abc.Stream) -> None:
            date = f"date: {self.date()}\r\n" if self.dated else ""
            await stream.send_all(
                f"HTTP/1.1 {status} X\r\n{date}content-length: {len(text)}\r\n\r\n".encode() + text
            )

        self.answers[what] = answer

    def stream(self, what: str, *pieces: bytes, status: int = 200, last: bytes = b"0\r\n\r\n") -> None:
        """Answer with a chunked body of these pieces, ended by ``last``."""

        async def answer(stream: trio.abc.Stream) -> None:
            await stream.send_all(f"HTTP/1.1 {status} X\r\ntransfer-encoding: chunked\r\n\r\n".encode())
            for piece in pieces:
                await stream.send_all(b"%x\r\n%b\r\n" % (len(piece), piece))
            await stream.send_all(last)

        self.answers[what] = answer

    def hang(self, what: str) -> None:
        """Never answer."""

        async def answer(_stream: trio.abc.Stream) -> None:
            await trio.sleep_forever()

        self.answers[what] = answer

    def now(self) -> float:
        """The engine's clock."""
        return NOON + trio.current_time() + self.ahead

    def date(self) -> str:
        """The engine's clock as the header of an answer."""
        return format_datetime(datetime.fromtimestamp(int(self.now()), UTC), usegmt=True)

    async def handle(self, stream: trio.abc.Stream) -> None:
        """Answer one request."""
        request = await read_request(stream)
        method, target, _ = request.decode().split(" ", 2)
        self.asked.append(f"{method} {target}")
        path = re.sub(r"^/v1\.\d+", "", target).partition("?")[0]
        if f"{method} {path}" in self.overhear:
            await self.overhear[f"{method} {path}"](request, stream)
            return
        if path == "/info" and "GET /info" not in self.answers:
            self.inform()
            await self.answers.pop("GET /info")(stream)
            return
        answer = self.answers.get(f"{method} {path}") or self.missing()
        await answer(stream)

    def inform(self, **changes: Any) -> None:
        """Say who this is, by the clock of this moment."""
        now = datetime.fromtimestamp(self.now(), UTC).isoformat().replace("+00:00", "Z")
        info = {"ID": "I:D", "Name": "host", "SystemTime": now, "MemTotal": 25276502016}
        self.say("GET /info", body={**info, "CgroupVersion": "1", "CgroupDriver": "cgroupfs", **changes})

    def missing(self) -> Answer:
        """As for a container that does not exist."""
        self.say("404", 404, {"message": "No such container: x"})
        return self.answers.pop("404")


@asynccontextmanager
async def fake_engine(deadlines: Deadlines = USUAL, **more: Any) -> AsyncIterator[tuple[Fake, DockerEngine]]:
    """A scripted engine with one container ``A``, and ours that speaks to it."""
    fake = Fake()
    fake.say("GET /version", body={"ApiVersion": "1.41", "MinAPIVersion": "1.12", "Version": "20.10.24"})
    fake.say(f"GET /containers/{A}/json", body=inspect())
    fake.say(f"GET /images/{IMAGE}/json", body={"Id": IMAGE, "Config": {"Labels": {"from": "image"}}})
    async with peer(fake.handle) as address:
        endpoint = Endpoint(address, str(address), "the test", named=True)
        yield fake, DockerEngine(endpoint, deadlines=deadlines, **more)
