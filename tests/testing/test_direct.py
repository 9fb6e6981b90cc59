"""The engine in this process: its records, its streams and the faults it can be told to have."""

from collections.abc import AsyncIterator

import pytest
import trio
from trio.testing import MockClock

from reactor.core.container import ContainerId, State
from reactor.core.ports import (
    DeadlinePassed,
    EngineForbids,
    EngineUnreachable,
    NoSuchContainer,
    StreamEnded,
)
from reactor.testing.clock import DEFAULT_EPOCH
from reactor.testing.direct import DirectEngine
from reactor.testing.events import Message
from reactor.testing.faults import Delay, Fail, Hang, Kind, Swallow
from reactor.testing.tasks import MIB, Exits, FillsCache, Forks, Grows, Serves
from reactor.testing.world import World


@pytest.fixture
async def engine() -> AsyncIterator[DirectEngine]:
    """Give an engine on a world that happens by itself."""
    made = DirectEngine(World())
    async with trio.open_nursery() as nursery:
        await nursery.start(made.world.run)
        yield made
        nursery.cancel_scope.cancel()


async def test_it_says_who_it_is_by_its_own_clock(engine: DirectEngine, autojump_clock: MockClock) -> None:
    first = await engine.identify()
    await trio.sleep(5)
    engine.world.clock.jump(100)
    assert (await engine.identify()).now - first.now == 105.0
    assert first.now == pytest.approx(DEFAULT_EPOCH)


async def test_an_inspect_gives_the_whole_record(engine: DirectEngine, autojump_clock: MockClock) -> None:
    world = engine.world
    world.add_image("app:1", {"from": "image"})
    main = world.create(name="main")
    await trio.sleep(3)
    world.start(main)
    side = world.spawn(
        Serves(), name="side", image="app:1", labels={"own": "1"}, joins=main, pid_mode="container:main",
        memory_limit=MIB, pids_limit=7, auto_remove=True,
    )  # fmt: skip
    found = await engine.inspect(side.id)
    assert found.run == side.run
    assert (found.name, found.image, found.image_id) == ("side", "app:1", side.recipe.image.id)
    assert found.labels == {"own": "1", "from": "image"}
    assert found.image_labels == {"from": "image"}
    assert found.joins == {main.id}
    assert (found.memory_limit, found.pids_limit, found.auto_remove) == (MIB, 7, True)
    assert (found.exit_code, found.finished_at, found.restart_policy) == (None, "", "")
    assert (await engine.inspect(main.id)).created == pytest.approx(0.0, abs=1e-6)
    assert (await engine.inspect(main.id)).born == pytest.approx(3.0, abs=1e-6)


async def test_an_end_is_in_the_record(engine: DirectEngine, autojump_clock: MockClock) -> None:
    box = engine.world.spawn(Exits(1.0, 3), restart_policy="always")
    await trio.sleep(1.05)
    found = await engine.inspect(box.id)
    assert (found.state, found.exit_code, bool(found.finished_at)) == (State.RESTARTING, 3, True)
    await trio.sleep(0.1)
    found = await engine.inspect(box.id)
    assert (found.state, found.exit_code, found.restart_policy) == (State.RUNNING, None, "always")


async def test_the_labels_of_an_image_that_is_gone_are_unknown(
    engine: DirectEngine, autojump_clock: MockClock
) -> None:
    box = engine.world.spawn(image="app:1")
    engine.world.drop_image("app:1")
    assert (await engine.inspect(box.id)).image_labels is None


async def test_a_jump_of_the_clock_changes_no_age(engine: DirectEngine, autojump_clock: MockClock) -> None:
    box = engine.world.spawn()
    before = (await engine.inspect(box.id)).born
    engine.world.clock.jump(-7200)
    assert (await engine.inspect(box.id)).born == before
    # Who comes anew and has nothing but the engine's clock is misled by it.
    assert (await DirectEngine(engine.world).inspect(box.id)).born == pytest.approx(7200.0, abs=1e-6)
    engine.forget_starts = True
    assert (await engine.inspect(box.id)).born is None


async def test_a_list_has_the_youngest_first_and_lags(
    engine: DirectEngine, autojump_clock: MockClock
) -> None:
    old, young = engine.world.spawn(name="old"), engine.world.spawn(name="young")
    engine.world.kill(old)
    assert [(row.name, row.state) for row in await engine.list()] == [
        ("young", "running"),
        ("old", "running"),
    ]
    await trio.sleep(0.05)
    assert [row.state for row in await engine.list()] == ["running", "exited"]
    assert (await engine.list())[0].id == young.id


async def test_only_full_ids_are_taken(engine: DirectEngine, autojump_clock: MockClock) -> None:
    box = engine.world.spawn(name="named")
    for bad in ("named", box.id[:12], box.id.upper()):
        with pytest.raises(ValueError, match="full id"):
            await engine.kill(ContainerId(bad))
        with pytest.raises(ValueError, match="full id"):
            await engine.inspect(ContainerId(bad))
    assert box.alive


async def test_a_name_like_an_id_answers_for_one_that_is_gone(
    engine: DirectEngine, autojump_clock: MockClock
) -> None:
    victim = engine.world.create()
    engine.world.remove(victim)
    alias = engine.world.spawn(name=victim.id)
    assert (await engine.inspect(victim.id)).id == alias.id


async def test_killing_gives_statuses_not_errors(engine: DirectEngine, autojump_clock: MockClock) -> None:
    box = engine.world.spawn()
    nobody = ContainerId("0" * 64)
    assert [await engine.kill(box.id), await engine.kill(box.id), await engine.kill(nobody)] == [
        204,
        409,
        404,
    ]
    assert [await engine.stop(box.id, 1.0), await engine.stop(nobody, 1.0)] == [304, 404]
    with pytest.raises(NoSuchContainer):
        await engine.inspect(nobody)


async def test_a_stop_returns_when_it_is_over(engine: DirectEngine, autojump_clock: MockClock) -> None:
    box = engine.world.spawn()
    assert await engine.stop(box.id, 3.0) == 204
    assert trio.current_time() == 3.0
    assert box.state is State.EXITED


async def test_a_kill_returns_when_it_is_over(autojump_clock: MockClock) -> None:
    world = World(kill_takes=0.03)
    engine = DirectEngine(world)
    async with trio.open_nursery() as nursery:
        await nursery.start(world.run)
        box = world.spawn()
        assert await engine.kill(box.id) == 204
        assert trio.current_time() == pytest.approx(0.03)
        nursery.cancel_scope.cancel()


async def test_a_wedged_one_hangs_alone(engine: DirectEngine, autojump_clock: MockClock) -> None:
    box, other = engine.world.spawn(), engine.world.spawn()
    engine.world.wedge(box)
    with pytest.raises(DeadlinePassed, match="no answer to kill within 15 s"):
        await engine.kill(box.id)
    with pytest.raises(DeadlinePassed):
        await engine.inspect(box.id)
    assert trio.current_time() == 20.0
    assert {row.id for row in await engine.list() if row.alive} == {box.id, other.id}
    assert await engine.kill(other.id) == 204
    engine.world.free(box)
    assert (await engine.inspect(box.id)).state is State.EXITED


async def test_a_wedged_one_goes_on_when_it_is_freed(engine: DirectEngine, autojump_clock: MockClock) -> None:
    box = engine.world.spawn()
    engine.world.wedge(box)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(engine.kill, box.id)
        await trio.sleep(9)
        assert box.alive
        engine.world.free(box)
    assert (trio.current_time(), box.alive) == (9.0, False)


async def test_events_come_at_their_moments(engine: DirectEngine, autojump_clock: MockClock) -> None:
    box = engine.world.create(Exits(7.0, 3))
    async with engine.open_events(None) as events:
        engine.world.start(box)
        start = await anext(events)
        die = await anext(events)
        assert trio.current_time() == 7.0
    assert [(e.action, e.id, e.exit_code) for e in (start, die)] == [
        ("start", box.id, None),
        ("die", box.id, 3),
    ]
    assert die.time_nano - start.time_nano == pytest.approx(7e9, abs=1e3)
    assert engine.world.events.listeners == frozenset()


async def test_the_past_is_replayed_from_a_moment_on(engine: DirectEngine, autojump_clock: MockClock) -> None:
    engine.world.create()
    await trio.sleep(5)
    engine.world.create(name="later")
    now = (await engine.identify()).now
    async with engine.open_events(now - 1) as events:
        assert (await anext(events)).id == engine.world.find("later").id


async def test_strangers_words_do_not_get_through(engine: DirectEngine, autojump_clock: MockClock) -> None:
    """What is not a container's, not local or has no proper id is left out; an exec loses its text."""
    box = engine.world.spawn(labels={"exitCode": "²"})
    async with engine.open_events(None) as events:
        for message in (
            Message("container", "die", "short", {}, 1),
            Message("network", "connect", box.id, {}, 2),
            Message("container", "die", box.id, {}, 3, scope="swarm"),
        ):
            engine.world.events.publish(message)
        engine.world.flood(box, 1)
        engine.world.exit(box)
        seen = [await anext(events) for _ in range(4)]
    assert [e.action for e in seen] == ["exec_create", "exec_start", "exec_die", "die"]
    assert seen[-1].exit_code is None


async def test_event_streams_end_with_an_error_always(
    engine: DirectEngine, autojump_clock: MockClock
) -> None:
    async with engine.open_events(None) as events:
        engine.end_events("in the middle of an object")
        with pytest.raises(StreamEnded, match="in the middle"):
            await anext(events)
    async with engine.open_events(None) as events:
        engine.world.crash()
        with pytest.raises(StreamEnded, match="reset"):
            await anext(events)
    with pytest.raises(EngineUnreachable):
        async with engine.open_events(None):
            raise AssertionError("nobody is there")


async def test_a_deaf_stream_stays_open_and_silent(engine: DirectEngine, autojump_clock: MockClock) -> None:
    async with engine.open_events(None) as deaf:
        engine.deafen_events()
        engine.world.spawn()
        with trio.move_on_after(60) as patience:
            await anext(deaf)
        assert patience.cancelled_caught
    async with engine.open_events(0.0) as events:
        assert (await anext(events)).action == "create"


async def test_samples_come_once_a_second(engine: DirectEngine, autojump_clock: MockClock) -> None:
    await trio.sleep(0.4)
    box = engine.world.spawn(Forks(10), pids_limit=25, memory_limit=64 * MIB)
    async with engine.open_stats(box.run) as samples:
        seen = [await anext(samples) for _ in range(3)]
    assert [s.at for s in seen if s] == [1.0, 2.0, 3.0]
    assert [(s.pids, s.pids_limit, s.memory_limit) for s in seen if s] == [
        (7, 25, 64 * MIB),
        (17, 25, 64 * MIB),
        (25, 25, 64 * MIB),
    ]
    assert {s.run for s in seen if s} == {box.run}


async def test_cache_is_no_working_set(engine: DirectEngine, autojump_clock: MockClock) -> None:
    hog = engine.world.spawn(Grows(0.9, over=0.0), memory_limit=100 * MIB)
    reader = engine.world.spawn(FillsCache(0.95, over=0.0), memory_limit=100 * MIB)
    shares = []
    for box in (hog, reader):
        async with engine.open_stats(box.run) as samples:
            sample = await anext(samples)
            assert sample is not None
            assert sample.memory is not None
            shares.append(sample.memory / (100 * MIB))
    assert shares == [pytest.approx(0.9), pytest.approx(0.02)]


async def test_dead_ones_and_sidecars_of_dead_ones_have_no_data(
    engine: DirectEngine, autojump_clock: MockClock
) -> None:
    world = engine.world
    main = world.spawn()
    side = world.spawn(Forks(10), joins=main)
    async with engine.open_stats(side.run) as samples, engine.open_stats(main.run) as own:
        assert await anext(samples) is not None
        world.kill(main)
        assert await anext(samples) is None
        assert side.alive
        assert [await anext(own), await anext(own)] == [None, None]
        world.remove(main)
        with pytest.raises(StreamEnded):
            await anext(own)
        assert await anext(samples) is None


async def test_one_stuck_shim_can_silence_all_stats(engine: DirectEngine, autojump_clock: MockClock) -> None:
    box = engine.world.spawn()
    async with engine.open_stats(box.run) as samples:
        await anext(samples)
        engine.world.freeze_stats()
        with trio.move_on_after(30) as patience:
            await anext(samples)
        assert patience.cancelled_caught
        engine.world.thaw_stats()


async def test_stats_end_with_the_engine(engine: DirectEngine, autojump_clock: MockClock) -> None:
    box = engine.world.spawn()
    async with engine.open_stats(box.run) as samples:
        engine.world.crash()
        with pytest.raises(StreamEnded):
            await anext(samples)


async def test_a_hang_ends_at_the_deadline_without_effect(
    engine: DirectEngine, autojump_clock: MockClock
) -> None:
    box = engine.world.spawn()
    engine.script.next("kill", Hang())
    with pytest.raises(DeadlinePassed):
        await engine.kill(box.id)
    assert (trio.current_time(), box.alive) == (15.0, True)
    assert await engine.kill(box.id) == 204
    assert engine.script.counts[Kind.KILL] == 2


async def test_a_swallowed_answer_had_its_effect(engine: DirectEngine, autojump_clock: MockClock) -> None:
    box = engine.world.spawn()
    engine.script.next(Kind.KILL, Swallow())
    with pytest.raises(EngineUnreachable):
        await engine.kill(box.id)
    assert not box.alive


async def test_calls_can_fail_and_be_late(engine: DirectEngine, autojump_clock: MockClock) -> None:
    engine.script.next(Kind.LIST, Fail(EngineForbids("no")), times=2)
    for _ in range(2):
        with pytest.raises(EngineForbids):
            await engine.list()
    engine.script.always("list", Delay(2.0))
    await engine.list()
    await engine.list()
    engine.script.always("list", None)
    await engine.list()
    assert trio.current_time() == 4.0


async def test_while_the_engine_is_down_nobody_answers(
    engine: DirectEngine, autojump_clock: MockClock
) -> None:
    box = engine.world.spawn(restart_policy="always")
    engine.world.crash()
    for call in (engine.identify, engine.list, lambda: engine.inspect(box.id), lambda: engine.kill(box.id)):
        with pytest.raises(EngineUnreachable):
            await call()
    engine.world.boot()
    assert (await engine.inspect(box.id)).alive
