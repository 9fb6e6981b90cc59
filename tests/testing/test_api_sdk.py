"""The docker SDK, as a stranger would use it, finds an engine on the embedded engine's socket."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import docker
import pytest
import trio
from docker.errors import APIError, ImageNotFound, NotFound
from trio.testing import wait_all_tasks_blocked

from reactor.testing.api import serve_world
from reactor.testing.history import What
from reactor.testing.tasks import MIB, Exits, Grows, Serves
from reactor.testing.world import World


@asynccontextmanager
async def served(path: Path, **options: Any) -> AsyncIterator[World]:
    """Serve a new world on a socket."""
    world = World(**options)
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_world, world, path)
        yield world
        nursery.cancel_scope.cancel()


async def in_thread(work: Any, path: Path) -> Any:
    """Let a blocking function have a client of its own in a thread."""

    def run() -> Any:
        client = docker.DockerClient(base_url=f"unix://{path}", timeout=10)
        try:
            return work(client)
        finally:
            client.close()

    return await trio.to_thread.run_sync(run)


async def test_it_answers_who_it_is(socket_path: Path) -> None:
    def work(client: Any) -> tuple[Any, ...]:
        return client.ping(), client.version()["ApiVersion"], client.info()["ID"], client.api._version

    async with served(socket_path, seed="one"):
        assert await in_thread(work, socket_path) == (True, "1.41", f"one-{os.getpid()}", "1.41")


async def test_it_lists_and_inspects(socket_path: Path) -> None:
    def work(client: Any) -> tuple[list[str], list[str], dict[str, Any]]:
        running = [c.name for c in client.containers.list()]
        everything = [c.name for c in client.containers.list(all=True)]
        return running, everything, client.containers.get("main").attrs

    async with served(socket_path) as world:
        main = world.spawn(Serves(), name="main", memory_limit=64 * MIB, pids_limit=100, labels={"a": "b"})
        side = world.spawn(name="side", joins=main)
        world.create(name="new")
        running, everything, attrs = await in_thread(work, socket_path)
        assert (running, everything) == (["side", "main"], ["new", "side", "main"])
        assert attrs["Id"] == main.id
        assert attrs["State"]["StartedAt"] == main.run.started_at
        assert attrs["State"]["Pid"] == main.pid
        assert attrs["Config"]["Labels"] == {"a": "b"}
        assert (attrs["HostConfig"]["Memory"], attrs["HostConfig"]["PidsLimit"]) == (64 * MIB, 100)
        assert side.recipe.network_mode == f"container:{main.id}"


async def test_it_knows_images_and_their_labels(socket_path: Path) -> None:
    def work(client: Any) -> tuple[list[list[str]], dict[str, str]]:
        with pytest.raises(ImageNotFound):
            client.images.get("nobody:none")
        return [i.tags for i in client.images.list()], client.images.get("our/app:1").labels

    async with served(socket_path) as world:
        world.add_image("our/app:1", {"reactor.skip": ""})
        assert await in_thread(work, socket_path) == ([["our/app:1"]], {"reactor.skip": ""})


async def test_it_creates_runs_kills_and_removes(socket_path: Path) -> None:
    def work(client: Any) -> tuple[int, str]:
        container = client.containers.run(
            "busybox:test",
            ["sleep", "1000"],
            name="made",
            detach=True,
            labels={"x": "y"},
            mem_limit="32m",
            pids_limit=50,
            network_mode="none",
            restart_policy={"Name": "on-failure", "MaximumRetryCount": 3},
        )
        container.kill()
        container.reload()
        code = container.attrs["State"]["ExitCode"]
        with pytest.raises(APIError) as again:
            container.kill()
        assert again.value.status_code == 409
        container.remove()
        with pytest.raises(NotFound):
            client.containers.get("made")
        return code, container.id

    async with served(socket_path) as world:
        world.add_image()
        code, made = await in_thread(work, socket_path)
        assert code == 137
        assert [e.what for e in world.history.of(made)] == [
            What.CREATED,
            What.STARTED,
            What.KILL,
            What.DIED,
            What.KILL,
            What.REMOVED,
        ]
        assert [e.status for e in world.history.asked("api")] == [204, 409]


async def test_it_waits_for_ends_and_gives_one_frame(socket_path: Path) -> None:
    def work(client: Any) -> tuple[Any, ...]:
        frame = client.containers.get("hog").stats(stream=False)
        return client.containers.get("short").wait(), frame["memory_stats"]

    async with served(socket_path) as world:
        world.spawn(Exits(0.2, 7), name="short")
        world.spawn(Grows(0.5, over=0.0), name="hog", memory_limit=64 * MIB)
        ended, memory = await in_thread(work, socket_path)
        assert ended == {"Error": None, "StatusCode": 7}
        assert (memory["usage"], memory["limit"]) == (32 * MIB, 64 * MIB)


async def test_it_streams_events_that_the_sdk_can_read(socket_path: Path) -> None:
    def work(client: Any) -> list[tuple[str, str]]:
        seen = []
        events = client.events(decode=True, since=0, filters={"type": "container"})
        for event in events:
            seen.append((event["Action"], event["Actor"]["Attributes"]["name"]))
            if event["Action"] == "die":
                events.close()
                return seen
        return seen

    async with served(socket_path) as world:
        world.spawn(Exits(0.2), name="short")
        assert await in_thread(work, socket_path) == [
            ("create", "short"),
            ("start", "short"),
            ("die", "short"),
        ]
        assert not world.events.listeners or len(world.events.listeners) == 1


async def test_it_is_away_after_a_crash_and_back_after_a_boot(socket_path: Path) -> None:
    def ping(client: Any) -> bool:
        return bool(client.ping())

    async with served(socket_path) as world:
        box = world.spawn(Serves(), restart_policy="always")
        first = box.run
        assert await in_thread(ping, socket_path)
        world.crash()
        await wait_all_tasks_blocked()
        with pytest.raises(ConnectionRefusedError):
            await trio.open_unix_socket(str(socket_path))
        world.boot()
        await wait_all_tasks_blocked()
        assert await in_thread(ping, socket_path)
        assert box.run != first
        assert box.alive
    assert list(os.scandir(socket_path.parent)) == []
