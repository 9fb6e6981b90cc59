"""Held mains in virtual time: let go on whatever hangs, and a pause of somebody else's is left alone."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from reactor.core.container import ContainerId, State
from reactor.core.facts import Held, Resumed
from reactor.core.orders import Hold
from reactor.core.ports import EngineAnswered
from reactor.core.recipes import Provisions, SidecarSet
from reactor.core.selector import Selector
from reactor.testing.box import Box
from reactor.testing.faults import Fail, Hang, Kind
from reactor.testing.history import What
from reactor.testing.world import World
from tests.app.provided import (
    API,
    DB,
    WEB,
    Killed,
    Life,
    happened,
    life,
    main,
    provisions,
    setup,
    template,
)

HELD = provisions(DB, API, hold=True)
NEVER = replace(DB, recipe=replace(DB.recipe, command=("serves",)), ready_within=5000.0)


def mains(world: World, number: int) -> list[Box]:
    """So many mains, each of a task of its own."""
    return [main(world, f"m{each}", labels={**WEB, "reactor.task": f"t{each}"}) for each in range(number)]


def order_hold(monitor: Life) -> None:
    """The operator holds the monitor."""
    now = trio.current_time()
    monitor.monitor.feed(Held(now, Hold("h", now, "me", "")))


async def test_a_pause_of_somebody_else_right_before_ours_stays(
    autojump_clock: MockClock, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine answers that it is paused already: then it was not us, now or in the next life."""
    async with life(world, tmp_path, setup(HELD)) as monitor:
        pause = monitor.hands.pause

        async def late(container: ContainerId) -> int:
            world.pause(world.find(container))
            return await pause(container)

        monkeypatch.setattr(monitor.hands, "pause", late)
        box = main(world)
        await trio.sleep(700)
        assert (box.state, monitor.states()) == (State.PAUSED, {"db": "ready", "api": "ready"})
    async with life(world, tmp_path, setup(HELD)):
        await trio.sleep(30)
    assert (box.state, happened(world, What.UNPAUSED)) == (State.PAUSED, [])


@pytest.mark.parametrize("fault", [Hang(), Fail(EngineAnswered(500, "busy"))], ids=["hangs", "fails"])
async def test_a_pause_that_comes_late_is_ours(
    autojump_clock: MockClock, world: World, tmp_path: Path, fault: Any
) -> None:
    """It is let go on by this monitor, and, if it comes later still, by the next one."""
    async with life(world, tmp_path, setup(HELD)) as monitor:
        monitor.hands.script.next(Kind.PAUSE, fault, times=2)
        one, two = mains(world, 2)
        await trio.sleep(25)
        world.pause(one)
        await trio.sleep(15)
        assert [one.state, two.state] == [State.RUNNING, State.RUNNING]
        world.pause(one)
        await trio.sleep(900)
        assert one.state is State.PAUSED, "that was somebody else"
    world.unpause(one)
    third = folder(tmp_path)
    async with life(world, third, setup(HELD)) as monitor:
        monitor.hands.script.next(Kind.PAUSE, fault)
        box = main(world, "box", labels={**WEB, "reactor.task": "t5"})
        await trio.sleep(15)
    world.pause(box)
    async with life(world, third, setup(HELD)):
        await trio.sleep(20)
        assert box.state is State.RUNNING


def folder(path: Path) -> Path:
    """A folder of its own."""
    made = path / "more"
    made.mkdir()
    return made


async def test_who_makes_holds_up_nobody_who_is_held(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """Sixty tasks wait for an engine that makes nothing: mains are held and let go on at once."""
    wedged = SidecarSet("w", ("quick",), (Selector(label="tier", value="wedged"),))
    held = SidecarSet("h", ("db", "api"), (Selector(label="tier", value="web"),), hold=True)
    given = Provisions((template("quick"), DB, API), (wedged, held))
    async with life(world, tmp_path, setup(given)) as monitor:
        box = main(world)
        await trio.sleep(1)
        monitor.hands.script.always(Kind.CREATE, Hang())
        for number in range(60):
            world.spawn(name=f"w{number}", labels={"reactor.task": f"w{number}", "tier": "wedged"})
        await trio.sleep(3)
        assert is_paused(box)
        late = main(world, "late", labels={**WEB, "reactor.task": "t9"})
        await trio.sleep(1)
        assert is_paused(late)
        monitor.monitor.reload(setup(replace(given, sets=(wedged, replace(held, hold=False)))))
        await trio.sleep(1)
        assert [box.state, late.state] == [State.RUNNING, State.RUNNING]
        monitor.monitor.reload(setup(given))


async def test_nobody_is_held_while_the_monitor_is_and_nobody_stays_so(
    autojump_clock: MockClock, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order comes while a main is looked at: it is not paused; one held before goes on in time."""
    async with life(world, tmp_path, setup(provisions(NEVER, hold=True))) as monitor:
        early = main(world)
        await trio.sleep(1)
        assert is_paused(early)
        inspect = monitor.hands.inspect

        async def slow(container: ContainerId) -> Any:
            seen = await inspect(container)
            await trio.sleep(3)
            return seen

        monkeypatch.setattr(monitor.hands, "inspect", slow)
        late = main(world, "late", labels={**WEB, "reactor.task": "t9"})
        await trio.sleep(1)
        order_hold(monitor)
        await trio.sleep(100)
        assert [early.state, late.state] == [State.PAUSED, State.RUNNING]
        await trio.sleep(550)
        assert early.state is State.RUNNING
        monitor.monitor.feed(Resumed(trio.current_time(), "me"))
        await trio.sleep(20)
        assert happened(world, What.PAUSED) == [("paused", "main")]


async def test_a_clean_stop_lets_go_on_whoever_answers_and_names_the_others(
    autojump_clock: MockClock, world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One look hangs: the others go on, and one line says what is left to do."""
    async with life(world, tmp_path, setup(provisions(DB, hold=True))) as monitor:
        boxes = mains(world, 5)
        await trio.sleep(1)
        monitor.hands.script.next(Kind.INSPECT, Hang())
    left = [box for box in boxes if box.state is State.PAUSED]
    assert len(left) == 1
    (said,) = [each for each in caplog.records if "could not be let go on" in each.message and warns(each)]
    assert said.__dict__["remedy"] == f"docker unpause {left[0].id[:12]}"


def is_paused(box: Box) -> bool:
    """Whether it is paused now."""
    return box.state is State.PAUSED


def warns(record: logging.LogRecord) -> bool:
    """Whether it is a warning."""
    return record.levelno == logging.WARNING


async def test_a_dry_run_names_whom_an_earlier_monitor_paused(
    autojump_clock: MockClock, world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It lets nobody go on, so somebody has to be told, once."""
    script = Killed(1, after=True, counted=[Kind.PAUSE])
    with trio.move_on_after(20):
        async with life(world, tmp_path, setup(HELD), script=script):
            box = main(world)
            await script.dead.wait()
    async with life(world, tmp_path, setup(HELD, dry_run=True)):
        await trio.sleep(650)
    assert box.state is State.PAUSED
    (said,) = [each for each in caplog.records if "an earlier monitor paused" in each.message]
    named = (said.__dict__["container"], said.__dict__["remedy"])
    assert (said.levelno, *named) == (logging.WARNING, "main", f"docker unpause {box.id[:12]}")
