"""Messages to webhooks: signed, tried again, never waited for. Sockets are real, so time is, too."""

import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256

import pytest
import trio

from reactor.act import courier as courier_module
from reactor.act.courier import ROOM, Courier
from reactor.act.means import Webhook
from reactor.act.messages import DECIDED, SIGNATURE, about, event
from reactor.core.container import ContainerId, Run
from reactor.http.address import Address
from reactor.http.server import Answer, Request, Response, serve
from reactor.http.server_listeners import open_tcp_listeners

from .build import decide

SECRET = b"sixteen bytes or more"
RUN = Run(ContainerId("a" * 64), "2026-01-01T00:00:00Z")


@dataclass
class Receiver:
    """Somebody's webhook, which answers with these statuses, and then with 204."""

    port: int = 0
    statuses: list[int] = field(default_factory=list)
    got: list[Request] = field(default_factory=list)
    came: trio.Event = field(default_factory=trio.Event)

    async def answer(self, request: Request) -> Answer:
        self.got.append(request)
        self.came.set()
        return Response(self.statuses.pop(0) if self.statuses else 204)

    def webhook(self, **given: float) -> Webhook:
        return Webhook(Address.tcp("127.0.0.1", self.port), "/hook?x=1", SECRET, **given)


@asynccontextmanager
async def receiving(*statuses: int) -> AsyncIterator[Receiver]:
    receiver = Receiver(statuses=list(statuses))
    async with trio.open_nursery() as nursery:
        listeners = await open_tcp_listeners(0)
        receiver.port = listeners[0].socket.getsockname()[1]
        await nursery.start(serve, listeners, receiver.answer)
        yield receiver
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def sending(**webhooks: Webhook) -> AsyncIterator[Courier]:
    courier = Courier(webhooks, wall=lambda: 1_700_000_000.5, jitter=lambda: 1.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(courier.run)
        with trio.fail_after(10):
            yield courier
        nursery.cancel_scope.cancel()


async def test_a_message_is_a_signed_cloud_event() -> None:
    decision = decide(RUN)
    body = event(DECIDED, decision.id, "reactor/engine", 1_700_000_000.5, about(decision))
    async with receiving() as receiver, sending(oncall=receiver.webhook()) as courier:
        assert courier.send_nowait("oncall", body)
        await courier.wait_empty()
    (request,) = receiver.got
    assert (request.method, request.path, request.query) == ("POST", "/hook", {"x": "1"})
    assert request.headers["content-type"] == "application/cloudevents+json"
    said = dict(part.split("=", 1) for part in request.headers[SIGNATURE.lower()].split(","))
    expected = hmac.new(SECRET, said["t"].encode() + b"." + request.body, sha256).hexdigest()
    assert (said["t"], said["v1"]) == ("1700000000", expected)
    document = json.loads(request.body)
    assert document["time"] == "2023-11-14T22:13:20.500+00:00"
    assert {key: document[key] for key in ("specversion", "id", "type", "subject")} == {
        "specversion": "1.0",
        "id": decision.id,
        "type": "reactor.decision",
        "subject": RUN.id,
    }
    assert document["data"]["rule"] == "safety/pids"


@pytest.mark.parametrize("status", [500, 503, 429, 408])
async def test_what_may_pass_is_tried_again(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier_module, "FIRST_PAUSE", 0.01)
    async with receiving(status, status) as receiver, sending(oncall=receiver.webhook()) as courier:
        courier.send_nowait("oncall", b"{}")
        await courier.wait_empty()
        assert (courier.statistics().sent, courier.statistics().retries) == (1, 2)
    assert len(receiver.got) == 3


async def test_what_is_refused_is_dropped_at_once() -> None:
    async with receiving(400) as receiver, sending(oncall=receiver.webhook()) as courier:
        courier.send_nowait("oncall", b"{}")
        courier.send_nowait("oncall", b"{}")
        await courier.wait_empty()
        assert (courier.statistics().sent, courier.statistics().dropped) == (1, 1)
    assert len(receiver.got) == 2


async def test_what_is_too_old_is_dropped() -> None:
    async with receiving(500) as receiver, sending(oncall=receiver.webhook(keep=0.1)) as courier:
        courier.send_nowait("oncall", b"{}")
        await courier.wait_empty()
        assert courier.statistics().dropped == 1


async def test_one_that_is_down_holds_up_no_other() -> None:
    """Nobody listens at the first; the second gets its message meanwhile."""
    async with receiving() as receiver:
        (closed,) = await open_tcp_listeners(0)
        port = closed.socket.getsockname()[1]
        await closed.aclose()
        down = Webhook(Address.tcp("127.0.0.1", port))
        async with sending(down=down, up=receiver.webhook()) as courier:
            assert courier.send_nowait("down", b"{}")
            assert courier.send_nowait("up", b"{}")
            await receiver.came.wait()
            assert courier.statistics().sent in (0, 1)


async def test_a_queue_has_a_bound_and_no_name_is_made_up() -> None:
    """Nothing runs here: what is put stays in its queue."""
    courier = Courier({"oncall": Webhook(Address.tcp("127.0.0.1", 1))}, wall=lambda: 0.0, jitter=lambda: 0.0)
    assert [courier.send_nowait("oncall", b"{}") for _ in range(ROOM + 1)] == [True] * ROOM + [False]
    assert not courier.send_nowait("nobody", b"{}")
    assert (courier.statistics().queued, courier.statistics().dropped) == (ROOM, 1)
