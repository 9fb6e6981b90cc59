"""The program with several embedded engines: each is asked by its name, and one away disturbs no other."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

import trio

from reactor.http.address import Address
from reactor.http.client import Client
from reactor.journal.clocks import wall
from reactor.testing.api import serve_world
from reactor.testing.api_call import BY
from reactor.testing.tasks import Usage
from reactor.testing.world import World
from tests.app.embedded import RULES, apart, rules_in
from tests.app.test_supervise import task
from tests.real.several import SeveralMonitors
from tests.real.waiting import until

SOON = 20.0
QUICK = "times: {reconcile_every: 1s}\ngate: {off: true}\nbreaker: {off: true}\n"


class Engines:
    """Some worlds, each behind a socket."""

    def __init__(self, folder: Path, nursery: trio.Nursery) -> None:
        self._folder = folder
        self._nursery = nursery

    def host(self, name: str) -> str:
        return f"unix://{self._folder / name}.sock"

    async def begin(self, name: str, seed: str = "") -> World:
        """From now on there is an engine at this host."""
        world = World(epoch=wall(), seed=seed or name)
        await self._nursery.start(serve_world, world, self._folder / f"{name}.sock")
        return world


@asynccontextmanager
async def engines(folder: Path) -> AsyncIterator[Engines]:
    async with trio.open_nursery() as nursery:
        yield Engines(folder, nursery)
        nursery.cancel_scope.cancel()


@contextmanager
def never_left(monitor: SeveralMonitors) -> Iterator[SeveralMonitors]:
    monitor.start()
    try:
        yield monitor
    finally:
        monitor.end()


def several(folder: Path, found: Engines, *names: str) -> SeveralMonitors:
    hosts = {name: found.host(name) for name in names}
    return SeveralMonitors(folder, hosts, config=QUICK, rules=rules_in(folder))


async def come(what: str, so: "partial[bool]") -> None:
    await apart(partial(until, so, SOON, what))


def ended(world: World) -> list[str]:
    return [entry.name for entry in world.history.effective(BY)]


def storm(world: World, name: str) -> None:
    near = task(world, f"{name}-near")
    world.use(near, Usage(pids=200))
    world.use(task(world, name), Usage(pids=201))


async def test_each_ends_its_own_and_one_that_comes_late_is_taken_up(tmp_path: Path) -> None:
    """Nobody listens where the second one is to be, until the first has done its work."""
    async with engines(tmp_path) as found:
        east = await found.begin("east")
        with never_left(several(tmp_path, found, "east", "west")) as monitor:
            await come("it listens", partial(monitor.has_begun))
            await come("east is watched", partial(_is, monitor, "east", "watching"))
            await come("west is away", partial(_is, monitor, "west", "away"))
            storm(east, "bad-of-east")
            await come("it was ended", partial(_ended, east, "bad-of-east"))
            status, why = await apart(partial(monitor.asked, "/-/ready"))
            assert status == 503
            assert f"west: GET /version: there is no socket at {found.host('west')}" in why or "west" in why
            assert await apart(partial(monitor.asked, "/engines/east/-/ready")) == (200, "Ready.\n")
            west = await found.begin("west")
            storm(west, "bad-of-west")
            await come("west is watched, too", partial(_is, monitor, "west", "watching"))
            await come("it was ended", partial(_ended, west, "bad-of-west"))
            assert (ended(east), ended(west)) == (["bad-of-east"], ["bad-of-west"])
            await come("all is ready", partial(monitor.is_ready))
            assert await apart(partial(monitor.stop)) == 0
        for name, world in (("east", east), ("west", west)):
            names = {row["name"] for row in monitor.of(name).rows("SELECT name FROM intents")}
            assert names == {*ended(world)}, "each has a journal of its own"


def _is(monitor: SeveralMonitors, engine: str, stage: str) -> bool:
    return bool(monitor.standing(engine)["stage"] == stage)


def _ended(world: World, name: str) -> bool:
    return name in ended(world)


async def test_one_engine_under_two_names_is_watched_once(tmp_path: Path) -> None:
    async with engines(tmp_path) as found:
        world = await found.begin("east", "the-same")
        await found.begin("again", "the-same")
        with never_left(several(tmp_path, found, "east", "again")) as monitor:
            await come("it listens", partial(monitor.has_begun))
            await come("one is watched, the other is not", partial(_one_of_two, monitor))
            storm(world, "bad")
            assert await apart(partial(monitor.stop)) == 0
        refused = monitor.said("this engine is not watched, and is tried again")
        assert len(refused) == 1, "it is said once, however often it is tried"
        assert "name it once" in str(refused[0]["why"])


def _one_of_two(monitor: SeveralMonitors) -> bool:
    return sorted(str(monitor.standing(name)["stage"]) for name in ("east", "again")) == ["away", "watching"]


async def test_a_hang_up_has_all_read_and_who_comes_later_begins_by_what_was_read(tmp_path: Path) -> None:
    """The second one was away when the rules were read again."""
    more = RULES.replace("pids > 200", "pids > 100")
    async with engines(tmp_path) as found:
        east = await found.begin("east")
        with never_left(several(tmp_path, found, "east", "west")) as monitor:
            await come("it listens", partial(monitor.has_begun))
            await come("east is watched", partial(_is, monitor, "east", "watching"))
            rules_in(tmp_path, more)
            monitor.hang_up()
            await come("they were read", partial(_read_again, monitor))
            # What stands in the file from now on nobody was told of.
            rules_in(tmp_path, RULES.replace("pids > 200", "pids > 50"))
            west = await found.begin("west")
            await come("west is watched, too", partial(_is, monitor, "west", "watching"))
            for world in (east, west):
                world.use(task(world, "near"), Usage(pids=100))
                world.use(task(world, "bad"), Usage(pids=101))
                await come("it was ended", partial(_ended, world, "bad"))
                assert ended(world) == ["bad"]
            assert await apart(partial(monitor.stop)) == 0


def _knows(monitor: SeveralMonitors, engine: str) -> bool:
    return bool(monitor.standing(engine)["containers"])


def _read_again(monitor: SeveralMonitors) -> bool:
    return bool(monitor.said("the rules were read again and are in force", engine="east"))


async def test_the_control_socket_is_one_and_takes_orders_for_each(tmp_path: Path) -> None:
    async with engines(tmp_path) as found:
        worlds = {name: await found.begin(name) for name in ("east", "west")}
        with never_left(several(tmp_path, found, *worlds)) as monitor:
            await come("it listens", partial(monitor.has_begun))
            await come("all is ready", partial(monitor.is_ready))
            for world in worlds.values():
                task(world, "wanted")
            client = Client(Address.unix(str(monitor.control)))

            async def ask(method: str, path: str) -> tuple[int, Mapping[str, object]]:
                answer = await client.request(method, path, within=SOON)
                return answer.status, json.loads(answer.body)

            await come("it is known", partial(_knows, monitor, "west"))
            status, told = await ask("GET", "/v1/status")
            assert (status, told["not_ready"]) == (200, "")
            status, told = await ask("POST", "/v1/kill?container=wanted")
            assert status == 409, "nobody guesses which of the two is meant"
            assert told["error"] == "this monitor watches several engines, name one with --engine: east, west"
            status, told = await ask("POST", "/engines/west/v1/kill?container=wanted&who=me&why=test")
            assert (status, told["name"]) == (200, "wanted")
            await come("it was ended", partial(_ended, worlds["west"], "wanted"))
            assert ended(worlds["east"]) == []
            assert await apart(partial(monitor.stop)) == 0
