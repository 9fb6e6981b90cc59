"""The control socket: what is answered, by whom it can be opened, and what a monitor refuses."""

import json
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio

from reactor.http.address import Address
from reactor.http.client import Client
from reactor.http.server import serve
from reactor.http.server_unix import open_unix_listener
from reactor.web.control import TERMS, Controls, Kept, Order, Reader, Refused, always, control


@dataclass
class Monitor:
    """A monitor of which only the answers are there."""

    socket: Path
    acknowledged: list[Reader] = field(default_factory=list)
    ordered: list[Order] = field(default_factory=list)

    def status(self) -> Mapping[str, Any]:
        return {"rules": 4}

    def explain(self, wanted: str) -> Mapping[str, Any]:
        if wanted != "web":
            raise Refused(404, {"error": f"no container is known as {wanted}"})
        return {"name": "w\x1b[31mé"}

    async def reload(self) -> Mapping[str, Any]:
        raise Refused(422, {"errors": ["rules/a.yaml:1:2: no"]})

    def acknowledge(self, reader: Reader) -> Mapping[str, Any]:
        self.acknowledged.append(reader)
        return {"rules": []}

    def kill(self, order: Order) -> Mapping[str, Any]:
        self.ordered.append(order)
        return {"decision": "ab"}

    def hold(self, query: Mapping[str, str]) -> Mapping[str, Any]:
        if not query.get("who"):
            raise Refused(400, {"error": "who?"})
        return {"held": query["who"]}

    async def ask(self, method: str, target: str) -> tuple[int, bytes]:
        answer = await Client(Address.unix(str(self.socket))).request(method, target, within=5)
        return answer.status, answer.body


@asynccontextmanager
async def running(folder: Path, kept: Kept = always) -> AsyncIterator[Monitor]:
    monitor = Monitor(folder / "c.sock")
    more = {"/v1/hold": {"POST": monitor.hold}}
    controls = Controls(
        monitor.status, monitor.explain, monitor.reload, monitor.acknowledge, monitor.kill, more, kept
    )
    listener = await open_unix_listener(monitor.socket)
    async with trio.open_nursery() as nursery:
        await nursery.start(
            lambda task_status: serve([listener], control(controls), terms=TERMS, task_status=task_status)
        )
        yield monitor
        nursery.cancel_scope.cancel()


async def test_what_is_asked_and_told_is_json(tmp_path: Path) -> None:
    async with running(tmp_path) as monitor:
        assert await monitor.ask("GET", "/v1/status") == (200, b'{"rules": 4}\n')
        status, body = await monitor.ask("GET", "/v1/explain?container=web")
        assert (status, json.loads(body)["name"]) == (200, "w\x1b[31mé")
        assert body.isascii(), "whatever reads it, no stranger's escape reaches a terminal"
        assert await monitor.ask("POST", "/v1/ack?who=ada&token=1a-2") == (
            200,
            b'{"rules": [], "on_disk": true}\n',
        )
        await monitor.ask("POST", "/v1/ack?who=ada&unread=yes")
        await monitor.ask("POST", "/v1/ack?unread=")
    assert monitor.acknowledged == [Reader("ada", "1a-2"), Reader("ada", unread=True), Reader("")]


async def test_further_orders_have_their_path_and_their_query(tmp_path: Path) -> None:
    async with running(tmp_path) as monitor:
        assert await monitor.ask("POST", "/v1/hold?who=ada") == (
            200,
            b'{"held": "ada", "on_disk": true}\n',
        )
        assert await monitor.ask("POST", "/v1/hold") == (400, b'{"error": "who?"}\n')
        assert (await monitor.ask("GET", "/v1/hold?who=ada"))[0] == 405


async def test_what_cannot_be_done_has_its_status_and_its_reason(tmp_path: Path) -> None:
    async with running(tmp_path) as monitor:
        assert await monitor.ask("GET", "/v1/explain?container=nobody") == (
            404,
            b'{"error": "no container is known as nobody"}\n',
        )
        assert (await monitor.ask("GET", "/v1/explain"))[0] == 400
        assert await monitor.ask("POST", "/-/reload") == (422, b'{"errors": ["rules/a.yaml:1:2: no"]}\n')


async def test_reading_changes_nothing(tmp_path: Path) -> None:
    """What changes something is no GET: no link and no prefetch does it."""
    async with running(tmp_path) as monitor:
        assert (await monitor.ask("GET", "/v1/ack"))[0] == 405
        assert (await monitor.ask("GET", "/-/reload"))[0] == 405
        assert (await monitor.ask("GET", "/v1/kill?container=web"))[0] == 405
    assert monitor.acknowledged == []
    assert monitor.ordered == []


async def test_an_order_names_who_wants_it_and_only_yes_is_yes(tmp_path: Path) -> None:
    async with running(tmp_path) as monitor:
        await monitor.ask("POST", "/v1/kill?container=web&who=ada&why=x&cascade=yes&sure=yes&started_at=s")
        await monitor.ask("POST", "/v1/kill?container=web&who=ada&cascade=1&sure=no")
    assert monitor.ordered == [
        Order("web", "ada", "x", cascade=True, sure=True, started_at="s"),
        Order("web", "ada"),
    ]


async def test_only_the_user_himself_can_open_it(tmp_path: Path) -> None:
    async with running(tmp_path) as monitor:
        assert stat.S_IMODE(monitor.socket.stat().st_mode) == 0o600


async def test_an_order_is_answered_when_it_is_on_the_disk_or_will_not_be_soon(tmp_path: Path) -> None:
    """A refused order waits for nothing, and neither does a question."""
    waits: list[str] = []

    async def kept() -> bool:
        waits.append("asked")
        await trio.lowlevel.checkpoint()
        return False

    async with running(tmp_path, kept) as monitor:
        assert (await monitor.ask("GET", "/v1/status"))[0] == 200
        assert (await monitor.ask("POST", "/v1/hold"))[0] == 400
        assert waits == []
        assert json.loads((await monitor.ask("POST", "/v1/hold?who=ada"))[1]) == {
            "held": "ada",
            "on_disk": False,
        }
        assert json.loads((await monitor.ask("POST", "/v1/ack?who=ada&unread=yes"))[1])["on_disk"] is False
    assert waits == ["asked"] * 2
