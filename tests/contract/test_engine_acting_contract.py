"""What an engine owes those who act: freeze, restart, limits, removal, output; the same for every kind."""

from collections.abc import Awaitable, Callable

import pytest
import trio

from reactor.core.container import Container, ContainerId, Limits, State
from reactor.core.ports import EngineAnswered, NoSuchContainer
from reactor.testing.traits import Traits
from tests.contract.benches import AGAIN, MIB, Bench, Job
from tests.contract.test_engine_contract import AS_EXACT, UNKNOWN, actions, heard
from tests.tooling.patience import patient

SEVERAL = 6
"""Restarts after which the next one is three seconds away: so long it is sure to be between two runs."""
LIMITS = Limits(pids=40, memory=96 * MIB, swap=96 * MIB, cpu=0.5)


async def until_listed(bench: Bench, container: ContainerId, state: State) -> None:
    """Wait until the list shows it so: it may lag behind an inspect."""
    with trio.fail_after(20):
        while {row.id: row.state for row in await bench.engine.list()}[container] is not state:  # noqa: ASYNC110 - no event
            await trio.sleep(AGAIN)


async def restarting(bench: Bench) -> ContainerId:
    """A container between two runs, with time enough before the next one: the pause doubles each time."""
    container = await bench.run(Job.EXIT_3, restart="always")
    with trio.fail_after(30):
        while ((await bench.engine.inspect(container)).restarts or 0) < SEVERAL:  # noqa: ASYNC110 - no event
            await trio.sleep(AGAIN)
    await bench.until(container, State.RESTARTING)
    return container


def in_turn(told: list[str]) -> list[str]:
    """With each end before the stop that it is due to.

    An engine wakes whoever waits for an end, writes it to its disk, and tells of it then: a stop that has
    waited may be told before. (Seen with Docker 26.1; 20.10 does the same, and is quicker.)
    """
    turned = list(told)
    for place in range(len(told) - 1):
        if told[place : place + 2] == ["stop", "die"]:
            turned[place : place + 2] = ["die", "stop"]
    return turned


async def looks(bench: Bench, *containers: ContainerId) -> list[Container]:
    """How they are now."""
    return [await bench.engine.inspect(container) for container in containers]


async def test_a_pause_freezes_one_and_nobody_else(bench: Bench) -> None:
    info = await bench.engine.identify()
    container, neighbour = await bench.run(), await bench.run()
    before = await bench.engine.inspect(container)
    assert await bench.engine.pause(container) == 204
    await until_listed(bench, container, State.PAUSED)
    paused, other = await looks(bench, container, neighbour)
    assert (paused.state, paused.run, paused.born) == (State.PAUSED, before.run, before.born)
    assert other.state is State.RUNNING
    assert await bench.engine.pause(container) == 409
    assert await bench.engine.unpause(container) == 204
    await until_listed(bench, container, State.RUNNING)
    assert await bench.engine.unpause(container) == 500
    assert (await bench.engine.inspect(container)).run == before.run
    told = actions(await heard(bench, info.now - 1, "unpause", of=container))
    assert told == ["create", "start", "pause", "unpause"]


async def test_only_what_runs_can_be_paused_and_only_what_is_paused_goes_on(bench: Bench) -> None:
    created, over = await bench.create(), await bench.run(Job.EXIT_3)
    await bench.until(over, State.EXITED)
    between = await restarting(bench)
    for container in (between, created, over):
        assert await bench.engine.pause(container) == 409
        assert await bench.engine.unpause(container) == 500
    states = [found.state for found in await looks(bench, created, over)]
    assert states == [State.CREATED, State.EXITED]


async def test_a_restart_is_another_run(bench: Bench) -> None:
    """Told as kill, die, stop, start, restart; of die and stop, either may be first."""
    info = await bench.engine.identify()
    container, neighbour = await bench.serve(), await bench.run()
    first, other = await looks(bench, container, neighbour)
    assert await bench.engine.restart(container, 10) == 204
    second, same = await looks(bench, container, neighbour)
    assert (second.state, second.restarts, second.id) == (State.RUNNING, 0, first.id)
    assert second.run != first.run
    assert same.run == other.run
    told = actions(await heard(bench, info.now - 1, "restart", of=container))
    assert in_turn(told) == ["create", "start", "kill", "die", "stop", "start", "restart"]


async def test_a_restart_kills_whoever_does_not_listen(bench: Bench) -> None:
    info = await bench.engine.identify()
    container = await bench.run()
    began = trio.current_time()
    assert await bench.engine.restart(container, 1) == 204
    assert 0.9 < trio.current_time() - began < patient(8)
    told = actions(await heard(bench, info.now - 1, "restart", of=container))
    assert in_turn(told) == ["create", "start", "kill", "kill", "die", "stop", "start", "restart"]


async def test_a_restart_starts_whatever_does_not_run(bench: Bench) -> None:
    created, over = await bench.create(), await bench.run()
    await bench.engine.kill(over)
    between = await restarting(bench)
    before = await looks(bench, created, over, between)
    for container in (between, created, over):
        assert await bench.engine.restart(container, 1) == 204
        found = await bench.engine.inspect(container)
        assert found.run not in {one.run for one in before}
        if container == between:
            # Its program ends soon, and is started again while we ask: by a count that began anew.
            assert found.alive
            assert found.restarts is not None
            assert found.restarts < SEVERAL
        else:
            assert (found.state, found.restarts) == (State.RUNNING, 0)


async def test_a_restart_of_a_paused_one_lets_it_go_on_first(bench: Bench) -> None:
    info = await bench.engine.identify()
    container = await bench.run()
    first = await bench.engine.inspect(container)
    await bench.engine.pause(container)
    assert await bench.engine.restart(container, 1) == 204
    second = await bench.engine.inspect(container)
    assert (second.state, second.run == first.run) == (State.RUNNING, False)
    told = actions(await heard(bench, info.now - 1, "restart", of=container))
    assert [what for what in in_turn(told) if what != "unpause"] == [
        *("create", "start", "pause", "kill", "kill", "die", "stop", "start", "restart")
    ]
    assert told.count("unpause") == 1


async def test_a_stop_of_a_paused_one_can_be_polite(bench: Bench) -> None:
    container = await bench.serve()
    await bench.engine.pause(container)
    assert await bench.engine.stop(container, 10) == 204
    assert (await bench.until(container, State.EXITED)).exit_code == 0


async def test_a_restart_leaves_what_removes_itself(bench: Bench) -> None:
    container = await bench.run(auto_remove=True)
    assert await bench.engine.restart(container, 0) == 204
    assert (await bench.engine.inspect(container)).state is State.RUNNING
    assert await bench.engine.kill(container) == 204
    with trio.fail_after(20):
        while container in {row.id for row in await bench.engine.list()}:  # noqa: ASYNC110 - no event
            await trio.sleep(AGAIN)


async def test_limits_are_none_or_what_was_given(bench: Bench) -> None:
    bare = await bench.create()
    full = await bench.create(memory=64 * MIB, pids=50, cpus=0.75)
    assert (await bench.engine.inspect(bare)).limits == Limits()
    assert (await bench.engine.inspect(full)).limits == Limits(50, 64 * MIB, 64 * MIB, 0.75)


async def test_an_update_sets_all_limits_and_says_so(bench: Bench) -> None:
    info = await bench.engine.identify()
    container, neighbour = await bench.run(), await bench.run()
    before = await bench.engine.inspect(container)
    assert await bench.engine.update(container, LIMITS) == 200
    found, other = await looks(bench, container, neighbour)
    assert (found.limits, other.limits) == (LIMITS, Limits())
    assert (found.pids_limit, found.memory_limit, found.run) == (40, 96 * MIB, before.run)
    told = actions(await heard(bench, info.now - 1, "update", of=container))
    assert told == ["create", "start", "update"]
    with trio.fail_after(30):
        async with bench.engine.open_stats(found.run) as frames:
            while (sample := await anext(frames)) is None:
                pass
    assert (sample.pids_limit, sample.memory_limit) == (40, 96 * MIB)


async def test_an_update_leaves_what_is_not_named(bench: Bench) -> None:
    container = await bench.run(memory=64 * MIB, pids=50, cpus=0.5)
    for change, wanted in (
        (Limits(pids=20), Limits(20, 64 * MIB, 64 * MIB, 0.5)),
        (Limits(memory=128 * MIB), Limits(20, 128 * MIB, 128 * MIB, 0.5)),
        (Limits(memory=32 * MIB, swap=48 * MIB), Limits(20, 32 * MIB, 48 * MIB, 0.5)),
        (Limits(memory=256 * MIB), Limits(20, 256 * MIB, 256 * MIB, 0.5)),
        (Limits(cpu=0.75), Limits(20, 256 * MIB, 256 * MIB, 0.75)),
        (Limits(cpu=0.75), Limits(20, 256 * MIB, 256 * MIB, 0.75)),
    ):
        assert await bench.engine.update(container, change) == 200
        assert (await bench.engine.inspect(container)).limits == wanted


async def test_more_cpus_than_there_are_is_all_of_them(bench: Bench) -> None:
    """The rest of the limits would be refused with it."""
    container = await bench.run()
    assert await bench.engine.update(container, Limits(pids=9, cpu=4096.0)) == 200
    found = (await bench.engine.inspect(container)).limits
    assert found.pids == 9
    assert found.cpu is not None
    assert 1 <= found.cpu < 4096


async def test_a_quota_is_a_limit_of_cpu_time_and_stands_in_the_way_of_another(bench: Bench) -> None:
    container = await bench.run(cpus=0.5, quota=True)
    assert (await bench.engine.inspect(container)).limits == Limits(cpu=0.5)
    assert await bench.engine.update(container, Limits(pids=9, cpu=0.25)) == 409
    assert (await bench.engine.inspect(container)).limits == Limits(cpu=0.5)
    assert await bench.engine.update(container, Limits(pids=9)) == 200
    assert (await bench.engine.inspect(container)).limits == Limits(pids=9, cpu=0.5)


async def test_what_it_holds_already_cannot_be_taken_away(bench: Bench) -> None:
    """Then nothing was changed, and nobody was ended for it: not where a kernel takes such a limit either."""
    container = await bench.run(Job.HOLD, memory=256 * MIB, pids=50)
    run = (await bench.engine.inspect(container)).run
    with trio.fail_after(30):
        async with bench.engine.open_stats(run) as frames:
            while (sample := await anext(frames)) is None or (sample.memory or 0) < 50 * MIB:
                pass
    assert await bench.engine.update(container, Limits(pids=20, memory=16 * MIB)) == 500
    found = await bench.engine.inspect(container)
    assert (found.limits, found.run) == (Limits(50, 256 * MIB, 256 * MIB), run)
    assert await bench.engine.update(container, Limits(pids=20, memory=192 * MIB)) == 200
    found = await bench.engine.inspect(container)
    assert found.limits == Limits(20, 192 * MIB, 192 * MIB)
    assert (found.state, found.run) == (State.RUNNING, run)


async def test_an_update_in_every_state(bench: Bench) -> None:
    created, over = await bench.create(), await bench.run(Job.EXIT_3)
    paused = await bench.run()
    await bench.engine.pause(paused)
    await bench.until(over, State.EXITED)
    between = await restarting(bench)
    for container in (between, created, over, paused):
        assert await bench.engine.update(container, Limits(pids=33)) == 200
        assert (await bench.engine.inspect(container)).limits.pids == 33
    await bench.start(over)
    assert (await bench.engine.inspect(over)).limits.pids == 33


async def test_what_is_too_small_changes_nothing(bench: Bench) -> None:
    container = await bench.run(memory=64 * MIB, pids=50)
    assert await bench.engine.update(container, Limits(pids=20, memory=5 * MIB)) == 400
    assert (await bench.engine.inspect(container)).limits == Limits(50, 64 * MIB, 64 * MIB)


@pytest.mark.parametrize(
    "limits",
    [
        *(Limits(pids=0), Limits(pids=-1), Limits(memory=0), Limits(cpu=0.0), Limits(cpu=-1.0)),
        *(Limits(cpu=float("nan")), Limits(swap=64 * MIB), Limits(memory=64 * MIB, swap=32 * MIB)),
    ],
)
async def test_an_update_never_lifts_a_limit(bench: Bench, limits: Limits) -> None:
    container = await bench.run(memory=64 * MIB, pids=50, cpus=0.5)
    with pytest.raises(ValueError, match="a limit"):
        await bench.engine.update(container, limits)
    assert (await bench.engine.inspect(container)).limits == Limits(50, 64 * MIB, 64 * MIB, 0.5)


async def test_a_removal_takes_what_does_not_run(bench: Bench) -> None:
    info = await bench.engine.identify()
    created, over, neighbour = await bench.create(), await bench.run(Job.EXIT_3), await bench.create()
    await bench.until(over, State.EXITED)
    for container in (created, over):
        assert await bench.engine.remove(container, force=False) == 204
        assert actions(await heard(bench, info.now - 1, "destroy", of=container))[-1] == "destroy"
        with pytest.raises(NoSuchContainer):
            await bench.engine.inspect(container)
        assert await bench.engine.remove(container, force=True) == 404
    assert {created, over, neighbour} & {row.id for row in await bench.engine.list()} == {neighbour}


async def test_what_runs_is_removed_by_force_only(bench: Bench) -> None:
    info = await bench.engine.identify()
    running, paused, between = await bench.run(), await bench.run(), await restarting(bench)
    await bench.engine.pause(paused)
    for container in (running, paused, between):
        assert await bench.engine.remove(container, force=False) == 409
        assert (await bench.engine.inspect(container)).alive
    for container in (running, paused, between):
        assert await bench.engine.remove(container, force=True) == 204
        with pytest.raises(NoSuchContainer):
            await bench.engine.inspect(container)
    told = actions(await heard(bench, info.now - 1, "destroy", of=running))
    assert told == ["create", "start", "kill", "die", "destroy"]


async def test_whom_the_engine_does_not_know_nothing_is_done_to(bench: Bench) -> None:
    for call in calls(bench):
        assert await call(UNKNOWN) == 404
    with pytest.raises(NoSuchContainer):
        await bench.engine.tail(UNKNOWN, 5, 1000)


def calls(bench: Bench) -> list[Callable[[ContainerId], Awaitable[int]]]:
    """Every call that does something."""
    engine = bench.engine
    return [
        engine.kill,
        lambda container: engine.stop(container, 1),
        lambda container: engine.restart(container, 1),
        engine.pause,
        engine.unpause,
        lambda container: engine.update(container, LIMITS),
        lambda container: engine.remove(container, force=True),
    ]


async def test_no_name_and_no_short_id_is_ever_asked_for(bench: Bench) -> None:
    victim = await bench.run()
    await bench.run(name=victim[:12])
    names = [victim[:12], victim[:63], f"/{victim}", victim.upper(), f"{victim}/x", ""]
    for call in calls(bench):
        for name in names:
            with pytest.raises(ValueError, match="full"):
                await call(ContainerId(name))
    for name in names:
        with pytest.raises(ValueError, match="full"):
            await bench.engine.tail(ContainerId(name), 5, 1000)
    assert (await bench.engine.inspect(victim)).state is State.RUNNING


async def test_an_id_goes_before_a_name_in_whatever_is_done(bench: Bench) -> None:
    """Who is named like the id of another, or its short form, is not touched while that one is there."""
    victim = await bench.run()
    named = [await bench.run(name=victim), await bench.run(name=victim[:12])]
    before = await looks(bench, *named)
    expected = (204, 204, 200, 204, 204)
    engine = bench.engine
    done = (
        await engine.pause(victim),
        await engine.unpause(victim),
        await engine.update(victim, LIMITS),
        await engine.restart(victim, 0),
        await engine.remove(victim, force=True),
    )
    assert done == expected
    after = await looks(bench, *named)
    assert [(one.run, one.state, one.limits) for one in after] == [
        (one.run, State.RUNNING, Limits()) for one in before
    ]


async def test_when_the_id_is_gone_it_is_done_to_whoever_is_named_so(bench: Bench) -> None:
    """No engine guards against it: whoever acts looks right before, and compares the id in the answer."""
    victim = await bench.run()
    impostor = await bench.run(name=victim)
    await bench.remove(victim)
    assert await bench.engine.pause(victim) == 204
    assert (await bench.engine.inspect(impostor)).state is State.PAUSED


async def test_the_output_of_another_is_never_given_for_that_of_one_that_is_gone(bench: Bench) -> None:
    victim = await bench.run(Job.HOSTILE)
    await bench.run(Job.HOSTILE, name=victim)
    assert await last(bench, victim)
    await bench.remove(victim)
    with pytest.raises(NoSuchContainer):
        await bench.engine.tail(victim, 5, 1000)


async def last(bench: Bench, container: ContainerId, lines: int = 3, most: int = 4000) -> str:
    """The end of its output, once it has written all of it."""
    with trio.fail_after(20):
        while "last" not in (text := await bench.engine.tail(container, lines, most)):  # noqa: ASYNC110 - no event
            await trio.sleep(AGAIN)
    return text


@pytest.mark.parametrize("tty", [False, True])
async def test_hostile_output_is_bounded_and_fit_to_be_shown(bench: Bench, tty: bool) -> None:
    container = await bench.run(Job.HOSTILE, traits=Traits(tty=tty))
    assert (await last(bench, container, 1)) == "last ä"
    whole = await last(bench, container, 10_000, 2_000_000)
    rows = whole.split("\n")
    assert rows[:3] == ["?[31mred?[0m", "?? no text".replace("?", "\ufffd"), "?reversed"]
    assert rows[3].strip("x") == ""
    assert len(rows[3]) == 1_000_000
    assert rows[-1] == "last ä"
    assert {"10%", "20%"} <= set(rows)
    short = await last(bench, container, 10_000, 100)
    assert len(short.encode()) <= 100
    assert short.startswith("…x")
    assert short.endswith("last ä")
    assert await bench.engine.tail(container, 0, 1000) == ""
    assert await bench.engine.tail(container, 5, 0) == ""


async def test_output_can_be_read_in_every_state(bench: Bench) -> None:
    created, container = await bench.create(Job.HOSTILE), await bench.run(Job.HOSTILE)
    assert await bench.engine.tail(created, 5, 1000) == ""
    await last(bench, container)
    await bench.engine.pause(container)
    assert (await last(bench, container, 1)) == "last ä"
    await bench.engine.kill(container)
    await bench.until(container, State.EXITED)
    assert (await last(bench, container, 1)) == "last ä"


async def test_output_that_is_not_kept_cannot_be_read(bench: Bench) -> None:
    container = await bench.run(traits=Traits(log_driver="none"))
    with pytest.raises(EngineAnswered, match="501"):
        await bench.engine.tail(container, 5, 1000)


async def test_an_end_is_a_moment_on_our_clock(bench: Bench) -> None:
    created, container = await bench.create(), await bench.run()
    assert (await bench.engine.inspect(container)).finished is None
    before = trio.current_time()
    await bench.engine.kill(container)
    after = trio.current_time()
    found = await bench.until(container, State.EXITED)
    assert found.finished is not None
    assert before - AS_EXACT <= found.finished <= after + AS_EXACT
    await trio.sleep(0.3)
    again, never = await looks(bench, container, created)
    assert (again.finished, again.created) == (found.finished, found.created)
    assert (never.finished, never.finished_at) == (None, "")
    assert never.created is not None
