"""Containers of the world live, end, come back and go as those of a real engine do."""

from collections.abc import AsyncIterator

import pytest
import trio
from trio.testing import MockClock

from reactor.core.container import State
from reactor.testing.clock import NEVER, EngineClock, written
from reactor.testing.history import What
from reactor.testing.refusals import Refused
from reactor.testing.tasks import (
    MIB,
    Announced,
    CannotStart,
    Exits,
    Grows,
    OomsChild,
    OomsMain,
    Serves,
    Sleeps,
    Usage,
)
from reactor.testing.world import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """Give a world that happens by itself, in virtual time."""
    made = World()
    async with trio.open_nursery() as nursery:
        await nursery.start(made.run)
        yield made
        nursery.cancel_scope.cancel()


def told(world: World, kind: str = "container") -> list[str]:
    """What the event log has told of so far."""
    return [m.action for m in world.events.replay(0) if m.type == kind]


async def test_a_run_begins_and_ends_at_its_moments(world: World, autojump_clock: MockClock) -> None:
    box = world.create(Exits(5.0, 3), name="job")
    assert (box.state, box.started_at, box.run.started_at) == (State.CREATED, NEVER, "")
    world.start(box)
    assert (box.state, box.alive) == (State.RUNNING, True)
    await box.over.wait()
    assert trio.current_time() == 5.0
    assert (box.state, box.exit_code, box.pid) == (State.EXITED, 3, 0)
    assert told(world) == ["create", "start", "die"]
    assert told(world, "network") == ["connect", "disconnect"]


async def test_what_is_due_has_happened_when_anybody_looks(autojump_clock: MockClock) -> None:
    """Without its task a world is still right; it only wakes nobody."""
    world = World()
    box = world.spawn(Exits(5.0, 3))
    await trio.sleep(60)
    assert world.find(box.id).state is State.EXITED
    assert world.history.died_at(box.id) == 5.0


async def test_two_runs_in_one_moment_have_different_starts(world: World, autojump_clock: MockClock) -> None:
    box = world.spawn()
    first = box.run
    world.restart(box)
    assert box.run.id == first.id
    assert box.run.started_at > first.started_at


async def test_the_list_lags_behind_a_death(world: World, autojump_clock: MockClock) -> None:
    """The event is out, an inspect knows, and the list still says running."""
    box = world.spawn()
    world.exit(box, 1)
    assert told(world)[-1] == "die"
    assert (box.state, box.listed) == (State.EXITED, State.RUNNING)
    await trio.sleep(0.021)
    assert box.listed is State.EXITED


async def test_a_late_list_does_not_overwrite_what_came_after(
    world: World, autojump_clock: MockClock
) -> None:
    box = world.spawn()
    world.kill(box)
    world.start(box)
    await trio.sleep(1)
    assert (box.state, box.listed) == (State.RUNNING, State.RUNNING)


async def test_names_ids_and_prefixes_resolve_in_the_engines_order(
    world: World, autojump_clock: MockClock
) -> None:
    victim = world.create(name="victim")
    alias = world.create(name=victim.id[:12])
    assert world.find(victim.id) is victim
    assert world.find("/victim") is victim
    assert world.find(victim.id[:12]) is alias
    assert world.find(victim.id[:13]) is victim
    with pytest.raises(Refused, match="No such container: nobody"):
        world.find("nobody")
    for _ in range(40):
        world.create()
    with pytest.raises(Refused, match="Multiple IDs"):
        next(world.find(digit) for digit in "0123456789abcdef")


async def test_a_container_can_take_the_id_of_a_removed_one_for_its_name(
    world: World, autojump_clock: MockClock
) -> None:
    victim = world.create()
    world.remove(victim)
    alias = world.create(name=victim.id)
    assert world.find(victim.id) is alias


async def test_names_are_checked_and_belong_to_one(world: World, autojump_clock: MockClock) -> None:
    world.create(name="taken")
    with pytest.raises(Refused, match="already in use") as taken:
        world.create(name="/taken")
    with pytest.raises(Refused, match="Invalid container name") as invalid:
        world.create(name="x")
    assert (taken.value.status, invalid.value.status) == (409, 400)


async def test_a_rename_is_told_with_both_names(world: World, autojump_clock: MockClock) -> None:
    box = world.create(name="before", labels={"oldName": "stranger"})
    world.rename(box, "after")
    assert box.name == "after"
    said = world.events.replay(0)[-1].attributes
    # The label wins over the attribute, the name over everything.
    assert (said["name"], said["oldName"]) == ("after", "stranger")


async def test_labels_come_from_the_image_too_and_overwrite_event_attributes(
    world: World, autojump_clock: MockClock
) -> None:
    world.add_image("app:1", {"reactor.skip": "", "both": "image"})
    labels = {"both": "own", "exitCode": "0", "name": "nobody", "image": "none"}
    box = world.spawn(Exits(0.0, 9), image="app:1", labels=labels)
    await box.over.wait()
    said = next(m for m in world.events.replay(0) if m.action == "die").attributes
    assert said["exitCode"] == "0"
    assert (said["name"], said["image"]) == (box.name, "app:1")
    assert (said["reactor.skip"], said["both"]) == ("", "own")
    assert box.exit_code == 9


async def test_a_program_that_is_not_there_leaves_a_created_container(
    world: World, autojump_clock: MockClock
) -> None:
    box = world.create(CannotStart())
    with pytest.raises(Refused) as refused:
        world.start(box)
    assert refused.value.status == 400
    assert (box.state, box.exit_code, bool(box.error)) == (State.CREATED, 127, True)
    assert told(world) == ["create"]


async def test_a_sidecar_needs_a_running_main_to_start(world: World, autojump_clock: MockClock) -> None:
    main = world.create()
    side = world.create(joins=main)
    with pytest.raises(Refused, match="non running container") as refused:
        world.start(side)
    assert refused.value.status == 409
    world.start(main)
    assert world.start(side) == 204
    assert world.start(side) == 304


async def test_who_shares_a_pid_namespace_dies_with_its_first_process(
    world: World, autojump_clock: MockClock
) -> None:
    main = world.spawn(name="main")
    same_pids = world.spawn(pid_mode="container:main")
    same_net = world.spawn(network_mode="container:main")
    world.kill(main)
    assert (same_pids.state, same_pids.exit_code) == (State.EXITED, 137)
    assert same_net.state is State.RUNNING


async def test_an_oom_is_told_before_or_after_the_death_or_never(
    world: World, autojump_clock: MockClock
) -> None:
    boxes = [world.spawn(OomsMain(1.0, order)) for order in Announced]
    await trio.sleep(2)
    by_box = [[m.action for m in world.events.replay(0) if m.id == box.id][2:] for box in boxes]
    assert by_box == [["oom", "die"], ["die", "oom"], ["die"]]
    assert [box.oom_killed for box in boxes] == [True, False, False]
    assert [box.exit_code for box in boxes] == [137, 137, 137]


async def test_an_oom_told_late_marks_the_next_run(world: World, autojump_clock: MockClock) -> None:
    box = world.spawn(OomsMain(1.0, Announced.AFTER))
    await box.over.wait()
    world.start(box)
    world.exit(box, 0)
    assert (box.exit_code, box.oom_killed) == (0, True)
    world.start(box)
    world.exit(box, 0)
    assert not box.oom_killed


async def test_an_oom_of_a_child_ends_nothing(world: World, autojump_clock: MockClock) -> None:
    box = world.spawn(OomsChild(1.0, lasts=2.0, times=2))
    await trio.sleep(1.5)
    assert (box.state, box.oom_killed) == (State.RUNNING, False)
    await box.over.wait()
    assert trio.current_time() == 3.0
    assert (box.exit_code, box.oom_killed) == (0, True)
    assert told(world) == ["create", "start", "oom", "oom", "die"]


async def test_memory_that_reaches_the_limit_is_an_oom(world: World, autojump_clock: MockClock) -> None:
    box = world.spawn(Grows(1.25, over=10.0), memory_limit=64 * MIB)
    await box.over.wait()
    assert trio.current_time() == 8.0
    assert box.oom_killed


async def test_a_pause_stops_the_clock_of_the_program_only(world: World, autojump_clock: MockClock) -> None:
    box = world.spawn(Exits(10.0))
    await trio.sleep(4)
    world.pause(box)
    assert (box.state, box.ran(trio.current_time())) == (State.PAUSED, 4.0)
    await trio.sleep(100)
    world.unpause(box)
    await box.over.wait()
    assert trio.current_time() == 110.0
    assert told(world) == ["create", "start", "pause", "unpause", "die"]


async def test_pausing_has_the_statuses_of_a_real_engine(world: World, autojump_clock: MockClock) -> None:
    box = world.spawn()
    with pytest.raises(Refused, match="is not paused") as not_paused:
        world.unpause(box)
    world.pause(box)
    with pytest.raises(Refused, match="already paused") as twice:
        world.pause(box)
    world.kill(box)
    with pytest.raises(Refused, match="is not running") as dead:
        world.pause(box)
    statuses = [error.value.status for error in (not_paused, twice, dead)]
    assert statuses == [500, 409, 409]
    assert box.state is State.EXITED


async def test_a_removed_container_is_gone(world: World, autojump_clock: MockClock) -> None:
    box = world.spawn()
    with pytest.raises(Refused, match="cannot remove a running container") as running:
        world.remove(box)
    assert running.value.status == 409
    world.remove(box, force=True)
    assert box.gone.is_set()
    assert world.boxes == ()
    assert told(world) == ["create", "start", "kill", "die", "destroy"]


async def test_a_removal_can_take_its_time(autojump_clock: MockClock) -> None:
    world = World(removal_takes=2.0)
    box = world.spawn(auto_remove=True)
    world.kill(box)
    assert (box.state, box.listed) == (State.REMOVING, State.REMOVING)
    with pytest.raises(Refused, match="already in progress") as again:
        world.remove(box)
    with pytest.raises(Refused, match="is not running"):
        world.kill(box)
    assert again.value.status == 409
    await trio.sleep(2)
    assert world.boxes == ()


async def test_usage_can_be_forced(world: World, autojump_clock: MockClock) -> None:
    box = world.spawn(Sleeps())
    world.use(box, Usage(pids=500))
    assert box.usage_override == Usage(pids=500)


async def test_the_history_says_who_did_what(world: World, autojump_clock: MockClock) -> None:
    box = world.spawn(Serves(), name="it")
    world.kill(box, by="monitor")
    with pytest.raises(Refused):
        world.kill(box, by="monitor")
    entries = [(e.what, e.by, e.status, e.effective, e.code) for e in world.history]
    assert entries == [
        (What.CREATED, "operator", 0, False, None),
        (What.STARTED, "operator", 0, False, None),
        (What.KILL, "monitor", 204, True, None),
        (What.DIED, "monitor", 0, False, 137),
        (What.KILL, "monitor", 409, False, None),
    ]
    assert len(world.history.repeated("monitor")) == 1


async def test_the_history_counts_what_was_done_twice_and_what_was_wrong(
    world: World, autojump_clock: MockClock
) -> None:
    first, second = world.spawn(), world.spawn()
    for box in (first, second):
        world.kill(box, by="monitor")
    assert world.history.doubled() == []
    assert [e.run for e in world.history.wrong({first.run})] == [second.run]
    assert world.history.wrong({first.id, second.id}) == []
    world.start(first)
    assert [e.run for e in world.history.effective()] != [first.run]
    world.kill(first, by="monitor")
    assert [e.run for e in world.history.doubled()] == [first.run]


def test_moments_are_written_as_go_writes_them() -> None:
    assert written(1_795_234_278_667_517_750) == "2026-11-21T04:11:18.66751775Z"
    assert written(1_795_234_278_000_000_000) == "2026-11-21T04:11:18Z"
    assert written(1_795_234_278_500_000_000) == "2026-11-21T04:11:18.5Z"


def test_the_engines_clock_can_jump() -> None:
    moment = 100.0
    clock = EngineClock(1000.0, lambda: moment)
    assert clock.nanos() == 1000 * 10**9
    clock.jump(3600)
    assert clock.nanos() == 4600 * 10**9
    clock.jump(-7200)
    moment = 101.0
    assert clock.nanos() == -2599 * 10**9
    assert clock.at(clock.nanos() - 10**9) == 100.0
    assert clock.stamp() < clock.stamp()
