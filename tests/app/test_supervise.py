"""The whole monitor in virtual time: what happens to whom, when, by the engine's own account."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import trio
from trio.testing import MockClock

from reactor.app.numbers import Numbers
from reactor.app.plan import Plan
from reactor.app.supervise import supervise
from reactor.core.rules import Rule, RuleSet
from reactor.core.state import Setup
from reactor.journal.journal import Journal
from reactor.testing.box import Box
from reactor.testing.direct import BY, DirectEngine
from reactor.testing.faults import Hang, Kind, Swallow
from reactor.testing.history import What
from reactor.testing.outage import free, wedge
from reactor.testing.tasks import MIB, Exits, Usage
from reactor.testing.world import World
from tests.core.build import age_over, rules
from tests.core.written import condition

TASK = {"reactor.task": "t1"}
SETUP = Setup(rules(), orphan_after=10, creation_grace=60, sidecar_grace=2)


@dataclass
class Running:
    world: World
    engine: DirectEngine
    numbers: Numbers
    stop: Callable[[], None]

    def ended(self) -> list[str]:
        """The names of those whom we ended, in order, from the engine's truth."""
        return [entry.name for entry in self.world.history.effective(BY)]


def plan(world: World, folder: Path, **changes: object) -> Plan:
    journal = Journal(folder / "journal.db", boot_id="b", boot=trio.current_time, inline=True)
    base = Plan(SETUP, DirectEngine(world), journal)
    return replace(base, **changes)  # type: ignore[arg-type]  # Fields of the plan.


@asynccontextmanager
async def running(world: World, folder: Path, **changes: object) -> AsyncIterator[Running]:
    made = plan(world, folder, **changes)
    stop = trio.Event()
    async with trio.open_nursery() as nursery:
        await nursery.start(world.run)

        async def run(task_status: trio.TaskStatus[Numbers]) -> None:
            await supervise(made, stop.wait, task_status=task_status)
            nursery.cancel_scope.cancel()

        numbers = await nursery.start(run)
        assert isinstance(made.engine, DirectEngine)
        yield Running(world, made.engine, numbers, stop.set)
        stop.set()
        await trio.sleep_forever()


def task(world: World, name: str, **more: object) -> Box:
    given: dict[str, Any] = {"labels": TASK, "pids_limit": 256, "memory_limit": 100 * MIB, **more}
    return world.spawn(name=name, **given)


async def test_a_breach_is_ended_within_a_sample_and_neighbours_at_the_limit_live(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    bad = task(world, "bad")
    near = [
        task(world, "pids-at-the-limit"),
        task(world, "memory-at-the-limit"),
        world.spawn(name="not-in-scope"),
        task(world, "skipped", labels={**TASK, "reactor.skip": ""}),
    ]
    world.use(near[0], Usage(pids=200))
    world.use(near[1], Usage(memory=80 * MIB))
    world.use(near[2], Usage(pids=900))
    world.use(near[3], Usage(pids=900))
    async with running(world, tmp_path) as monitor:
        await trio.sleep(5)
        assert monitor.ended() == []
        began = trio.current_time()
        world.use(bad, Usage(pids=201))
        await trio.sleep(30)
        assert monitor.ended() == ["bad"]
        died = world.history.died_at(bad.id)
        assert died is not None
        assert died - began <= 1.0
        assert world.history.repeated(BY) == []


async def test_the_lifetime_ends_at_its_moment(autojump_clock: MockClock, tmp_path: Path) -> None:
    world = World()
    old = task(world, "old")
    await trio.sleep(5)
    young = task(world, "young")
    only_age = replace(SETUP, rules=RuleSet((Rule("safety/lifetime", "f:1", when=age_over(600)),)))
    async with running(world, tmp_path, setup=only_age) as monitor:
        await trio.sleep(600 - 5 - 0.5)
        assert monitor.ended() == []
        await trio.sleep(3)
        assert monitor.ended() == ["old"]
        assert 600 < (world.history.died_at(old.id) or 0) - world.clock.at(old.created) <= 602
        assert young.alive


async def test_a_main_takes_its_sidecars_with_it_and_nobody_elses(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    main = task(world, "main")
    task(world, "by-label", labels={"reactor.sidecar-of": "t1"})
    joined = world.spawn(name="by-network", joins=main)
    world.spawn(name="chained", joins=joined)
    other = task(world, "other-main", labels={"reactor.task": "t2"})
    task(world, "other-sidecar", labels={"reactor.sidecar-of": "t2"})
    async with running(world, tmp_path) as monitor:
        await trio.sleep(3)
        world.use(main, Usage(pids=256))
        await trio.sleep(30)
        assert monitor.ended()[0] == "main"
        assert set(monitor.ended()[1:]) == {"by-label", "by-network", "chained"}
        assert other.alive


async def test_a_sidecar_left_behind_is_ended(autojump_clock: MockClock, tmp_path: Path) -> None:
    world = World()
    main = task(world, "main")
    side = task(world, "side", labels={"reactor.sidecar-of": "t1"})
    async with running(world, tmp_path) as monitor:
        await trio.sleep(20)
        began = trio.current_time()
        world.exit(main, 0)
        await trio.sleep(40)
        assert monitor.ended() == ["side"]
        died = world.history.died_at(side.id)
        assert died is not None
        assert 10 <= died - began <= 10 + 10 + 10 + 2 + 1, "two lists, ten seconds, and the grace of the stop"


async def test_ten_wedged_runs_do_not_keep_the_eleventh_waiting(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    stuck = [task(world, f"stuck-{n}") for n in range(20)]
    last = task(world, "last")
    async with running(world, tmp_path) as monitor:
        await trio.sleep(5)
        for box in stuck:
            wedge(box)
            world.use(box, Usage(pids=250))
        await trio.sleep(10)
        began = trio.current_time()
        world.use(last, Usage(pids=250))
        await trio.sleep(5)
        died = world.history.died_at(last.id)
        assert died is not None
        assert died - began <= 1.5, "one second between two samples, and two rounds of doubt"
        # The calls run into their deadlines and are not given up; somebody is told.
        await trio.sleep(10)
        assert monitor.numbers.capture().readings.outbox_quarantined == 20
        assert "runs that the engine does not end, and that are tried again: 20" in monitor.numbers.remark()
        for box in stuck:
            free(box, trio.current_time())
        await trio.sleep(120)
        assert not any(box.alive for box in stuck)
        assert monitor.numbers.capture().readings.outbox_quarantined == 0


async def test_an_answer_that_was_lost_leads_to_no_second_kill(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    bad = task(world, "bad", restart_policy="always")
    async with running(world, tmp_path) as monitor:
        await trio.sleep(5)
        monitor.engine.script.next(Kind.KILL, Swallow())
        world.use(bad, Usage(pids=250))
        await trio.sleep(3)
        world.use(bad, None)
        world.start(bad)
        await trio.sleep(60)
        assert monitor.ended() == ["bad"]
        assert bad.alive


async def test_a_monitor_that_is_stopped_in_the_middle_of_a_kill_finishes_it(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World(kill_takes=5.0)
    bad = task(world, "bad")
    async with running(world, tmp_path) as monitor:
        await trio.sleep(5)
        world.use(bad, Usage(pids=250))
        await trio.sleep(1.5)
        assert world.history.asked(BY)
        monitor.stop()
        await trio.sleep(6)
    assert not bad.alive


async def test_after_a_crash_in_the_middle_of_a_kill_the_next_monitor_takes_it_up(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    bad = task(world, "bad")
    side = task(world, "side", labels={"reactor.sidecar-of": "t1"})
    made = plan(world, tmp_path)
    assert isinstance(made.engine, DirectEngine)
    made.engine.script.next(Kind.KILL, Hang())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.run)
        with trio.move_on_after(6):
            nursery.start_soon(_breach_later, world, bad)
            await supervise(made, trio.sleep_forever)
        assert bad.alive, "the first monitor was gone before its kill came off"
        world.use(bad, Usage(pids=1))
        nursery.cancel_scope.cancel()
    async with running(world, tmp_path) as monitor:
        await trio.sleep(20)
        assert monitor.ended() == ["bad", "side"]
        assert not side.alive


async def _breach_later(world: World, box: Box) -> None:
    await trio.sleep(3)
    world.use(box, Usage(pids=250))


async def test_a_dry_run_ends_nobody(autojump_clock: MockClock, tmp_path: Path) -> None:
    world = World()
    bad = task(world, "bad")
    world.use(bad, Usage(pids=250))
    async with running(world, tmp_path, setup=replace(SETUP, dry_run=True)) as monitor:
        await trio.sleep(60)
        assert world.history.asked(BY) == []
        counts = monitor.numbers.capture().counts.counters["reactor_decisions_total"]
        assert {key: count for key, count in counts.items() if count} == {("safety/pids", "kill", "true"): 1}


async def test_the_engine_restarts_and_everything_is_picked_up_again(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    bad, good = task(world, "bad", restart_policy="always"), task(world, "good", restart_policy="always")
    async with running(world, tmp_path) as monitor:
        await trio.sleep(5)
        world.crash()
        await trio.sleep(10)
        world.boot()
        await trio.sleep(10)
        world.use(bad, Usage(pids=250))
        await trio.sleep(5)
        assert monitor.ended() == ["bad"]
        assert good.alive
        assert world.history.of(good.id, What.KILL, What.STOP) == []


async def test_layers_are_measured_only_for_those_in_scope_and_only_while_a_rule_asks(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """From the engine to the kill; whoever wrote just as much as is allowed lives, and no stream is open."""
    world = World()
    heavy = Rule("test/heavy", "t:1", when=condition("layer_writes > 50MiB"))
    bad, near, stranger = task(world, "bad"), task(world, "near"), world.spawn(name="stranger")
    for box, more in ((bad, 0), (near, 0), (stranger, 1000)):
        world.write(box, 50 * MIB + more)
    setup = replace(SETUP, rules=RuleSet((heavy,)))
    async with running(world, tmp_path, setup=setup) as monitor:
        await trio.sleep(200)
        assert monitor.ended() == []
        world.write(bad, 1)
        await trio.sleep(99)
        assert monitor.ended() == [], "it is measured each five minutes, and not before"
        await trio.sleep(10)
        assert monitor.ended() == ["bad"]
        assert monitor.engine.script.counts[Kind.LAYER] == 4
        assert monitor.engine.script.counts[Kind.STATS] == 0
        readings = monitor.numbers.capture()
        layers = readings.crowd.columns["container_layer_size_bytes"]
        assert layers == {(near.id,): 50 * MIB}
        assert (stranger.id,) in readings.crowd.began
        assert readings.counts.counters["reactor_layer_measures_total"] == {("done",): 4, ("failed",): 0}
    async with running(World(), tmp_path) as monitor:
        task(monitor.world, "unasked")
        await trio.sleep(1000)
        assert monitor.engine.script.counts[Kind.LAYER] == 0


async def test_leftovers_go_at_their_time_and_neighbours_stay(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """Never by force: what runs, is paused, has just ended, comes back, is skipped or out of scope stays."""
    world = World()
    old, never = task(world, "old", task=Exits(after=5, code=0)), world.create(name="never", labels=TASK)
    spared = {**TASK, "reactor.skip": ""}
    task(world, "running")
    world.pause(task(world, "paused"))
    task(world, "skipped", labels=spared, task=Exits(after=5, code=0))
    task(world, "outside", labels={}, task=Exits(after=5, code=0))
    task(world, "later", task=Exits(after=500, code=0))
    async with running(world, tmp_path, setup=replace(SETUP, leftovers_after=1000.0)) as monitor:
        await trio.sleep(990)
        assert {old.id, never.id} <= {box.id for box in world.boxes}
        await trio.sleep(30)
        assert sorted(box.name for box in world.boxes) == [
            "later",
            "outside",
            "paused",
            "running",
            "skipped",
        ]
        assert monitor.ended() == []
        await trio.sleep(500)
        assert "later" not in {box.name for box in world.boxes}
