"""Reconcile on subscribe, in virtual time: nothing missed, everything said at its moment."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import trio

from reactor.core.container import Container, ContainerId, State
from reactor.core.facts import Exited, Fact, Happened, Happening, Seen, Snapshot, Vanished
from reactor.core.ports import EngineUnreachable
from reactor.engine.watch import Watch, WatchTimes
from reactor.testing.direct import DirectEngine
from reactor.testing.faults import Fail, Kind
from reactor.testing.outage import free, wedge
from reactor.testing.tasks import MIB, Exits, Limits, Sleeps
from reactor.testing.traits import HealthCheck, Traits
from reactor.testing.world import World


class Steady(random.Random):
    """Chance that always takes the longest pause, so that moments are exact."""

    def uniform(self, a: float, b: float) -> float:
        return max(a, b)


@dataclass
class Watched:
    world: World
    engine: DirectEngine
    watch: Watch
    facts: list[Fact] = field(default_factory=list)
    began: float = 0.0

    def of(self, kind: type[Fact]) -> list[Fact]:
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def snapshots(self) -> list[Snapshot]:
        return [fact for fact in self.facts if isinstance(fact, Snapshot)]

    def when(self, fact: Fact) -> float:
        return round(fact.at - self.began, 3)


@asynccontextmanager
async def watching(
    world: World, engine: DirectEngine | None = None, **times: float
) -> AsyncIterator[Watched]:
    engine = engine or DirectEngine(world)
    facts: list[Fact] = []
    watch = Watch(engine, facts.append, WatchTimes(**times), chance=Steady())  # type: ignore[arg-type]  # Only floats are given.
    async with trio.open_nursery() as nursery:
        await nursery.start(world.run)
        began = trio.current_time()
        await nursery.start(watch.run, nursery)
        yield Watched(world, engine, watch, facts, began)
        nursery.cancel_scope.cancel()


async def test_everything_is_listed_and_inspected_then_listed_again(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = World()
    alive, over = world.spawn(name="c-a"), world.spawn(name="c-b")
    world.exit(over, 3)
    await trio.sleep(10)
    async with watching(world) as seen:
        await trio.sleep(25)
        assert [seen.when(fact) for fact in seen.snapshots()] == [0.0, 1.5, 11.5, 21.5]
        first = {container.name: container for container in seen.snapshots()[0].containers}
        assert first["c-a"].state is State.RUNNING
        assert (first["c-b"].state, first["c-b"].exit_code) == (State.EXITED, 3)
        assert first["c-a"].run == alive.run
        assert seen.engine.script.counts[Kind.INSPECT] == 2, "nobody is inspected again without a reason"


async def test_a_start_is_seen_at_its_moment(autojump_clock: trio.testing.MockClock) -> None:
    world = World()
    async with watching(world) as seen:
        await trio.sleep(3)
        box = world.create(Sleeps(), name="late")
        await trio.sleep(1)
        world.start(box)
        await trio.sleep(0.5)
        states = [(seen.when(fact), fact.container.state) for fact in seen.facts if isinstance(fact, Seen)]
        assert states == [(3.0, State.CREATED), (4.0, State.RUNNING)]


async def test_a_death_is_looked_for_until_the_engine_shows_it(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = World(list_lag=0.3)
    box = world.spawn(name="c-a")
    async with watching(world) as seen:
        await trio.sleep(2)
        world.exit(box, 7)
        await trio.sleep(1)
        ends = [fact for fact in seen.facts if isinstance(fact, Seen) and not fact.container.alive]
        assert [fact.container.exit_code for fact in ends] == [7]
        assert [fact.exit_code for fact in seen.facts if isinstance(fact, Exited)] == [7]


async def test_a_label_cannot_forge_an_exit_code(autojump_clock: trio.testing.MockClock) -> None:
    world = World()
    box = world.spawn(name="c-a", labels={"exitCode": "0"}, auto_remove=True)
    async with watching(world) as seen:
        await trio.sleep(2)
        world.exit(box, 7)
        await trio.sleep(1)
        assert not seen.of(Exited)
        ends = [f.container.exit_code for f in seen.facts if isinstance(f, Seen) and not f.container.alive]
        assert ends == [None]
        assert seen.of(Vanished)


async def test_an_auto_removed_run_keeps_its_exit_code_and_is_not_inspected_for_it(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = World()
    box = world.spawn(name="c-a", auto_remove=True)
    async with watching(world) as seen:
        await trio.sleep(2)
        looks = seen.engine.script.counts[Kind.INSPECT]
        world.exit(box, 7)
        await trio.sleep(1)
        ends = [f.container.exit_code for f in seen.facts if isinstance(f, Seen) and not f.container.alive]
        assert ends == [7]
        assert seen.engine.script.counts[Kind.INSPECT] - looks <= 1, "only its removal is looked at"


async def test_a_lost_stream_is_opened_again_and_everything_is_looked_at(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = World()
    boxes = [world.spawn(name=f"c{n}") for n in range(3)]
    async with watching(world) as seen:
        await trio.sleep(5)
        looks = seen.engine.script.counts[Kind.INSPECT]
        seen.engine.end_events()
        await trio.sleep(0.05)
        world.exit(boxes[0], 1)
        fresh = world.spawn(name="new")
        await trio.sleep(1)
        snapshot = seen.snapshots()[-1]
        assert 5.1 <= seen.when(snapshot) <= 5.15
        assert round(snapshot.blind, 3) == round(snapshot.at - seen.began - 5, 3)
        states = {container.name: container.state for container in snapshot.containers}
        assert states == {"c0": State.EXITED, "c1": State.RUNNING, "c2": State.RUNNING, "new": State.RUNNING}
        assert seen.engine.script.counts[Kind.INSPECT] - looks >= 4
        assert fresh.run in [container.run for container in snapshot.containers]


async def test_a_gap_is_told_apart_from_a_stream_that_was_merely_cut(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """The last event heard before the cut is replayed after it, unless the engine has forgotten it."""
    world = World()
    world.spawn(name="c-a")
    async with watching(world) as seen:
        await trio.sleep(5)
        world.spawn(name="c-b")
        await trio.sleep(1)
        seen.engine.end_events()
        await trio.sleep(1)
        assert not seen.snapshots()[-1].gap
        seen.engine.end_events()
        for n in range(300):
            world.remove(world.spawn(name=f"x{n}"), force=True)
        await trio.sleep(1)
        assert seen.snapshots()[-1].gap
        assert seen.watch.statistics().gaps == 1


async def test_a_time_without_events_is_one_gap_however_often_all_is_listed_in_it(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = World()
    world.spawn(name="c-a")
    async with watching(world, period=1.0) as seen:
        await trio.sleep(5)
        seen.engine.script.always(Kind.EVENTS, Fail(EngineUnreachable("nobody tells")))
        seen.engine.end_events()
        await trio.sleep(10)
        assert sum(snapshot.gap for snapshot in seen.snapshots()) > 5, "each list may have missed something"
        assert seen.watch.statistics().gaps == 1
        seen.engine.script.always(Kind.EVENTS, None)
        await trio.sleep(30)
        known = seen.watch.statistics().gaps
        seen.engine.script.always(Kind.EVENTS, Fail(EngineUnreachable("nobody tells")))
        seen.engine.end_events()
        await trio.sleep(10)
        assert seen.watch.statistics().gaps == known + 1


async def test_a_deaf_stream_is_found_out_and_replaced(autojump_clock: trio.testing.MockClock) -> None:
    world = World()
    async with watching(world) as seen:
        await trio.sleep(5)
        seen.engine.deafen_events()
        box = world.spawn(name="unheard")
        await trio.sleep(20)
        stats = seen.watch.statistics()
        assert (stats.deaf, stats.hearing.subscriptions) == (1, 2)
        first = next(fact for fact in seen.facts if isinstance(fact, Seen) and fact.container.id == box.id)
        assert seen.when(first) <= 11.5, "the list finds it within its period"
        world.spawn(name="heard")
        await trio.sleep(0.1)
        assert [fact for fact in seen.facts if isinstance(fact, Seen) and fact.container.name == "heard"]


async def test_an_inspect_that_hangs_makes_a_run_unsure_and_holds_up_nobody_else(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = World()
    stuck, fine = world.spawn(name="stuck"), world.spawn(name="fine")
    async with watching(world) as seen:
        await trio.sleep(5)
        wedge(stuck)
        seen.engine.end_events()
        await trio.sleep(6)
        snapshot = seen.snapshots()[-1]
        assert len(snapshot.unsure) == 1
        assert {c.id for c in snapshot.containers} | snapshot.unsure == {stuck.id, fine.id}
        free(stuck, trio.current_time())
        await trio.sleep(15)
        assert seen.snapshots()[-1].unsure == frozenset()


async def test_an_engine_that_is_down_is_asked_again_with_growing_pauses(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = World()
    world.spawn(name="c-a")
    async with watching(world) as seen:
        await trio.sleep(1)
        seen.engine.script.always(Kind.IDENTIFY, Fail(EngineUnreachable("nobody listens")))
        asked = seen.engine.script.counts[Kind.IDENTIFY]
        seen.engine.end_events()
        await trio.sleep(20)
        assert 5 <= seen.engine.script.counts[Kind.IDENTIFY] - asked <= 10
        seen.engine.script.always(Kind.IDENTIFY, None)
        await trio.sleep(6)
        assert seen.watch.statistics().hearing.subscribed
        assert seen.watch.statistics().blind_since is None


async def test_a_container_that_answers_to_anothers_id_is_not_taken_for_it(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = World()
    victim = world.spawn(name="victim")
    async with watching(world) as seen:
        await trio.sleep(2)
        world.remove(victim, force=True)
        impostor = world.spawn(name=victim.id)
        await trio.sleep(12)
        ids = {fact.container.id for fact in seen.facts if isinstance(fact, Seen) and seen.when(fact) >= 2}
        assert ids == {impostor.id}
        assert {fact.id for fact in seen.facts if isinstance(fact, Vanished)} == {victim.id}


async def test_an_oom_event_is_handed_on_at_once(autojump_clock: trio.testing.MockClock) -> None:
    world = World()
    box = world.spawn(name="c-a")
    async with watching(world) as seen:
        await trio.sleep(2.25)
        world.oom(box, fatal=False)
        await trio.sleep(1)
        ooms = [fact for fact in seen.facts if isinstance(fact, Happened) and fact.what is Happening.OOM]
        assert [(seen.when(fact), fact.id) for fact in ooms] == [(2.25, box.id)]


async def test_an_oom_from_before_our_time_is_told_and_nothing_else_is(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """A monitor that crashed was away when the kernel struck; the list shows all but that."""
    world = World()
    box, gone = world.spawn(name="c-a"), world.spawn(name="gone")
    async with trio.open_nursery() as nursery:
        await nursery.start(world.run)
        world.oom(box, fatal=False)
        world.remove(gone, force=True)
        await trio.sleep(60)
        nursery.cancel_scope.cancel()
    async with watching(world) as seen:
        await trio.sleep(3)
        assert [(fact.what, fact.id) for fact in seen.facts if isinstance(fact, Happened)] == [
            (Happening.OOM, box.id)
        ]
        assert seen.engine.script.counts[Kind.INSPECT] <= 3
    async with watching(world, before_us=5.0) as seen:
        await trio.sleep(3)
        assert seen.of(Happened) == []


async def test_many_hanging_inspects_do_not_keep_a_new_container_waiting(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = World()
    stuck = [world.spawn(name=f"stuck-{n}") for n in range(40)]
    async with watching(world) as seen:
        await trio.sleep(5)
        for box in stuck:
            wedge(box)
        seen.engine.end_events()
        await trio.sleep(60)
        world.spawn(name="new")
        await trio.sleep(0.1)
        assert [fact for fact in seen.facts if isinstance(fact, Seen) and fact.container.name == "new"]
        assert len(seen.snapshots()[-1].unsure) == 40


CHECKED = Traits(health=HealthCheck(interval=2, retries=2))


def healths(seen: Watched, key: str) -> list[tuple[float, str]]:
    """What was seen of a container's health, each time that it was another one."""
    found: list[tuple[float, str]] = []
    for fact in seen.facts:
        if isinstance(fact, Seen) and fact.container.id == key:
            health = fact.container.health
            if not found or found[-1][1] != health:
                found.append((seen.when(fact), health))
    return found


async def test_a_change_of_health_is_seen_at_its_moment(autojump_clock: trio.testing.MockClock) -> None:
    world = World()
    neighbour = world.spawn(name="neighbour", traits=CHECKED)
    async with watching(world) as seen:
        await trio.sleep(0.5)
        box = world.spawn(name="c-a", traits=CHECKED)
        await trio.sleep(4.5)
        world.ail(box)
        await trio.sleep(5)
        world.ail(box, ill=False)
        await trio.sleep(5)
        # Probes at every second moment from the start on; two failures make it unhealthy.
        assert healths(seen, box.id) == [
            (0.5, "starting"),
            (2.5, "healthy"),
            (8.5, "unhealthy"),
            (10.5, "healthy"),
        ]
        assert healths(seen, neighbour.id) == [(0.0, "starting"), (2.0, "healthy")]
        looks = seen.engine.script.counts[Kind.INSPECT]
        await trio.sleep(60)
        assert seen.engine.script.counts[Kind.INSPECT] == looks, "probes that change nothing cost nothing"


async def test_a_change_of_health_whose_event_is_lost_is_seen_at_the_next_list(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = World()
    box = world.spawn(name="c-a", traits=CHECKED)
    async with watching(world) as seen:
        await trio.sleep(5)
        world.events.lose(1, "health_status: unhealthy")
        world.set_health(box, "unhealthy")
        await trio.sleep(15)
        assert healths(seen, box.id) == [(0.0, "starting"), (2.0, "healthy"), (11.5, "unhealthy")]


async def test_a_pause_is_no_ill_health(autojump_clock: trio.testing.MockClock) -> None:
    """The engine calls it unhealthy then, and still does after the pause, until a probe succeeds."""
    world = World()
    box = world.spawn(name="c-a", traits=CHECKED)
    async with watching(world) as seen:
        await trio.sleep(5)
        world.pause(box)
        await trio.sleep(5)
        world.unpause(box)
        assert box.health == "unhealthy"
        await trio.sleep(5)
        assert healths(seen, box.id) == [(0.0, "starting"), (2.0, "healthy"), (5.0, ""), (12.0, "healthy")]


async def test_restarts_and_updates_are_seen_at_their_moments(autojump_clock: trio.testing.MockClock) -> None:
    world = World()
    looping = world.spawn(Exits(1.0, 3), name="loop", restart_policy="on-failure:2")
    steady = world.spawn(name="steady", memory_limit=64 * MIB, pids_limit=50)
    async with watching(world) as seen:
        await trio.sleep(3)
        world.update(steady, Limits(20, 128 * MIB))
        await trio.sleep(3)
        of_loop = [f.container for f in seen.facts if isinstance(f, Seen) and f.container.id == looping.id]
        assert [c.restarts for c in of_loop if c.state is State.RUNNING][-1] == 2
        assert (of_loop[-1].state, of_loop[-1].restarts) == (State.EXITED, 2)
        limits = [
            (seen.when(f), f.container.pids_limit, f.container.memory_limit)
            for f in seen.facts
            if isinstance(f, Seen) and f.container.id == steady.id
        ]
        assert [limit for limit in limits if limit[0] < 3] == [(0.0, 50, 64 * MIB)] * (len(limits) - 1)
        assert limits[-1] == (3.0, 20, 128 * MIB)


async def test_a_signal_that_ends_is_told_and_no_other(autojump_clock: trio.testing.MockClock) -> None:
    """Nor one whose number a label hides, as labels stand over what the engine writes into an event."""
    world = World()
    struck, hung_up = world.spawn(name="c-a", task=Sleeps()), world.spawn(name="c-b", task=Sleeps())
    labelled = world.spawn(name="c-c", labels={"signal": "9"})
    async with watching(world) as seen:
        await trio.sleep(5)
        world.kill(hung_up, signal=1)
        world.kill(labelled)
        world.kill(struck)
        await trio.sleep(5)
        told = [each for each in seen.of(Happened) if isinstance(each, Happened)]
        assert [each.id for each in told if each.what is Happening.KILL] == [struck.id]
        assert {each.id for each in told if each.what is Happening.DIE} >= {struck.id, labelled.id}


class Slow(DirectEngine):
    """An engine that needs a while for each inspect, and counts them."""

    asked = 0

    async def inspect(self, container: ContainerId) -> Container:
        """The look, later."""
        self.asked += 1
        await trio.sleep(0.4)
        return await super().inspect(container)


async def test_a_start_that_takes_long_looks_at_each_once(autojump_clock: trio.testing.MockClock) -> None:
    """Two hundred looks take ten seconds, and lists are taken meanwhile: for that, no stream is deaf."""
    world = World()
    for number in range(200):
        world.spawn(name=f"c-{number}")
    await trio.sleep(10)
    engine = Slow(world)
    async with watching(world, engine) as seen:
        await trio.sleep(30)
        # Whoever is being looked at while a list is taken is looked at once more.
        assert 200 <= engine.asked < 250
        assert seen.watch.statistics().deaf == 0
        assert len(seen.snapshots()[-1].containers) == 200
        assert not seen.snapshots()[-1].unsure


async def test_a_stream_that_ends_is_no_news_and_one_that_cannot_be_had_again_is(
    autojump_clock: trio.testing.MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A proxy may cut what is quiet every few seconds: that is no alarm each time."""
    caplog.set_level("INFO", "reactor.engine")
    async with watching(World()) as seen:
        for _ in range(5):
            await trio.sleep(6)
            seen.engine.end_events()
        await trio.sleep(6)
        said = [(each.levelname, each.getMessage()) for each in caplog.records]
        assert said == [("INFO", "the event stream ended and is opened again")] * 5
        caplog.clear()
        seen.engine.script.next(Kind.IDENTIFY, Fail(EngineUnreachable("nobody listens")), times=3)
        seen.engine.end_events()
        await trio.sleep(6)
        said = [(each.levelname, each.getMessage()) for each in caplog.records]
        assert said[1:] == [("WARNING", "the event stream is lost")]
