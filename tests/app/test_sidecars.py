"""Sidecars beside tasks in virtual time: in order and back, held for, failed, and never left behind."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.core.container import State
from reactor.core.recipes import OnFailure
from reactor.core.state import Setup
from reactor.testing.box import Box
from reactor.testing.faults import Kind
from reactor.testing.history import What
from reactor.testing.tasks import Usage
from reactor.testing.world import World
from tests.app.provided import (
    API,
    DB,
    WEB,
    Killed,
    alive,
    happened,
    life,
    main,
    named,
    provisions,
    setup,
    template,
    world_with,
)

BOTH = provisions(DB, API)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world that happens by itself."""
    made = world_with()
    async with trio.open_nursery() as nursery:
        await nursery.start(made.run)
        yield made
        nursery.cancel_scope.cancel()


async def test_they_come_in_order_and_go_in_reverse(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """Each is ready before the next is made; after the main's end each is over before the next is asked."""
    near = [
        world.spawn(name="other", labels={"reactor.task": "t2", "tier": "webs"}),
        world.spawn(name="stranger", labels={"reactor.template": "db", "reactor.sidecar-of": "t9"}),
    ]
    async with life(world, tmp_path, setup(BOTH)) as monitor:
        box = main(world)
        await trio.sleep(1)
        assert monitor.states() == {"db": "starting", "api": "waiting"}
        await trio.sleep(4)
        assert monitor.states() == {"db": "ready", "api": "ready"}
        assert happened(world, What.CREATED, What.STARTED)[-4:] == [
            ("created", "db"),
            ("started", "db"),
            ("created", "api"),
            ("started", "api"),
        ]
        world.use(box, Usage(pids=250))
        await trio.sleep(15)
    assert happened(world, What.DIED, What.REMOVED) == [
        ("died", "main"),
        ("died", "api"),
        ("died", "db"),
        ("removed", "api"),
        ("removed", "db"),
    ]
    assert all(each.state is State.RUNNING for each in near)


async def test_a_main_that_ends_by_itself_takes_them_along_too(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """In reverse order, soon, and not when it is only restarted, or while another main of the task lives."""
    async with life(world, tmp_path, setup(BOTH)) as monitor:
        one, two = main(world), main(world, "second")
        await trio.sleep(6)
        world.restart(one)
        await trio.sleep(10)
        world.kill(one)
        await trio.sleep(20)
        assert monitor.states() == {"db": "ready", "api": "ready"}
        assert happened(world, What.DIED)[2:] == []
        assert two.state is State.RUNNING
        world.kill(two)
        await trio.sleep(8)
        assert alive(world) == []
    assert happened(world, What.DIED, What.REMOVED)[-4:] == [
        ("died", "api"),
        ("died", "db"),
        ("removed", "api"),
        ("removed", "db"),
    ]


async def test_a_main_is_held_until_all_are_ready(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """Paused as soon as it is seen, let go on when they are ready, and left alone by us from then on."""
    async with life(world, tmp_path, setup(provisions(DB, API, hold=True))):
        box = main(world)
        await trio.sleep(1)
        assert box.state is State.PAUSED
        await trio.sleep(4)
        assert box.state is State.RUNNING
        world.pause(box)
        await trio.sleep(30)
        assert box.state is State.PAUSED, "whoever pauses it later is somebody else"
    async with life(world, tmp_path, setup(provisions(DB, API, hold=True))):
        await trio.sleep(30)
        assert box.state is State.PAUSED


async def test_a_clean_stop_lets_the_held_go_on(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """And so does a reload that takes the set away."""
    async with life(world, tmp_path, setup(provisions(DB, hold=True))):
        box = main(world)
        await trio.sleep(1)
        assert box.state is State.PAUSED
    assert box.state is State.RUNNING
    other = main(world, "other", labels={**WEB, "reactor.task": "t2"})
    async with life(world, tmp_path, setup(provisions(DB, hold=True))) as monitor:
        await trio.sleep(1)
        assert other.state is State.PAUSED
        monitor.monitor.reload(setup(provisions()))
        await trio.sleep(1)
        assert other.state is State.RUNNING


@pytest.mark.parametrize("policy", list(OnFailure))
async def test_what_becomes_of_a_task_whose_sidecar_cannot_be_had(
    autojump_clock: MockClock, world: World, tmp_path: Path, policy: OnFailure
) -> None:
    """Its image is not there: tried again with growing pauses, the task ended, or gone on without."""
    gone = template("gone", image="away:1", on_failure=policy)
    async with life(world, tmp_path, setup(provisions(gone, API))) as monitor:
        box = main(world)
        await trio.sleep(20)
        made = monitor.hands.script.counts[Kind.CREATE]
        told = monitor.told().get("gone", {})
        if policy is OnFailure.END:
            assert (box.state, told) == (State.EXITED, {})
            return
        assert box.state is State.RUNNING
        assert "pull it there first" in told["error"]
        assert (told["state"], made) == (("failed", 5) if policy is OnFailure.RETRY else ("ignored", 2))
        assert named(world, "api") == [] if policy is OnFailure.RETRY else alive(world)[1:]
        world.add_image("away:1", {}, ("serves",))
        await trio.sleep(70)
        if policy is OnFailure.RETRY:
            assert monitor.states() == {"gone": "ready", "api": "ready"}


async def test_one_that_does_not_get_ready_is_taken_away_and_made_anew(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """So is one that ends later; the main knows nothing of it."""
    never = replace(DB, recipe=replace(DB.recipe, command=("serves",)), ready_within=5.0)
    async with life(world, tmp_path, setup(provisions(never))) as monitor:
        box = main(world)
        await trio.sleep(30)
        told = monitor.told()["db"]
        assert (told["why"], box.state) == ("not-ready", State.RUNNING)
        assert "not ready within 5 s" in told["error"]
        assert happened(world, What.CREATED).count(("created", "db")) >= 3
        assert len(named(world, "db")) <= 1
        monitor.monitor.reload(setup(provisions(DB)))
        await trio.sleep(30)
        assert monitor.states() == {"db": "ready"}
        world.kill(named(world, "db")[0])
        await trio.sleep(10)
        assert monitor.states() == {"db": "ready"}


STEPS = (Kind.CREATE, Kind.START, Kind.PAUSE, Kind.UNPAUSE, Kind.STOP, Kind.REMOVE)
"""The calls by which a task's sidecars come and go; looks change nothing."""


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_monitor_that_is_killed_at_any_call_changes_nothing_in_the_end(
    autojump_clock: MockClock, tmp_path: Path, *, after: bool
) -> None:
    """Its next life goes on from what it finds: all made once, and in the end nobody is left, or paused."""
    given, calls = setup(provisions(DB, API, hold=True)), 0
    for nth in range(1, 100):
        world = world_with()
        folder = tmp_path / f"{nth}"
        folder.mkdir()
        async with trio.open_nursery() as nursery:
            await nursery.start(world.run)
            script = Killed(nth, after=after, counted=STEPS)
            box = main(world)
            world.spawn(name="next", labels={"reactor.task": "t2"})
            near = world.spawn(name="near", labels={"reactor.sidecar-of": "t2", "reactor.template": "db"})
            if not await _lives(world, folder, given, script, box):
                calls = nth - 1
            assert (box.state, near.state) == (State.EXITED, State.RUNNING), nth
            assert alive(world) == ["near", "next"], nth
            assert [each.name for each in world.boxes] == ["main", "next", "near"], nth
            made = happened(world, What.CREATED)
            assert (made.count(("created", "db")), made.count(("created", "api"))) == (1, 1), nth
            nursery.cancel_scope.cancel()
        if calls:
            break
    assert calls == 10, "two made, started, stopped and removed, one paused and let go on"


async def _lives(world: World, folder: Path, given: Setup, script: Killed, box: Box) -> bool:
    """One life until it is killed, or over, and another one; whether the first was killed."""
    async with life(world, folder, given, script=script):
        await _a_day(world, box)
    if not script.dead.is_set():
        return False
    async with life(world, folder, given):
        await _a_day(world, box)
    return True


async def _a_day(world: World, box: Box) -> None:
    """The main lives for a while with all that it needs, and then ends by itself."""
    await trio.sleep(10)
    if box.state is not State.EXITED:
        made = [named(world, each)[0].name for each in ("db", "api")]
        assert alive(world) == sorted(["main", "near", "next", *made])
        assert box.state is State.RUNNING
        world.kill(box)
    await trio.sleep(30)
