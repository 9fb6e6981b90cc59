"""What an engine owes us of health, restarts, rights, ports and updates: the same tests for every kind."""

import pytest
import trio

from reactor.core.container import Container, ContainerId, State
from reactor.core.facts import Fact, Seen
from reactor.core.ports import NoSuchContainer
from reactor.engine.watch import Watch
from reactor.testing.traits import HealthCheck, Traits
from tests.contract.benches import AGAIN, MIB, Bench, Job
from tests.contract.test_engine_contract import actions, heard
from tests.tooling.patience import patient

OFTEN = Traits(health=HealthCheck(interval=0.3, retries=2))
SELDOM = Traits(health=HealthCheck(interval=60.0, retries=2))
"""Its first finding is not there before we look."""

OFTEN_ENOUGH = 4
"""Restarts: an engine waits longer before each, so that it takes seconds until there are as many again."""


async def restarts(bench: Bench, container: ContainerId) -> int:
    """How often its policy has started it, by the engine."""
    count = (await bench.engine.inspect(container)).restarts
    assert count is not None
    return count


async def until_health(bench: Bench, container: ContainerId, health: str, within: float = 20.0) -> Container:
    """Look at it until its health is this."""
    with trio.fail_after(within):
        while (found := await bench.engine.inspect(container)).health != health:  # noqa: ASYNC110 - no event
            await trio.sleep(AGAIN)
    return found


async def test_health_is_what_the_probes_find(bench: Bench) -> None:
    """Each change is told, and an inspect shows it as soon as it is told."""
    info = await bench.engine.identify()
    container = await bench.create(traits=OFTEN)
    assert (await bench.engine.inspect(container)).health == ""
    neighbour, early = await bench.run(traits=OFTEN), await bench.run(traits=SELDOM)
    found = [(await bench.engine.inspect(early)).health]
    with trio.fail_after(30):
        # An engine says "subscribed" a little before it is so: with a moment to begin at, nothing is lost.
        async with bench.engine.open_events(info.now - 1) as events:
            await bench.start(container)
            for ill in (True, False, None):
                async for event in events:
                    if event.id == container and event.action == "health_status":
                        break
                found.append((await bench.engine.inspect(container)).health)
                if ill is not None:
                    await bench.ail(container, ill=ill)
    assert found == ["starting", "healthy", "unhealthy", "healthy"]
    assert (await bench.engine.inspect(neighbour)).health == "healthy"


async def test_a_change_of_health_is_one_event_and_a_probe_is_none(bench: Bench) -> None:
    info = await bench.engine.identify()
    container = await bench.run(traits=OFTEN)
    await until_health(bench, container, "healthy")
    await bench.ail(container)
    await until_health(bench, container, "unhealthy")
    await trio.sleep(1)
    await bench.engine.kill(container)
    told = actions(await heard(bench, info.now - 1, "die", of=container))
    assert told == ["create", "start", "health_status", "health_status", "kill", "die"]


async def test_without_a_health_check_there_is_no_health(bench: Bench) -> None:
    assert (await bench.engine.inspect(await bench.run())).health == ""


async def test_neither_a_pause_nor_an_end_is_ill_health(bench: Bench) -> None:
    """An engine that ends its probes says unhealthy, and stays with it until the next probe passes."""
    # The next probe is that far away when it goes on: long enough for a look.
    container = await bench.run(traits=Traits(health=HealthCheck(interval=4.0, retries=2)))
    await until_health(bench, container, "healthy")
    await bench.pause(container)
    paused = await bench.engine.inspect(container)
    await bench.unpause(container)
    running = await bench.engine.inspect(container)
    assert [(one.state, one.health) for one in (paused, running)] == [
        (State.PAUSED, ""),
        (State.RUNNING, ""),
    ]
    await until_health(bench, container, "healthy")
    await bench.engine.kill(container)
    assert (await bench.until(container, State.EXITED)).health == ""


async def test_whoever_watches_sees_each_change_of_health(bench: Bench) -> None:
    """From the event to the look, by the loop that the monitor runs; the neighbour stays well."""
    facts: list[Fact] = []

    def healths(container: ContainerId) -> list[str]:
        seen = [fact.container for fact in facts if isinstance(fact, Seen)]
        found = [one.health for one in seen if one.id == container]
        return [health for place, health in enumerate(found) if found[place - 1 : place] != [health]]

    async with trio.open_nursery() as nursery:
        with trio.fail_after(30):
            await nursery.start(Watch(bench.engine, facts.append).run, nursery)
            container, neighbour = await bench.run(traits=OFTEN), await bench.run(traits=OFTEN)
            early = await bench.run(traits=SELDOM)
            while healths(early)[-1:] != ["starting"]:  # noqa: ASYNC110 - The facts are a plain list.
                await trio.sleep(0.02)
            for so_far, ill in (("healthy", True), ("unhealthy", False)):
                while healths(container)[-1:] != [so_far]:  # noqa: ASYNC110 - The facts are a plain list.
                    await trio.sleep(0.02)
                await bench.ail(container, ill=ill)
            while healths(container)[-1:] != ["healthy"]:  # noqa: ASYNC110 - The facts are a plain list.
                await trio.sleep(0.02)
        nursery.cancel_scope.cancel()
    # Whoever begins to be well that soon may be so at the first look.
    changes = [health for health in healths(container) if health not in {"", "starting"}]
    assert changes == ["healthy", "unhealthy", "healthy"]
    assert "unhealthy" not in healths(neighbour)


async def test_the_list_hints_at_the_health(bench: Bench) -> None:
    container, bare = await bench.run(traits=OFTEN), await bench.run()
    await until_health(bench, container, "healthy")
    await trio.sleep(patient(0.1))  # A list may lag behind an inspect a little.
    rows = {row.id: row.health for row in await bench.engine.list()}
    assert (rows[container], rows[bare]) == ("healthy", "")
    await bench.pause(container)
    await trio.sleep(patient(0.1))
    assert {row.id: row.health for row in await bench.engine.list()}[container] == ""


async def test_restarts_by_policy_are_counted_and_a_start_by_hand_counts_anew(bench: Bench) -> None:
    """How often is not for us to say: it goes on while we ask."""
    container = await bench.create(Job.EXIT_3, restart="always")
    assert (await bench.engine.inspect(container)).restarts == 0
    await bench.start(container)
    with trio.fail_after(30):
        while await restarts(bench, container) < OFTEN_ENOUGH:  # noqa: ASYNC110 - no event
            await trio.sleep(AGAIN)
    with trio.fail_after(30):
        while (await bench.engine.inspect(container)).state is not State.EXITED:
            assert await bench.engine.kill(container) in {204, 409}
    stopped = await restarts(bench, container)
    assert stopped >= OFTEN_ENOUGH
    await bench.start(container)
    assert await restarts(bench, container) < OFTEN_ENOUGH


async def test_a_container_without_anything_special(bench: Bench) -> None:
    found = await bench.engine.inspect(await bench.run())
    assert (found.restarts, found.health, found.privileged, found.init) == (0, "", False, None)
    assert (found.user, found.log_driver, found.ports) == ("", "json-file", ())


@pytest.mark.parametrize("init", [True, False])
async def test_rights_user_and_logs(bench: Bench, init: bool) -> None:
    traits = Traits(privileged=init, init=init, user="1000:1000", log_driver="none")
    found = await bench.engine.inspect(await bench.create(traits=traits))
    assert (found.privileged, found.init, found.user, found.log_driver) == (init, init, "1000:1000", "none")


async def test_ports_that_it_is_to_publish(bench: Bench) -> None:
    """Without a network of its own a container has none, whatever was wished for."""
    traits = Traits(ports=("53/udp", "8080/tcp"))
    own = await bench.create(traits=traits, network="bridge")
    none = await bench.run(traits=traits)
    assert (await bench.engine.inspect(own)).ports == ("53/udp", "8080/tcp")
    assert (await bench.engine.inspect(none)).ports == ()


async def test_an_update_of_limits_is_told_and_seen(bench: Bench) -> None:
    info = await bench.engine.identify()
    container = await bench.run(Job.FORK_20, memory=64 * MIB, pids=50)
    await bench.update(container, 128 * MIB, 40)
    found = await bench.engine.inspect(container)
    assert (found.memory_limit, found.pids_limit) == (128 * MIB, 40)
    told = actions(await heard(bench, info.now - 1, "update", of=container))
    assert told == ["create", "start", "update"]
    with trio.fail_after(30):
        async with bench.engine.open_stats(found.run) as frames:
            sample = await anext(frames)
    assert sample is not None
    assert (sample.pids_limit, sample.memory_limit) == (40, 128 * MIB)


async def test_cpu_time_is_in_seconds_and_grows(bench: Bench) -> None:
    container = await bench.run(Job.SERVE)
    run = (await bench.engine.inspect(container)).run
    found = []
    with trio.fail_after(30):
        async with bench.engine.open_stats(run) as frames:
            async for sample in frames:
                if sample is not None and sample.cpu is not None:
                    found.append((sample.at, sample.cpu))
                if len(found) == 3:
                    break
    used = [cpu for _, cpu in found]
    assert used == sorted(used)
    assert 0 < used[-1] - used[0] < 2 * (found[-1][0] - found[0][0])


async def test_limits_that_were_given_and_that_were_not(bench: Bench) -> None:
    """Each by itself, and an update gives what a creation did not."""

    async def told(container: ContainerId) -> tuple[bool | None, bool | None, bool | None]:
        found = await bench.engine.inspect(container)
        return found.memory_limited, found.pids_limited, found.cpu_limited

    bare = await bench.create()
    assert await told(bare) == (False, False, False)
    assert await told(await bench.create(memory=64 * MIB)) == (True, False, False)
    assert await told(await bench.create(pids=50)) == (False, True, False)
    assert await told(await bench.create(cpus=0.5)) == (False, False, True)
    await bench.update(bare, 64 * MIB, 50)
    assert await told(bare) == (True, True, False)


async def test_whether_there_is_a_health_check(bench: Bench) -> None:
    """Also of one that never ran, and so has no health."""
    for traits, there in ((OFTEN, True), (Traits(), False)):
        assert (await bench.engine.inspect(await bench.create(traits=traits))).health_check is there


async def test_what_is_written_to_the_layer_is_measured(bench: Bench) -> None:
    """To the byte, of this container alone, and over its end and its next run."""
    container, neighbour = await bench.run(), await bench.run()
    assert await bench.engine.layer_size(container) == 0
    await bench.write(container, 3)
    await bench.write(container, 2)
    assert await bench.engine.layer_size(container) == 5 * MIB
    await bench.engine.kill(container)
    assert await bench.engine.layer_size(container) == 5 * MIB
    await bench.start(container)
    assert await bench.engine.layer_size(container) == 5 * MIB
    assert await bench.engine.layer_size(neighbour) == 0
    await bench.remove(container)
    with pytest.raises(NoSuchContainer):
        await bench.engine.layer_size(container)


async def test_another_one_that_is_named_like_an_id_is_not_measured(bench: Bench) -> None:
    gone = await bench.create()
    await bench.remove(gone)
    await bench.run(name=gone)
    assert await bench.engine.layer_size(gone) is None
