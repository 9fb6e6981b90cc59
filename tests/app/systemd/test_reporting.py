"""What a service manager is told, and what feeds a watchdog, in virtual time."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.app.supervise import supervise
from reactor.app.systemd.notifying import Notifier
from reactor.app.systemd.reporting import Reporter, of_one
from reactor.app.systemd.subject import OneMonitor
from reactor.testing.direct import DirectEngine
from reactor.testing.faults import Hang, Kind
from reactor.testing.tasks import Usage
from reactor.testing.world import World
from tests.app.systemd.manager import Manager, managing
from tests.app.test_supervise import SETUP, plan, task

WATCHDOG = 30.0


@dataclass
class Watched:
    world: World
    engine: DirectEngine
    manager: Manager
    reporter: Reporter
    monitors: list[Monitor]
    stop: trio.Event
    over: trio.Event

    def food(self) -> int:
        """How often the watchdog was fed since this was asked last."""
        times = len(self.manager.all_of("WATCHDOG"))
        self.manager.forget()
        return times


@asynccontextmanager
async def reported(
    world: World, folder: Path, *, dry: bool = False, watchdog: float = WATCHDOG
) -> AsyncIterator[Watched]:
    """A monitor that was just begun, and may not be ready yet."""
    with managing(folder) as manager:
        notifier, monitors = Notifier(manager.address, watchdog), list[Monitor]()
        subject = OneMonitor("vm", 10.0)
        reporter = Reporter(notifier, subject, 20.0)

        async def noted(monitor: Monitor, _: Numbers, task_status: trio.TaskStatus[None]) -> None:
            monitors.append(monitor)
            task_status.started()

        made = plan(
            world, folder, setup=replace(SETUP, dry_run=dry), services=(noted, of_one(reporter, subject)),
            attendants=(reporter.attend,),
        )  # fmt: skip
        assert isinstance(made.engine, DirectEngine)
        here = Watched(world, made.engine, manager, reporter, monitors, trio.Event(), trio.Event())

        async def run() -> None:
            await supervise(made, here.stop.wait)
            here.over.set()

        async with trio.open_nursery() as nursery:
            await nursery.start(world.run)
            nursery.start_soon(run)
            yield here
            here.stop.set()
            await here.over.wait()
            nursery.cancel_scope.cancel()


async def test_it_is_ready_when_all_was_listed_and_inspected_and_not_before(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """An engine that hangs for ten minutes gets the start more time, and a status that says so."""
    world = World()
    task(world, "one")
    async with reported(world, tmp_path) as here:
        here.engine.script.always(Kind.LIST, Hang())
        await trio.sleep(600)
        assert here.manager.all_of("READY") == []
        assert here.manager.status() == "begins: the engine's containers have not been listed yet"
        assert len(here.manager.all_of("EXTEND_TIMEOUT_USEC")) >= 600 / 30
        assert here.food() >= 600 / WATCHDOG
        here.engine.script.always(Kind.LIST, None)
        await trio.sleep(20)
        assert here.manager.all_of("READY") == ["1"]
        assert here.manager.status() == "watching 1 living containers of vm by 4 rules"
        here.manager.forget()
        await trio.sleep(100)
        assert here.manager.all_of("EXTEND_TIMEOUT_USEC") == []
        assert here.manager.all_of("READY") == []


async def test_an_engine_that_is_down_has_nobody_started_anew(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    async with reported(world, tmp_path) as here:
        await trio.sleep(20)
        assert here.manager.all_of("READY") == ["1"]
        here.food()
        world.crash()
        await trio.sleep(10)
        assert here.manager.status().startswith("blind: ")
        await trio.sleep(3600)
        assert here.food() >= 3600 / WATCHDOG
        world.boot()
        await trio.sleep(30)
        assert here.manager.status() == "watching 0 living containers of vm by 4 rules"


async def test_a_graph_whose_clock_stands_still_feeds_no_watchdog(
    autojump_clock: MockClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with reported(World(), tmp_path) as here:
        await trio.sleep(60)
        assert here.food() >= 3
        with caplog.at_level(logging.ERROR):
            here.monitors[0].stop_clock()
            await trio.sleep(30)
            here.food()
            await trio.sleep(120)
        assert here.manager.status().startswith("does not work: the clock of the graph")
        assert here.food() == 0
        assert len([each for each in caplog.records if "watchdog" in each.message]) == 1


async def test_a_watch_that_neither_lists_nor_fails_feeds_no_watchdog(
    autojump_clock: MockClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a deadline had been forgotten: the list hangs for good, and nobody tries any more."""
    async with reported(World(), tmp_path) as here:
        await trio.sleep(60)
        here.food()
        monkeypatch.setattr(here.engine, "list", trio.sleep_forever)
        await trio.sleep(60)
        assert here.food() >= 2, "so long a single look may take"
        await trio.sleep(60)
        here.food()
        await trio.sleep(120)
        assert here.manager.status().startswith("does not work: nobody has tried")
        assert here.food() == 0


async def test_a_reload_is_told_from_its_begin_to_its_end(autojump_clock: MockClock, tmp_path: Path) -> None:
    async with reported(World(), tmp_path) as here:
        await trio.sleep(20)
        here.manager.forget()
        with here.reporter.reloading():
            (begun,) = here.manager.said()
            assert begun.fields["RELOADING"] == "1"
            assert abs(int(begun.fields["MONOTONIC_USEC"]) / 1e6 - begun.at) < 5
            await trio.sleep(100)
            assert here.food() >= 3, "whoever reads on a slow disk works"
        assert here.manager.all_of("READY") == ["1"]
        assert here.manager.status() == "watching 0 living containers of vm by 4 rules"


async def test_a_stop_is_told_at_once_and_fed_until_what_is_in_flight_is_over(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World(kill_takes=12.0)
    bad = task(world, "bad")
    async with reported(world, tmp_path, watchdog=4.0) as here:
        await trio.sleep(20)
        world.use(bad, Usage(pids=250))
        await trio.sleep(1.5)
        here.manager.forget()
        here.stop.set()
        await trio.sleep(1)
        (said,) = [each for each in here.manager.said() if "STOPPING" in each.fields]
        assert int(said.fields["EXTEND_TIMEOUT_USEC"]) > 20e6
        assert not here.over.is_set()
        await here.over.wait()
        assert here.manager.all_of("READY") == []
        assert here.manager.status().startswith("stops")
        assert here.food() >= 10 / 4
    assert not bad.alive


async def test_one_that_runs_dry_says_that_it_only_observes(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    async with reported(World(), tmp_path, dry=True) as here:
        await trio.sleep(20)
        assert here.manager.status().startswith("only observing: ")


async def test_without_a_manager_nothing_is_told_and_nothing_asked(autojump_clock: MockClock) -> None:
    with trio.fail_after(1):
        await Reporter(Notifier(), OneMonitor("vm", 10.0), 20.0).attend()
