"""The fault proxy breaks what it is told to break, where it is told to, and nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from reactor.testing.api import serve_world
from reactor.testing.history import What
from reactor.testing.proxy import Proxy, serve_proxy
from reactor.testing.proxy_faults import (
    BlackHole,
    Cut,
    Delay,
    Fault,
    Say,
    Stall,
    Swallow,
    Truncate,
    kind_of,
)
from reactor.testing.world import World

ENOUGH = 20.0
"""More than anything here takes: a test that waits as long has failed."""


@dataclass
class Stand:
    """A world, the proxy before it and the way in."""

    world: World
    proxy: Proxy
    path: Path

    async def ask(self, line: str, *, head_only: bool = False) -> bytes:
        """Send one request and give what comes until the end."""
        stream = await trio.open_unix_socket(str(self.path))
        got = b""
        async with stream:
            await stream.send_all(f"{line} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n".encode())
            with trio.fail_after(ENOUGH):
                async for data in stream:
                    got += bytes(data)
                    if head_only:
                        return got
        return got


@pytest.fixture
async def stand(socket_path: Path) -> AsyncIterator[Stand]:
    """Give a world behind a proxy."""
    async with standing(socket_path) as made:
        yield made


@asynccontextmanager
async def standing(path: Path) -> AsyncIterator[Stand]:
    """Start both."""
    world, front = World(), path.with_name("p.sock")
    proxy = Proxy(path)
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_world, world, path)
        await nursery.start(serve_proxy, proxy, front)
        yield Stand(world, proxy, front)
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("GET /v1.41/events?since=1 HTTP/1.1", "events"),
        ("GET /events HTTP/1.1", "events"),
        ("GET /v1.41/containers/json?all=1 HTTP/1.1", "list"),
        ("GET /containers/abc/json HTTP/1.1", "inspect"),
        ("GET /v1.41/containers/abc/stats HTTP/1.1", "stats"),
        ("POST /containers/abc/kill HTTP/1.1", "kill"),
        ("GET /containers/abc/kill HTTP/1.1", "other"),
        ("POST /containers/abc/stop?t=3 HTTP/1.1", "stop"),
        ("HEAD /_ping HTTP/1.1", "ping"),
        ("GET /_ping HTTP/1.1", "ping"),
        ("GET /v1.41/info HTTP/1.1", "info"),
        ("GET /version HTTP/1.1", "version"),
        ("GET /v1.41/images/sha256:ab/json HTTP/1.1", "image"),
        ("POST /containers/abc/restart?t=3 HTTP/1.1", "restart"),
        ("POST /v1.41/containers/abc/pause HTTP/1.1", "pause"),
        ("POST /v1.41/containers/abc/unpause HTTP/1.1", "unpause"),
        ("POST /v1.41/containers/abc/update HTTP/1.1", "update"),
        ("DELETE /v1.41/containers/abc?force=1&v=0 HTTP/1.1", "remove"),
        ("GET /v1.41/containers/abc/logs?stdout=1&tail=3 HTTP/1.1", "logs"),
        ("POST /v1.41/containers/create?name=a HTTP/1.1", "create"),
        ("POST /v1.41/containers/abc/start HTTP/1.1", "start"),
        ("POST /v1.41/containers/create/kill HTTP/1.1", "kill"),
        ("DELETE /containers/abc/logs HTTP/1.1", "other"),
        ("nonsense", "other"),
    ],
)
def test_requests_are_told_apart(line: str, kind: str) -> None:
    assert kind_of(line) == kind


async def test_without_a_fault_everything_passes(stand: Stand) -> None:
    stand.world.spawn(name="there")
    assert b'"/there"' in await stand.ask("GET /containers/json")
    assert (await stand.ask("GET /_ping")).endswith(b"OK")
    assert stand.proxy.counts == {"list": 1, "ping": 1}


async def test_a_request_with_a_body_passes(stand: Stand) -> None:
    stand.world.add_image()
    body = b'{"Image": "busybox:test", "Cmd": ["sleep", "1"]}' + b" " * 100_000
    head = f"POST /containers/create?name=made HTTP/1.1\r\nHost: h\r\nContent-Length: {len(body)}\r\n\r\n"
    stream = await trio.open_unix_socket(str(stand.path))
    async with stream:
        await stream.send_all(head.encode())
        await stream.send_all(body)
        answer = b"".join([bytes(data) async for data in stream])
    assert answer.startswith(b"HTTP/1.1 201 ")
    assert [box.name for box in stand.world.boxes] == ["made"]


async def test_a_cut_answer_has_no_end(stand: Stand) -> None:
    stand.proxy.fault("list", Cut(after=1))
    answer = await stand.ask("GET /containers/json")
    assert answer.endswith(b"\r\n\r\n[")
    assert b"Content-Length: 3\r\n" in answer


async def test_a_cut_stream_ends_right_after_its_head(stand: Stand) -> None:
    """An event stream says nothing for a long time, and must not be needed to say anything."""
    stand.proxy.fault("events", Cut())
    assert (await stand.ask("GET /events")).endswith(b"\r\n\r\n")


async def test_a_truncated_answer_ends_in_the_middle_of_an_object(stand: Stand) -> None:
    stand.world.spawn(name="there")
    stand.proxy.fault("inspect", Truncate())
    body = (await stand.ask("GET /containers/there/json")).partition(b"\r\n\r\n")[2]
    assert body.startswith(b'{"Id":')
    assert not body.rstrip().endswith(b"}")


async def test_a_stalled_answer_stays_open(stand: Stand) -> None:
    stand.proxy.fault("list", Stall())
    stream = await trio.open_unix_socket(str(stand.path))
    async with stream:
        await stream.send_all(b"GET /containers/json HTTP/1.1\r\nHost: h\r\n\r\n")
        assert (await stream.receive_some()).endswith(b"\r\n\r\n")
        with trio.move_on_after(0.2) as patience:
            await stream.receive_some()
        assert patience.cancelled_caught


async def test_a_request_into_a_black_hole_never_arrives(stand: Stand) -> None:
    box = stand.world.spawn(name="there")
    stand.proxy.fault("kill", BlackHole())
    with trio.move_on_after(0.2) as patience:
        await stand.ask("POST /containers/there/kill")
    assert patience.cancelled_caught
    assert box.alive
    assert stand.world.history.asked() == []


async def test_a_swallowed_answer_was_done(stand: Stand) -> None:
    box = stand.world.spawn(name="there")
    stand.proxy.fault("kill", Swallow())
    assert await stand.ask("POST /containers/there/kill") == b""
    assert not box.alive


async def test_a_late_answer_is_done_in_time(stand: Stand) -> None:
    stand.world.spawn(name="there")
    stand.proxy.fault("kill", Delay(0.3))
    assert b" 204 " in await stand.ask("POST /containers/there/kill")
    # Late is the answer to what was done before.
    assert trio.current_time() - stand.world.history.deaths()[0].at >= 0.3


async def test_it_can_answer_itself(stand: Stand) -> None:
    stand.world.spawn(name="there")
    stand.proxy.fault("kill", Say(403))
    answer = await stand.ask("POST /containers/there/kill")
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert answer.endswith(b"</html>")
    assert [e.what for e in stand.world.history] == [What.CREATED, What.STARTED]


async def test_a_fault_can_be_for_the_next_ones_only(stand: Stand) -> None:
    stand.proxy.fault("list", Say(500), times=2)
    stand.proxy.fault("ping", Say(500))
    answers = [(await stand.ask("GET /containers/json"))[9:12] for _ in range(3)]
    assert answers == [b"500", b"500", b"200"]
    stand.proxy.fault("any", Say(502))
    assert (await stand.ask("GET /containers/json"))[9:12] == b"502"
    stand.proxy.heal("any")
    assert (await stand.ask("GET /_ping"))[9:12] == b"200"


@pytest.mark.parametrize("fault", [Cut(), Stall(), Truncate()])
async def test_a_stream_can_be_struck_while_it_runs(stand: Stand, fault: Cut | Stall | Truncate) -> None:
    stream = await trio.open_unix_socket(str(stand.path))
    async with stream:
        await stream.send_all(b"GET /events HTTP/1.1\r\nHost: h\r\n\r\n")
        await stream.receive_some()
        assert stand.proxy.underway("events") == 1
        assert stand.proxy.strike("stats", fault) == 0
        assert stand.proxy.strike("events", fault) == 1
        await wait_all_tasks_blocked()
        stand.world.create()
        got = b""
        with trio.move_on_after(0.3 if isinstance(fault, Stall) else ENOUGH) as patience:
            async for data in stream:
                got += bytes(data)
    assert patience.cancelled_caught == isinstance(fault, Stall)
    assert got.count(b"}") < 3
    await wait_all_tasks_blocked(0.05)
    assert stand.proxy.underway("any") == 0


async def test_it_can_refuse_and_admit_again(stand: Stand) -> None:
    stand.proxy.refuse()
    await wait_all_tasks_blocked()
    with pytest.raises(ConnectionRefusedError):
        await trio.open_unix_socket(str(stand.path))
    stand.proxy.admit()
    await wait_all_tasks_blocked()
    assert (await stand.ask("GET /_ping")).endswith(b"OK")


async def test_without_an_engine_it_hangs_up(stand: Stand) -> None:
    stand.world.crash()
    await wait_all_tasks_blocked()
    assert await stand.ask("GET /_ping") == b""


async def test_the_engine_learns_that_a_client_has_gone(stand: Stand) -> None:
    await stand.ask("GET /events", head_only=True)
    await wait_all_tasks_blocked(0.05)
    assert stand.world.events.listeners == frozenset()


async def test_it_stands_before_a_real_engine_as_well(docker_host: str, socket_path: Path) -> None:
    proxy = Proxy(docker_host.removeprefix("unix://"))
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_proxy, proxy, socket_path)
        stand = Stand(World(), proxy, socket_path)
        assert (await stand.ask("GET /_ping")).endswith(b"OK")
        assert b" 200 OK" in await stand.ask("GET /v1.41/containers/json?all=1")
        proxy.fault("events", Cut())
        assert b" 200 OK" in await stand.ask("GET /v1.41/events")
        nursery.cancel_scope.cancel()
    assert proxy.counts == {"ping": 1, "list": 1, "events": 1}


def test_a_fault_is_a_value() -> None:
    faults: list[Fault] = [Stall(), Stall(0)]
    assert faults[0] == faults[1]
