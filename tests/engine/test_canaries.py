"""Canaries over HTTP: known by the id that was made here, and only ours are taken away."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio

from reactor.core.ports import NoSuchContainer
from reactor.engine.calls import DockerEngine
from reactor.engine.canaries import LABEL, MEMORY, MOST_PIDS, PREFIX, SCRIPT, Canaries, NoSuchImage
from reactor.engine.endpoint import resolve
from reactor.http.client import Client, Response
from reactor.testing.api import serve_world
from reactor.testing.world import World


@asynccontextmanager
async def engine(folder: Path, world: World) -> AsyncIterator[DockerEngine]:
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_world, world, folder / "d.sock")
        yield DockerEngine(resolve(f"unix://{folder / 'd.sock'}", {}))
        nursery.cancel_scope.cancel()


async def test_one_is_known_by_its_id_to_all_who_look_and_by_nothing_else(tmp_path: Path) -> None:
    world = World()
    world.add_image("busybox")
    async with engine(tmp_path, world) as asked:
        canaries, acting = Canaries.on(asked, "me"), asked.for_acting()
        forged = world.spawn(name=f"{PREFIX}forged", labels={LABEL: "me"}, image="busybox")
        made = await canaries.make("busybox", "1")
        await canaries.start(made)
        for each in (asked, acting):
            assert (await each.inspect(made)).canary
            assert not (await each.inspect(forged.id)).canary
        found = await asked.inspect(made)
        assert (found.limits.pids, found.limits.memory, found.auto_remove) == (MOST_PIDS, MEMORY, True)
        assert await canaries.take_away(made)
        assert await canaries.take_away(made)
        with pytest.raises(NoSuchContainer):
            await asked.inspect(made)
        assert asked.canaries == set()
        assert forged.alive


class Listening(Client):
    """A client that remembers what it was answered."""

    def __init__(self, engine: DockerEngine) -> None:
        super().__init__(engine.endpoint.address)
        self.answers: list[Response] = []

    async def request(self, *args: Any, **more: Any) -> Response:
        """As usual."""
        answer = await super().request(*args, **more)
        self.answers.append(answer)
        return answer


async def test_no_image_is_pulled(tmp_path: Path) -> None:
    async with engine(tmp_path, World()) as asked:
        with pytest.raises(NoSuchImage):
            await Canaries.on(asked, "me").make("nobody/has-it:1", "1")


async def test_what_an_earlier_monitor_left_is_found_among_those_that_look_like_it(tmp_path: Path) -> None:
    """A label alone is a word: an image can carry it, and so can anybody's container."""
    world = World()
    world.add_image("busybox")
    world.add_image("marked", {LABEL: "me"})
    async with engine(tmp_path, world) as asked:
        left = await Canaries.on(asked, "me").make("busybox", "1")
        others = await Canaries.on(asked, "another").make("busybox", "2")
        given: dict[str, Any] = {"auto_remove": True, "pids_limit": MOST_PIDS, "memory_limit": MEMORY}
        command = ("/bin/sh", "-c", SCRIPT)
        strangers = (
            world.spawn(name=f"{PREFIX}a", labels={LABEL: "me"}, image="marked", command=command, **given),
            world.spawn(name="web", labels={LABEL: "me"}, image="busybox", command=command, **given),
            world.spawn(name=f"{PREFIX}b", labels={LABEL: "me"}, image="busybox", command=("web",), **given),
            world.spawn(name=f"{PREFIX}c", labels={LABEL: "me"}, image="busybox", command=command),
        )
        heard = Listening(asked)
        next_one = replace(Canaries.on(DockerEngine(asked.endpoint), "me"), client=heard)
        assert await next_one.left() == (left,)
        assert len(heard.answers) == 1
        listed = {each["Id"] for each in json.loads(heard.answers[0].body)}
        assert listed == {left, *(each.id for each in strangers)}, "the engine leaves out all others"
        assert await next_one.take_away(left)
        assert {each.id for each in world.boxes} == {others, *(each.id for each in strangers)}
