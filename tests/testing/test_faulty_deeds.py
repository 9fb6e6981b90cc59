"""What is done to a container goes wrong: behind a faulty proxy, and in the engine of this process."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.core.container import Limits, State
from reactor.core.ports import DeadlinePassed, Engine, EngineForbids, EngineUnreachable
from reactor.engine.calls import DockerEngine
from reactor.engine.deadlines import Deadlines
from reactor.engine.endpoint import resolve
from reactor.testing import faults
from reactor.testing.api import serve_world
from reactor.testing.box import Box
from reactor.testing.direct import DirectEngine
from reactor.testing.proxy import Proxy, serve_proxy
from reactor.testing.proxy_faults import BlackHole, Say, Swallow
from reactor.testing.world import World

LIMITS = Limits(pids=7)
SHORT = Deadlines(restart=0.3, pause=0.3, update=0.3, remove=0.3, tail=0.3)

Deed = Callable[[Engine, Box], Awaitable[object]]
DEEDS: dict[str, tuple[Deed, Callable[[World, Box], bool]]] = {
    "restart": (
        lambda engine, box: engine.restart(box.id, 0),
        lambda world, box: len(world.history.deaths()) == 1 and box.state is State.RUNNING,
    ),
    "pause": (lambda engine, box: engine.pause(box.id), lambda _, box: box.state is State.PAUSED),
    "unpause": (lambda engine, box: engine.unpause(box.id), lambda _, box: box.state is State.RUNNING),
    "update": (lambda engine, box: engine.update(box.id, LIMITS), lambda _, box: box.recipe.limits.pids == 7),
    "remove": (
        lambda engine, box: engine.remove(box.id, force=True),
        lambda world, box: box not in world.boxes,
    ),
}
EACH = pytest.mark.parametrize("what", DEEDS)


def hurried(engine: DockerEngine) -> DockerEngine:
    """The same one for who is to wait in vain: all others wait as long as it takes."""
    return DockerEngine(engine.endpoint, deadlines=SHORT, watched_by=engine)


def victim(world: World, what: str) -> Box:
    """One to whom this can be done."""
    box = world.spawn()
    if what == "unpause":
        world.pause(box)
    return box


@pytest.fixture
async def behind(socket_path: Path) -> AsyncIterator[tuple[World, Proxy, DockerEngine]]:
    """An embedded engine behind a proxy, and ours that speaks to it."""
    world, inner = World(), socket_path.with_name("e.sock")
    proxy = Proxy(inner)
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_world, world, inner)
        path = await nursery.start(serve_proxy, proxy, socket_path)
        engine = DockerEngine(resolve(f"unix://{path}", {}))
        await engine.identify()
        yield world, proxy, engine
        nursery.cancel_scope.cancel()


@EACH
async def test_a_lost_answer_is_no_lost_deed(what: str, behind: tuple[World, Proxy, DockerEngine]) -> None:
    world, proxy, engine = behind
    box, innocent = victim(world, what), victim(world, what)
    before = (innocent.run, innocent.state, innocent.recipe)
    deed, is_done = DEEDS[what]
    proxy.fault(what, Swallow(), times=1)
    with pytest.raises(EngineUnreachable):
        await deed(engine, box)
    assert is_done(world, box)
    assert proxy.counts[what] == 1
    assert (innocent.run, innocent.state, innocent.recipe) == before


@EACH
@pytest.mark.parametrize(("fault", "error"), [(BlackHole(), DeadlinePassed), (Say(403), EngineForbids)])
async def test_what_does_not_come_through_is_not_done(
    what: str,
    fault: BlackHole | Say,
    error: type[Exception],
    behind: tuple[World, Proxy, DockerEngine],
) -> None:
    world, proxy, engine = behind
    box = victim(world, what)
    deed, is_done = DEEDS[what]
    proxy.fault(what, fault)
    with pytest.raises(error):
        await deed(hurried(engine) if error is DeadlinePassed else engine, box)
    assert not is_done(world, box)
    proxy.heal()
    assert await deed(engine, box) in {200, 204}
    assert is_done(world, box)


async def test_output_that_is_forbidden_or_hangs(behind: tuple[World, Proxy, DockerEngine]) -> None:
    world, proxy, engine = behind
    box = world.spawn()
    world.say(box, b"one\n")
    for fault, error in (
        (Say(403), EngineForbids),
        (BlackHole(), DeadlinePassed),
        (Swallow(), EngineUnreachable),
    ):
        proxy.fault("logs", fault, times=1)
        with pytest.raises(error):
            await (hurried(engine) if error is DeadlinePassed else engine).tail(box.id, 5, 100)
    assert await engine.tail(box.id, 5, 100) == "one"


@EACH
async def test_the_engine_of_this_process_can_be_told_to_fail(what: str, autojump_clock: MockClock) -> None:
    world = World()
    engine = DirectEngine(world)
    async with trio.open_nursery() as nursery:
        await nursery.start(world.run)
        deed, is_done = DEEDS[what]
        box = victim(world, what)
        for fault, error in (
            (faults.Hang(), DeadlinePassed),
            (faults.Fail(EngineForbids("no")), EngineForbids),
        ):
            engine.script.next(what, fault)
            with pytest.raises(error):
                await deed(engine, box)
            assert not is_done(world, box)
        engine.script.next(what, faults.Swallow())
        with pytest.raises(EngineUnreachable):
            await deed(engine, box)
        assert is_done(world, box)
        assert engine.script.counts[faults.Kind(what)] == 3
        nursery.cancel_scope.cancel()


@EACH
async def test_what_is_done_to_one_that_is_stuck_is_done_when_it_goes_on(
    what: str, autojump_clock: MockClock
) -> None:
    """Also if nobody waits for it any more, as on a real engine."""
    world = World()
    engine = DirectEngine(world)
    async with trio.open_nursery() as nursery:
        await nursery.start(world.run)
        box, other = victim(world, what), victim(world, what)
        world.wedge(box)
        deed, is_done = DEEDS[what]
        with pytest.raises(DeadlinePassed):
            await deed(engine, box)
        with pytest.raises(DeadlinePassed):
            await engine.tail(box.id, 5, 100)
        assert not is_done(world, box)
        if what != "restart":
            assert await deed(engine, other) in {200, 204}
        world.free(box)
        await trio.sleep(1)
        # A restart is two things, and its second half needs somebody who waits for the first.
        assert is_done(world, box) or (what == "restart" and box.state is State.EXITED)
        nursery.cancel_scope.cancel()


async def test_a_restart_by_hand_is_counted_once(autojump_clock: MockClock) -> None:
    """As one thing that somebody asked for, however many signals it takes."""
    world = World()
    engine = DirectEngine(world)
    async with trio.open_nursery() as nursery:
        await nursery.start(world.run)
        box, over = world.spawn(), world.create()
        assert await engine.restart(box.id, 2) == 204
        assert await engine.restart(over.id, 2) == 204
        asked = [(entry.what, entry.run.id, entry.effective) for entry in world.history.asked("engine-call")]
        assert asked == [("restart", box.id, True), ("restart", over.id, False)]
        assert trio.current_time() == pytest.approx(2)
        nursery.cancel_scope.cancel()


async def test_who_removed_one_is_on_record(autojump_clock: MockClock) -> None:
    world = World()
    engine = DirectEngine(world)
    async with trio.open_nursery() as nursery:
        await nursery.start(world.run)
        running, over, own = world.spawn(), world.create(), world.spawn(auto_remove=True)
        for box in (running, over, own):
            assert await engine.remove(box.id, force=True) == 204
            assert [entry.by for entry in world.history.of(box.id) if entry.what == "removed"] == [
                "engine-call"
            ]
        nursery.cancel_scope.cancel()
