"""Killing and stopping: statuses, events and what becomes of restart policies."""

from collections.abc import AsyncIterator

import pytest
import trio
from trio.testing import MockClock

from reactor.core.container import State
from reactor.testing.box import Box
from reactor.testing.refusals import Refused
from reactor.testing.restarts import RestartPolicy, next_wait, parse_policy
from reactor.testing.signals import SIGTERM
from reactor.testing.tasks import Exits, Serves, Sleeps
from reactor.testing.world import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """Give a world that happens by itself, in virtual time."""
    made = World()
    async with trio.open_nursery() as nursery:
        await nursery.start(made.run)
        yield made
        nursery.cancel_scope.cancel()


def told(world: World, box: Box) -> list[str]:
    """What was told of a container since it was started the first time, with signals and codes."""
    messages = [m for m in world.events.replay(0) if m.id == box.id and m.type == "container"]
    extras = [m.attributes.get("signal", "") + m.attributes.get("exitCode", "") for m in messages]
    return [f"{m.action} {extra}".strip() for m, extra in zip(messages, extras, strict=True)][2:]


async def test_a_kill_ends_a_run_and_a_second_one_is_refused(world: World, autojump_clock: MockClock) -> None:
    box = world.spawn()
    assert world.kill(box) == 204
    assert (box.state, box.exit_code) == (State.EXITED, 137)
    with pytest.raises(Refused, match=f"Container {box.id} is not running") as refused:
        world.kill(box)
    assert refused.value.status == 409
    assert told(world, box) == ["kill 9", "die 137"]


async def test_kills_that_meet_are_all_accepted_and_one_is_effective(autojump_clock: MockClock) -> None:
    world = World(kill_takes=0.03)
    box = world.spawn()
    assert [world.kill(box), world.kill(box), world.kill(box)] == [204, 204, 204]
    assert box.alive
    await trio.sleep(0.03)
    assert not world.find(box.id).alive
    assert len(world.history.effective()) == 1
    assert told(world, box) == ["kill 9", "die 137"]


async def test_a_paused_container_can_be_killed(world: World, autojump_clock: MockClock) -> None:
    box = world.spawn()
    world.pause(box)
    assert world.kill(box) == 204
    assert box.state is State.EXITED


async def test_a_stop_is_polite_first(world: World, autojump_clock: MockClock) -> None:
    box = world.spawn(Serves())
    assert world.stop(box, grace=10) == 204
    await box.over.wait()
    assert trio.current_time() == pytest.approx(0.1)
    assert box.exit_code == 0
    assert told(world, box) == ["kill 15", "die 0", "stop"]
    assert world.stop(box) == 304


async def test_who_ignores_a_stop_is_killed_after_its_grace(world: World, autojump_clock: MockClock) -> None:
    box = world.spawn(Sleeps())
    world.stop(box, grace=3)
    world.stop(box, grace=10)
    await box.over.wait()
    assert trio.current_time() == 3.0
    assert told(world, box) == ["kill 15", "kill 9", "die 137", "stop"]
    assert len(world.history.effective()) == 1


async def test_a_negative_grace_waits_for_ever(world: World, autojump_clock: MockClock) -> None:
    box = world.spawn(Sleeps())
    world.stop(box, grace=-1)
    await trio.sleep(80_000)
    assert box.alive


async def test_a_stop_lets_a_frozen_one_go_on_to_take_it(world: World, autojump_clock: MockClock) -> None:
    polite, deaf = world.spawn(Serves()), world.spawn(Sleeps())
    for box in (polite, deaf):
        world.pause(box)
        world.stop(box, grace=2)
    await polite.over.wait()
    assert (trio.current_time(), polite.exit_code) == (0.1, 0)
    await deaf.over.wait()
    assert (trio.current_time(), deaf.exit_code) == (2.0, 137)


async def test_a_run_that_ends_comes_back_as_another(world: World, autojump_clock: MockClock) -> None:
    box = world.spawn(Exits(1.0, 1), restart_policy="on-failure:2")
    first = box.run
    await trio.sleep(1.05)
    assert (box.state, box.alive, box.pid, box.restarts) == (State.RESTARTING, True, 0, 1)
    await trio.sleep(0.1)
    assert box.state is State.RUNNING
    assert box.run != first
    await trio.sleep(60)
    # 1 s, 0.1 s of waiting, 1 s, 0.2 s, 1 s: three runs, two restarts.
    assert world.history.died_at(box.id) == pytest.approx(3.3)
    assert (box.state, box.restarts) == (State.EXITED, 2)


async def test_success_is_no_failure(world: World, autojump_clock: MockClock) -> None:
    box = world.spawn(Exits(1.0, 0), restart_policy="on-failure")
    await trio.sleep(60)
    assert (box.state, box.restarts) == (State.EXITED, 0)


@pytest.mark.parametrize("policy", ["always", "unless-stopped", "on-failure"])
async def test_a_killed_one_does_not_come_back_by_itself(
    world: World, autojump_clock: MockClock, policy: str
) -> None:
    box = world.spawn(restart_policy=policy)
    world.kill(box)
    await trio.sleep(3600)
    assert box.state is State.EXITED


async def test_a_harmless_signal_keeps_the_policy_quiet(world: World, autojump_clock: MockClock) -> None:
    box = world.spawn(Exits(5.0, 1), restart_policy="always")
    world.kill(box, signal=28)
    assert box.state is State.RUNNING
    await trio.sleep(60)
    assert (box.state, box.restarts) == (State.EXITED, 0)


async def test_a_term_by_kill_ends_who_listens_to_it(world: World, autojump_clock: MockClock) -> None:
    deaf, good = world.spawn(Sleeps()), world.spawn(Serves(), restart_policy="always")
    for box in (deaf, good):
        world.kill(box, signal=SIGTERM)
    await trio.sleep(60)
    assert (deaf.state, good.state) == (State.RUNNING, State.EXITED)


async def test_a_kill_between_two_runs_is_told_by_nobody(world: World, autojump_clock: MockClock) -> None:
    box = world.spawn(Exits(0.0, 1), restart_policy="always")
    await trio.sleep(1)
    assert box.state is State.RESTARTING
    before = len(told(world, box))
    assert world.kill(box) == 204
    assert (box.state, box.listed) == (State.EXITED, State.EXITED)
    await trio.sleep(3600)
    assert len(told(world, box)) == before
    assert not box.alive


async def test_a_wedged_one_answers_nobody_until_it_is_freed(world: World, autojump_clock: MockClock) -> None:
    box, other = world.spawn(Exits(5.0, 4)), world.spawn()
    world.wedge(box)
    world.kill(box)
    world.kill(other)
    await trio.sleep(60)
    assert (box.state, box.listed, other.state) == (State.RUNNING, State.RUNNING, State.EXITED)
    assert world.history.effective() == world.history.asked()
    world.free(box)
    # What came first comes first: the kill, not the exit that nobody had heard of.
    assert (box.state, box.exit_code) == (State.EXITED, 137)
    assert box.wedged is None


def test_the_waits_double_up_to_a_minute_and_begin_anew_after_a_steady_run() -> None:
    waits = [0.0]
    for _ in range(12):
        waits.append(next_wait(waits[-1], 0.0))
    assert waits[1:5] == [0.1, 0.2, 0.4, 0.8]
    assert waits[-1] == 60.0
    assert next_wait(60.0, 10.0) == 0.1


def test_policies_are_read_as_they_are_written() -> None:
    assert parse_policy("") == RestartPolicy("no")
    assert parse_policy("on-failure:3") == RestartPolicy("on-failure", 3)
    assert not RestartPolicy("on-failure", 3).wants(1, 3)
    assert RestartPolicy("on-failure", 3).wants(1, 2)
    assert not RestartPolicy().wants(1, 0)
