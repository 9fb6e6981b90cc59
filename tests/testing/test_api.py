"""The API's own manners: versions, filters, streams and the ways in which they end."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from reactor.testing.api import serve_world
from reactor.testing.tasks import Exits, FillsCache, Forks
from reactor.testing.world import World
from tests.testing.raw import Raw, Said

MIB = 1024 * 1024


class Door:
    """A world and the way to ask over its socket."""

    def __init__(self, world: World, path: Path) -> None:
        self.world = world
        self.path = path

    async def call(self, method: str, path: str, body: Any = None) -> Said:
        """Make one call."""
        return await trio.to_thread.run_sync(Raw(str(self.path)).call, method, path, body)

    async def listen(self, path: str) -> "Listener":
        """Open a stream and read its head."""
        stream = await trio.open_unix_socket(str(self.path))
        await stream.send_all(f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        listener = Listener(stream)
        await listener.read_head()
        # The subscription follows the head: what happens in between is not heard.
        await wait_all_tasks_blocked()
        return listener


class Listener:
    """A stream of JSON lines in chunks, one chunk each."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self.got = b""

    async def read_head(self) -> None:
        """Read up to the body."""
        while b"\r\n\r\n" not in self.got:
            self.got += bytes(await self.stream.receive_some())
        self.got = self.got.partition(b"\r\n\r\n")[2]

    async def next(self) -> Any:
        """The next object."""
        with trio.fail_after(5):
            while self.got.count(b"\r\n") < 2:
                self.got += bytes(await self.stream.receive_some())
        _, line, self.got = self.got.split(b"\r\n", 2)
        return json.loads(line)

    async def rest(self) -> bytes:
        """Everything up to the end of the connection, or of the body."""
        with trio.fail_after(5):
            while data := await self.stream.receive_some():
                self.got += bytes(data)
                if self.got.endswith(b"\r\n0\r\n\r\n") or self.got == b"0\r\n\r\n":
                    break
        return self.got


@pytest.fixture
async def door(socket_path: Path) -> AsyncIterator[Door]:
    """Give a served world."""
    world = World()
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_world, world, socket_path)
        yield Door(world, socket_path)
        nursery.cancel_scope.cancel()


async def test_versions_in_the_path_have_bounds(door: Door) -> None:
    statuses = [(await door.call("GET", f"{v}/info")).status for v in ("", "/v1.12", "/v1.41")]
    assert statuses == [200, 200, 200]
    new, old = await door.call("GET", "/v1.42/info"), await door.call("GET", "/v1.11/info")
    assert (new.status, old.status) == (400, 400)
    assert new.document["message"].endswith("Maximum supported API version is 1.41")
    assert old.document["message"].startswith("client version 1.11 is too old")


async def test_the_engines_clock_is_in_every_answer(door: Door) -> None:
    door.world.clock.jump(86_400)
    info = (await door.call("GET", "/info")).document
    assert info["SystemTime"].startswith("2026-01-02T00:00:0")


async def test_a_list_can_be_narrowed(door: Door) -> None:
    world = door.world
    world.spawn(name="web", labels={"a": "1"})
    world.spawn(name="web2", labels={"a": "2"})
    world.create(name="new", labels={"a": "1"})

    async def names(query: str) -> list[str]:
        rows = (await door.call("GET", f"/containers/json?{query}")).document
        return [row["Names"][0] for row in rows]

    assert await names("") == ["/web2", "/web"]
    assert await names('all=1&filters={"label":["a=1"]}') == ["/new", "/web"]
    assert await names('filters={"label":{"a":true},"name":["2"]}') == ["/web2"]
    assert await names('filters={"status":["created"]}') == ["/new"]


async def test_nonsense_in_a_body_or_filter_is_a_400(door: Door) -> None:
    assert (await door.call("POST", "/containers/create", ["a list"])).status == 400
    assert (await door.call("GET", "/containers/json?filters=[")).status == 400


async def test_events_can_be_filtered_and_bounded(door: Door) -> None:
    world = door.world
    first = world.spawn(Exits(0.0, 2), name="first")
    world.spawn(name="second")
    await first.over.wait()
    query = 'until=1767225700&filters={"type":["container"],"event":["die","start"],"container":["fir"]}'
    world.clock.jump(200)
    found = [json.loads(line) for line in (await door.call("GET", f"/events?{query}")).body.splitlines()]
    assert [(e["status"], e["id"], e["from"]) for e in found] == [
        ("start", first.id, "busybox:test"),
        ("die", first.id, "busybox:test"),
    ]


async def test_events_come_as_they_happen(door: Door) -> None:
    listener = await door.listen("/events")
    async with listener.stream:
        door.world.create(name="new")
        assert (await listener.next())["Actor"]["Attributes"]["name"] == "new"
        assert len(door.world.events.listeners) == 1
    with trio.fail_after(5):
        while door.world.events.listeners:  # noqa: ASYNC110 - nothing tells of it
            await trio.sleep(0.01)


@pytest.mark.parametrize(
    ("how", "rest"),
    [
        ("clean", b"0\r\n\r\n"),
        ("half", b'ff\r\n{"status":"die","id":"'),
        ("error", b'2a\r\n{"message":"the event stream failed"}\n\r\n0\r\n\r\n'),
        ("reset", b""),
    ],
)
async def test_event_streams_end_in_many_ways(door: Door, how: str, rest: bytes) -> None:
    listener = await door.listen("/events")
    async with listener.stream:
        door.world.events.end_all(how)
        got = await listener.rest()
    assert got.partition(b"\r\n")[2] == rest.partition(b"\r\n")[2]
    assert (got == b"") == (rest == b"")


async def test_a_crash_breaks_every_stream(door: Door) -> None:
    box = door.world.spawn()
    listeners = [await door.listen("/events"), await door.listen(f"/containers/{box.id}/stats")]
    door.world.crash()
    for listener in listeners:
        assert not (await listener.rest()).endswith(b"0\r\n\r\n")
        await listener.stream.aclose()


async def test_frames_tell_what_is_used_and_what_is_only_cache(door: Door) -> None:
    box = door.world.spawn(FillsCache(1.0, over=0.0), memory_limit=64 * MIB)
    listener = await door.listen(f"/containers/{box.id}/stats")
    async with listener.stream:
        first, second = await listener.next(), await listener.next()
        memory = second["memory_stats"]
        # The cache has filled the container to its limit, and none of it counts.
        assert (memory["usage"], memory["limit"]) == (64 * MIB, 64 * MIB)
        assert memory["usage"] - memory["stats"]["total_inactive_file"] == 2 * MIB
        assert second["preread"] == first["read"]
        assert second["precpu_stats"] == first["cpu_stats"]
        door.world.kill(box)
        zero = await listener.next()
        assert (zero["read"], zero["pids_stats"]) == ("0001-01-01T00:00:00Z", {})
        door.world.remove(box)
        assert (await listener.rest()).endswith(b"0\r\n\r\n")


async def test_a_frame_counts_processes_up_to_the_limit(door: Door) -> None:
    box = door.world.spawn(Forks(1e6), pids_limit=50)
    frame = (await door.call("GET", f"/containers/{box.id}/stats?stream=0")).document
    assert frame["pids_stats"] == {"current": 50, "limit": 50}


async def test_a_wedged_container_hangs_and_the_list_does_not(door: Door) -> None:
    box, other = door.world.spawn(), door.world.spawn()
    door.world.wedge(box)
    answers: list[tuple[str, int]] = []

    async def ask(method: str, path: str) -> None:
        answers.append((path[:6], (await door.call(method, f"/containers/{path}")).status))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask, "POST", f"{box.id}/kill")
        nursery.start_soon(ask, "GET", f"{box.id}/json")
        await trio.sleep(0.2)
        await ask("GET", "json")
        await ask("POST", f"{other.id}/kill")
        assert answers == [("json", 200), (other.id[:6], 204)]
        door.world.free(box)
    assert sorted(status for _, status in answers[2:]) == [200, 204]
    assert not box.alive


async def test_a_stop_goes_on_when_its_client_hangs_up(door: Door) -> None:
    box = door.world.spawn()
    stream = await trio.open_unix_socket(str(door.path))
    await stream.send_all(f"POST /containers/{box.id}/stop?t=0.2 HTTP/1.1\r\nHost: h\r\n\r\n".encode())
    await wait_all_tasks_blocked()
    await stream.aclose()
    with trio.fail_after(5):
        await box.over.wait()


async def test_a_thousand_containers_are_listed(door: Door) -> None:
    for _ in range(1000):
        door.world.create()
    assert len((await door.call("GET", "/containers/json?all=1")).document) == 1000
