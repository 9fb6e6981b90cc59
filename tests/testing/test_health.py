"""Health checks of the embedded engine, in virtual time: probes, findings and what is told of them."""

import pytest
import trio
import trio.testing

from reactor.core.container import State
from reactor.testing.box import Box
from reactor.testing.direct import DirectEngine
from reactor.testing.health import finding
from reactor.testing.tasks import Exits
from reactor.testing.traits import HealthCheck, Traits
from reactor.testing.world import World


def checked(world: World, check: HealthCheck | None = None) -> Box:
    """A running container with a health check."""
    return world.spawn(traits=Traits(health=check or HealthCheck()))


def told(world: World) -> list[str]:
    """What the engine told of health so far."""
    return [m.action for m in world.events.replay(0) if m.action.startswith("health_status")]


async def after(world: World, seconds: float, box: Box) -> tuple[str, int]:
    """What its health is so much later, and how many probes failed."""
    await trio.sleep(seconds)
    found = world.find(box.id)
    return found.health, found.failing


async def test_nothing_is_known_before_the_first_probe(autojump_clock: trio.testing.MockClock) -> None:
    world = World()
    box = checked(world, HealthCheck(interval=5))
    assert (box.health, told(world)) == ("starting", [])
    assert await after(world, 4.9, box) == ("starting", 0)
    assert await after(world, 0.1, box) == ("healthy", 0)
    assert told(world) == ["health_status: healthy"]


async def test_so_many_failures_in_a_row_make_it_unhealthy_and_one_success_healthy(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = World()
    box = checked(world, HealthCheck(interval=1, retries=3))
    await after(world, 1, box)
    world.ail(box)
    seen = [await after(world, 1, box) for _ in range(4)]
    assert seen == [("healthy", 1), ("healthy", 2), ("unhealthy", 3), ("unhealthy", 4)]
    world.ail(box, ill=False)
    assert await after(world, 1, box) == ("healthy", 0)
    changes = ["health_status: healthy", "health_status: unhealthy", "health_status: healthy"]
    assert told(world) == changes, "only changes are told"


async def test_failures_while_it_begins_do_not_count(autojump_clock: trio.testing.MockClock) -> None:
    world = World()
    box = checked(world, HealthCheck(interval=1, retries=1, start_period=5.5, passes=False))
    assert await after(world, 5, box) == ("starting", 0)
    assert await after(world, 1, box) == ("unhealthy", 1)


async def test_the_end_of_the_probes_is_called_unhealthy_and_is_no_finding(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = World()
    box = checked(world, HealthCheck(interval=1))
    await after(world, 1.5, box)
    world.pause(box)
    assert (box.health, finding(box)) == ("unhealthy", "")
    await after(world, 10, box)
    world.unpause(box)
    assert (box.health, finding(box)) == ("unhealthy", "")
    await after(world, 1, box)
    assert (box.health, finding(box)) == ("healthy", "healthy")
    world.kill(box)
    assert (box.health, finding(box), box.state) == ("unhealthy", "", State.EXITED)
    assert told(world) == ["health_status: healthy"] * 2


async def test_a_new_run_begins_anew(autojump_clock: trio.testing.MockClock) -> None:
    world = World()
    traits = Traits(health=HealthCheck(interval=1, retries=1))
    box = world.spawn(Exits(3.5, 1), restart_policy="always", traits=traits)
    world.ail(box)
    assert await after(world, 2, box) == ("unhealthy", 2)
    assert await after(world, 1.7, box) == ("starting", 0)
    assert box.restarts == 1


@pytest.mark.parametrize("health", ["healthy", "unhealthy", "starting"])
async def test_a_test_can_say_what_the_health_is(health: str, autojump_clock: trio.testing.MockClock) -> None:
    """With a health check or without one; the neighbour's stays as it was."""
    world = World()
    engine = DirectEngine(world)
    box, bare, neighbour = checked(world), world.spawn(), checked(world)
    for each in (box, bare):
        world.set_health(each, health)
        assert (await engine.inspect(each.id)).health == health
    assert (await engine.inspect(neighbour.id)).health == "starting"
    await trio.sleep(29)
    assert (await engine.inspect(box.id)).health == health
    await trio.sleep(1)
    # The probe agrees with what was said; where nothing was, it finds what the check does.
    found = "healthy" if health == "starting" else health
    assert (await engine.inspect(box.id)).health == found
    assert (await engine.inspect(bare.id)).health == health


async def test_while_the_engine_is_away_nobody_probes(autojump_clock: trio.testing.MockClock) -> None:
    world = World()
    box = checked(world, HealthCheck(interval=1, retries=1))
    await after(world, 1, box)
    world.crash()
    world.ail(box)
    assert await after(world, 5, box) == ("healthy", 0)
    world.boot(live_restore=True)
    assert await after(world, 1, box) == ("unhealthy", 1)
