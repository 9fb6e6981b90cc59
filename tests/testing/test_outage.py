"""A crash and a return of the engine, checked against what a real 20.10 was seen to do."""

from collections.abc import AsyncIterator

import pytest
import trio
from trio.testing import MockClock

from reactor.core.container import State
from reactor.testing.events import Message
from reactor.testing.history import What
from reactor.testing.tasks import Exits, Serves, Sleeps
from reactor.testing.world import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """Give a world that happens by itself."""
    made = World()
    async with trio.open_nursery() as nursery:
        await nursery.start(made.run)
        yield made
        nursery.cancel_scope.cancel()


def told(world: World, since: int = 0) -> list[tuple[str, str]]:
    """What was told of containers, with their names."""
    messages = world.events.replay(since)
    return [(m.action, m.attributes["name"]) for m in messages if m.type == "container"]


async def test_containers_outlive_a_crash_and_nobody_tells_of_their_ends(
    world: World, autojump_clock: MockClock
) -> None:
    box = world.spawn(Exits(5.0, 7), name="job", restart_policy="unless-stopped")
    world.crash()
    assert box.alive
    await trio.sleep(10)
    # The engine is not there to start it again.
    assert (box.state, box.exit_code) == (State.EXITED, 7)
    assert told(world) == [("create", "job"), ("start", "job")]
    assert world.history.died_at(box.id) == 5.0


async def test_who_comes_back_after_a_crash(world: World, autojump_clock: MockClock) -> None:
    """Who still ran counts as stopped by hand: ``unless-stopped`` stays away, ``always`` does not care."""
    policies = ("no", "always", "unless-stopped", "on-failure")
    running = {p: world.spawn(Sleeps(), restart_policy=p) for p in policies}
    killed = {p: world.spawn(restart_policy=p) for p in policies}
    ended = {p: world.spawn(Exits(5.0, 7), restart_policy=p) for p in policies}
    for box in killed.values():
        world.kill(box)
    world.crash()
    await trio.sleep(10)
    world.boot()
    back = [[p for p, box in boxes.items() if box.alive] for boxes in (running, killed, ended)]
    assert back == [
        ["always", "on-failure"],
        ["always", "on-failure"],
        ["always", "unless-stopped", "on-failure"],
    ]
    assert running["no"].exit_code == 137
    assert ended["no"].exit_code == 7
    assert running["always"].restarts == 0


async def test_a_boot_begins_with_an_empty_ring_and_tells_what_it_does(
    world: World, autojump_clock: MockClock
) -> None:
    polite = world.spawn(Serves(), name="polite")
    world.spawn(Sleeps(), name="deaf", restart_policy="always")
    first = world.find("deaf").run
    world.crash()
    await trio.sleep(1)
    world.boot()
    assert told(world) == [
        ("kill", "polite"),
        ("die", "polite"),
        ("stop", "polite"),
        ("kill", "deaf"),
        ("kill", "deaf"),
        ("die", "deaf"),
        ("stop", "deaf"),
        ("start", "deaf"),
    ]
    assert polite.exit_code == 0
    again = world.find("deaf").run
    assert again.id == first.id
    assert again != first


async def test_what_was_to_be_removed_at_its_end_is_gone_after_a_boot(
    world: World, autojump_clock: MockClock
) -> None:
    world.spawn(Exits(1.0), name="ended", auto_remove=True)
    world.spawn(name="running", auto_remove=True)
    world.crash()
    await trio.sleep(2)
    world.boot()
    assert world.boxes == ()
    assert [name for action, name in told(world) if action == "destroy"] == ["running", "ended"]


async def test_with_live_restore_everything_runs_on(world: World, autojump_clock: MockClock) -> None:
    box, ended = world.spawn(Exits(60.0)), world.spawn(Exits(1.0))
    first = box.run
    world.crash()
    await trio.sleep(30)
    world.boot(live_restore=True)
    assert (box.run, box.alive, ended.alive) == (first, True, False)
    assert told(world) == []
    await box.over.wait()
    assert trio.current_time() == 60.0


async def test_a_sidecar_of_who_does_not_come_back_stays_away(
    world: World, autojump_clock: MockClock
) -> None:
    main = world.spawn()
    side = world.spawn(joins=main, restart_policy="always")
    world.crash()
    world.boot()
    assert (main.state, side.state, side.listed) == (State.EXITED, State.EXITED, State.EXITED)


async def test_an_orderly_end_is_told_before_the_streams_end(world: World, autojump_clock: MockClock) -> None:
    world.spawn(name="job", restart_policy="unless-stopped")
    listener = world.events.subscribe()
    world.shut_down()
    heard = [message.action async for message in listener if message.type == "container"]
    assert heard == ["kill", "kill", "die", "stop"]
    assert listener.ending == "reset"
    world.boot()
    assert world.find("job").alive
    assert [e.what for e in world.history if e.what in (What.DOWN, What.UP)] == [What.DOWN, What.UP]


async def test_twice_down_or_up_is_no_more_than_once(world: World, autojump_clock: MockClock) -> None:
    box = world.spawn()
    world.boot()
    assert box.alive
    world.crash()
    world.crash()
    world.boot()
    assert [e.what for e in world.history][-3:] == [What.DOWN, What.UP, What.DIED]


async def test_the_ring_holds_256_of_all_kinds(world: World, autojump_clock: MockClock) -> None:
    world.spawn(name="early")
    noisy = world.spawn(name="noisy")
    world.flood(noisy, 90)
    assert len(world.events.replay(0)) == 256
    assert ("start", "early") not in told(world)


async def test_a_replay_includes_its_first_moment_and_stops_at_the_first_older(
    world: World, autojump_clock: MockClock
) -> None:
    first = world.spawn(name="first")
    last = world.events.replay(0)[-1]
    assert world.events.replay(last.nanos) == [last]
    world.clock.jump(-3600)
    world.spawn(name="late")
    # After the step back the newest is older than what is asked for: nothing is found.
    assert world.events.replay(last.nanos) == []
    assert first.alive


async def test_a_listener_that_does_not_listen_loses_without_a_word(
    world: World, autojump_clock: MockClock
) -> None:
    box = world.spawn()
    listener = world.events.subscribe()
    world.flood(box, 400)
    assert listener.dropped == 1200 - 1024
    listener.end()
    assert len([m async for m in listener]) == 1024


async def test_events_can_be_lost_for_everybody(world: World, autojump_clock: MockClock) -> None:
    world.events.lose(1, "die")
    box = world.spawn(Exits(1.0), restart_policy="always")
    await trio.sleep(2.5)
    actions = [action for action, _ in told(world)]
    assert actions.count("die") == 1
    assert actions.count("start") == 3
    assert box.restarts == 2


async def test_a_strange_message_can_be_published(world: World, autojump_clock: MockClock) -> None:
    strange = Message("container", "die", "not an id", {}, 5)
    world.events.publish(strange)
    assert world.events.replay(0) == [strange]
