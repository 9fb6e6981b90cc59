"""What an engine owes us: the same tests for the real one and for all that stand in for it."""

from collections.abc import AsyncIterator, Sequence

import pytest
import trio

from reactor.core.container import ContainerId, State
from reactor.core.facts import Sample
from reactor.core.moments import nanoseconds
from reactor.core.ports import Event, NoSuchContainer, StreamEnded
from reactor.engine.ages import TOLERANCE
from tests.contract.benches import MIB, Bench, Job
from tests.tooling.containers import unique_name
from tests.tooling.patience import patient

AS_EXACT = TOLERANCE / 2
"""Seconds by which a moment of the engine's may be off on our clock: its time is of the middle of a call."""

UNKNOWN = ContainerId("0" * 64)
BESIDES = {"attach", "exec_create", "exec_start", "exec_die"} | {"init", "cleanup", "exec", "exec_died"}
"""What a real engine tells besides, Docker and podman."""


async def heard(
    bench: Bench, since: float, until: str, *, of: ContainerId, within: float = 20.0
) -> list[Event]:
    """The events of one container from ``since`` on, up to and with the action ``until``."""
    found: list[Event] = []
    with trio.fail_after(within):
        async with bench.engine.open_events(since) as events:
            async for event in events:
                if event.id == of:
                    found.append(event)
                if event.id == of and event.action == until:
                    return found
    raise AssertionError("an event stream does not end by itself")


def actions(events: Sequence[Event]) -> list[str]:
    """What happened, without what a real engine tells besides."""
    return [event.action for event in events if event.action not in BESIDES]


async def next_of(events: AsyncIterator[Event], container: ContainerId) -> str:
    """What happens to it next, without what a real engine tells besides."""
    while (event := await anext(events)).id != container or event.action in BESIDES:
        pass
    return event.action


async def readings(bench: Bench, container: ContainerId, count: int) -> list[Sample | None]:
    """The first frames of a stats stream of its present run."""
    run = (await bench.engine.inspect(container)).run
    with trio.fail_after(30):
        async with bench.engine.open_stats(run) as frames:
            return [await anext(frames) for _ in range(count)]


async def run_dry(frames: AsyncIterator[Sample | None]) -> None:
    """Read a stream to its end; no data may come any more."""
    async for frame in frames:
        assert frame is None


async def test_the_engine_says_who_it_is(bench: Bench) -> None:
    info = await bench.engine.identify()
    assert info.id
    assert info.version
    assert info.api_version.startswith("1.")
    assert info.memory > 64 * MIB
    assert (await bench.engine.identify()).now >= info.now


async def test_a_list_has_everybody_in_every_state(bench: Bench) -> None:
    created = await bench.create(labels={"a": "b"})
    running, paused, over = await bench.run(), await bench.run(), await bench.run(Job.EXIT_3)
    await bench.pause(paused)
    await bench.until(over, State.EXITED)
    await trio.sleep(0.1)  # A list may lag behind an inspect a little.
    rows = {row.id: row for row in await bench.engine.list()}
    states = {key: rows[key].state for key in (created, running, paused, over)}
    assert states == {created: "created", running: "running", paused: "paused", over: "exited"}
    assert rows[created].labels == {"a": "b"}
    assert rows[created].image == bench.image
    assert rows[created].image_id == (await bench.engine.inspect(created)).image_id


async def test_an_inspect_of_a_running_container(bench: Bench) -> None:
    name = unique_name()
    before = trio.current_time()
    container = await bench.run(name=name, labels={"a": "b", "c": ""}, memory=64 * MIB, pids=50)
    after = trio.current_time()
    found = await bench.engine.inspect(container)
    assert (found.id, found.name, found.image, found.state) == (
        container,
        name,
        bench.image,
        State.RUNNING,
    )
    assert (found.labels, found.image_labels) == ({"a": "b", "c": ""}, {})
    assert (found.memory_limit, found.pids_limit) == (64 * MIB, 50)
    assert (found.exit_code, found.oom_killed, found.finished_at) == (None, False, "")
    assert (found.auto_remove, found.restart_policy, found.joins) == (False, "", frozenset())
    assert found.pid > 0
    assert found.run.started_at
    assert found.created is not None
    assert found.born is not None
    assert before - AS_EXACT <= found.created <= found.born <= after + AS_EXACT


async def test_a_container_that_was_never_started_has_no_run_and_no_age(bench: Bench) -> None:
    container = await bench.create()
    found = await bench.engine.inspect(container)
    assert (found.run.started_at, found.born, found.state) == ("", None, State.CREATED)
    assert (found.memory_limit, found.pids_limit, found.exit_code, found.pid) == (
        None,
        bench.usual_pids,
        None,
        0,
    )


async def test_a_start_that_fails_leaves_only_a_creation(bench: Bench) -> None:
    info = await bench.engine.identify()
    container = await bench.run(Job.NOWHERE)
    found = await bench.engine.inspect(container)
    assert (found.state, found.exit_code, found.run.started_at) == (State.CREATED, 127, "")
    await bench.remove(container)
    assert actions(await heard(bench, info.now - 1, "destroy", of=container)) == ["create", "destroy"]


async def test_two_looks_see_the_same_run_and_the_same_start(bench: Bench) -> None:
    container = await bench.run()
    first = await bench.engine.inspect(container)
    await trio.sleep(0.3)
    second = await bench.engine.inspect(container)
    assert (first.run, first.born) == (second.run, second.born)


async def test_another_run_of_the_same_container_is_another_run(bench: Bench) -> None:
    container = await bench.run(Job.EXIT_3)
    first = await bench.until(container, State.EXITED)
    await bench.start(container)
    second = await bench.engine.inspect(container)
    assert first.id == second.id
    assert first.run != second.run
    assert second.born is not None
    assert first.born is not None
    assert second.born > first.born


async def test_joined_containers_are_known_by_id(bench: Bench) -> None:
    """Also if they were joined by name: the engine writes down who that was."""
    name = unique_name()
    main = await bench.run(name=name)
    by_id = await bench.create(network=f"container:{main}")
    by_name = await bench.create(network=f"container:{name}")
    by_pid = await bench.create(pid_mode=f"container:{main}")
    for sidecar in (by_id, by_name, by_pid):
        assert (await bench.engine.inspect(sidecar)).joins == {main}


async def test_an_end_has_a_code_and_a_time(bench: Bench) -> None:
    container = await bench.run(Job.EXIT_3)
    found = await bench.until(container, State.EXITED)
    assert (found.exit_code, found.oom_killed, found.pid) == (3, False, 0)
    assert found.finished_at
    assert not found.alive


async def test_while_a_run_goes_on_the_last_end_is_that_of_the_run_before(bench: Bench) -> None:
    """So who has none runs for the first time, and nothing that happened in it was in an earlier run."""
    container = await bench.run()
    assert (await bench.engine.inspect(container)).finished_at == ""
    assert await bench.engine.kill(container) == 204
    over = await bench.until(container, State.EXITED)
    await bench.start(container)
    again = await bench.engine.inspect(container)
    assert (again.state, again.finished_at) == (State.RUNNING, over.finished_at)
    moments = [nanoseconds(each) for each in (over.run.started_at, over.finished_at, again.run.started_at)]
    assert moments == sorted(each for each in moments if each is not None)


async def test_a_kill_ends_a_running_container(bench: Bench) -> None:
    container = await bench.run()
    assert await bench.engine.kill(container) == 204
    found = await bench.until(container, State.EXITED)
    assert found.exit_code == 137
    assert await bench.engine.kill(container) == bench.refuses


async def test_a_kill_ends_a_paused_container(bench: Bench) -> None:
    container = await bench.run()
    await bench.pause(container)
    assert (await bench.engine.inspect(container)).state is State.PAUSED
    assert await bench.engine.kill(container) == 204
    assert (await bench.until(container, State.EXITED)).exit_code == 137


async def test_a_kill_between_two_runs_ends_the_restarting(bench: Bench) -> None:
    """The engine says nothing of it in its events; only a look can tell."""
    container = await bench.run(Job.EXIT_3, restart="always")
    restarting = await bench.until(container, State.RESTARTING)
    assert restarting.alive
    assert restarting.restart_policy == "always"
    with trio.fail_after(20):
        # It may begin its next run in between, and end that.
        while (final := await bench.engine.inspect(container)).state is not State.EXITED:
            assert await bench.engine.kill(container) in {204, 409}
    await trio.sleep(1)
    assert (await bench.engine.inspect(container)).run == final.run


async def test_there_is_nothing_to_kill_in_what_does_not_run(bench: Bench) -> None:
    created, over = await bench.create(), await bench.run(Job.EXIT_3)
    await bench.until(over, State.EXITED)
    for container, state in ((created, State.CREATED), (over, State.EXITED)):
        assert await bench.engine.kill(container) == bench.refuses
        assert (await bench.engine.inspect(container)).state is state


async def test_whom_the_engine_does_not_know(bench: Bench) -> None:
    with pytest.raises(NoSuchContainer):
        await bench.engine.inspect(UNKNOWN)
    assert await bench.engine.kill(UNKNOWN) == 404
    assert await bench.engine.stop(UNKNOWN, 1) == 404
    container = await bench.run()
    await bench.remove(container)
    with pytest.raises(NoSuchContainer):
        await bench.engine.inspect(container)


async def test_a_stop_lets_a_well_behaved_container_end_by_itself(bench: Bench) -> None:
    container = await bench.serve()
    assert await bench.engine.stop(container, 10) == 204
    assert (await bench.until(container, State.EXITED)).exit_code == 0
    assert await bench.engine.stop(container, 10) == 304


async def test_a_stop_kills_whoever_does_not_listen_after_its_grace(bench: Bench) -> None:
    container = await bench.run(Job.SLEEP)
    began = trio.current_time()
    assert await bench.engine.stop(container, 1) == 204
    assert 0.9 < trio.current_time() - began < patient(8)
    assert (await bench.until(container, State.EXITED)).exit_code == 137


async def test_a_life_in_events(bench: Bench) -> None:
    info = await bench.engine.identify()
    container = await bench.run(Job.EXIT_3)
    await bench.until(container, State.EXITED)
    await bench.remove(container)
    events = await heard(bench, info.now - 1, "destroy", of=container)
    assert actions(events) == ["create", "start", "die", "destroy"]
    assert [event.exit_code for event in events if event.action == "die"] == [3]
    assert [event.time_nano for event in events] == sorted(event.time_nano for event in events)


async def test_events_come_while_they_happen(bench: Bench) -> None:
    info = await bench.engine.identify()
    container = await bench.create()
    with trio.fail_after(20):
        # An engine says "subscribed" a little before it is so: with a moment to begin at, nothing is lost.
        async with bench.engine.open_events(info.now - 1) as events:
            assert await next_of(events, container) == "create"
            await bench.start(container)
            assert await next_of(events, container) == "start"
            await bench.engine.kill(container)
            assert {await next_of(events, container), await next_of(events, container)} == {"kill", "die"}


async def test_a_replay_begins_with_its_own_moment_and_says_the_same_again(bench: Bench) -> None:
    """That is how a gap can be told from a continuation."""
    info = await bench.engine.identify()
    container = await bench.run(Job.EXIT_3)
    await bench.until(container, State.EXITED)
    first = await heard(bench, info.now - 1, "die", of=container)
    assert await heard(bench, info.now - 1, "die", of=container) == first
    # A float cannot hold nine digits after a number of seconds since 1970; a microsecond is allowed for.
    start = next(event for event in first if event.action == "start")
    again = await heard(bench, (start.time_nano - 1000) / 1e9, "die", of=container)
    assert again[0] == start
    last = await heard(bench, (first[-1].time_nano - 1000) / 1e9, "die", of=container)
    assert last == first[-1:]


async def test_what_is_executed_in_a_container_is_nobodys_business(bench: Bench) -> None:
    """No part of a command line is ever taken for an action."""
    info = await bench.engine.identify()
    container = await bench.run()
    await bench.execute(container)
    await bench.engine.kill(container)
    events = await heard(bench, info.now - 1, "die", of=container)
    assert actions(events) == ["create", "start", "kill", "die"]
    assert all(event.action.replace("_", "").isalpha() for event in events)


async def test_an_oom_of_the_main_process_is_told_or_seen(bench: Bench) -> None:
    info = await bench.engine.identify()
    container = await bench.run(Job.OOM, memory=32 * MIB)
    found = await bench.until(container, State.EXITED)
    assert found.exit_code == 137
    # The engine may tell of it after the death, and only then.
    assert found.oom_killed or await heard(bench, info.now - 1, "oom", of=container)


async def test_an_oom_of_a_child_is_told_and_ends_nobody(bench: Bench) -> None:
    info = await bench.engine.identify()
    container = await bench.run(Job.OOM_CHILD, memory=32 * MIB)
    events = await heard(bench, info.now - 1, "oom", of=container)
    assert events[-1].exit_code is None
    assert (await bench.engine.inspect(container)).state is State.RUNNING


async def test_a_label_can_overwrite_the_exit_code_of_an_event_and_not_that_of_an_inspect(
    bench: Bench,
) -> None:
    info = await bench.engine.identify()
    labels = {"exitCode": "0", "signal": "x", "status": "exec_die", "Action": "exec_die", "ID": "0" * 64}
    container = await bench.run(Job.EXIT_3, labels=labels)
    assert (await bench.until(container, State.EXITED)).exit_code == 3
    events = await heard(bench, info.now - 1, "die", of=container)
    assert actions(events) == ["create", "start", "die"]
    assert events[-1].exit_code == 0
    assert (await bench.engine.inspect(container)).labels == labels


async def test_an_id_goes_before_a_name_and_a_name_answers_when_the_id_is_gone(bench: Bench) -> None:
    """So whoever asks has to compare the id in the answer, and does it right before each action."""
    victim = await bench.run()
    impostor = await bench.run(name=victim)
    assert (await bench.engine.inspect(victim)).id == victim
    await bench.remove(victim)
    assert (await bench.engine.inspect(victim)).id == impostor
    rows = {row.id for row in await bench.engine.list()}
    assert victim not in rows
    assert impostor in rows


async def test_labels_of_an_image_are_in_the_container_and_told_apart(bench: Bench) -> None:
    tag = await bench.add_image({"reactor.skip": "yes", "both": "image"})
    container = await bench.create(image=tag, labels={"own": "1", "both": "own"})
    found = await bench.engine.inspect(container)
    assert found.labels == {"reactor.skip": "yes", "both": "own", "own": "1"}
    assert found.image_labels == {"reactor.skip": "yes", "both": "image"}
    assert found.image.endswith(tag)


async def test_readings_of_a_run(bench: Bench) -> None:
    container = await bench.run(Job.FORK_20, memory=64 * MIB, pids=50)
    run = (await bench.engine.inspect(container)).run
    with trio.fail_after(30):
        async with bench.engine.open_stats(run) as frames:
            # A shell makes them one after the other.
            while (sample := await anext(frames)) is None or sample.pids != 21:
                pass
    assert sample.run == run
    assert (sample.pids, sample.pids_limit, sample.memory_limit) == (21, 50, 64 * MIB)
    assert sample.memory is not None
    assert 0 < sample.memory < 64 * MIB
    assert sample.cpu is not None
    assert sample.at <= trio.current_time()


async def test_without_limits_readings_know_none(bench: Bench) -> None:
    sample = (await readings(bench, await bench.run(), 2))[-1]
    assert sample is not None
    assert (sample.pids_limit, sample.memory_limit) == (bench.pids_without_limit(), None)


async def test_after_a_death_there_is_no_data_and_after_a_removal_no_stream(bench: Bench) -> None:
    container = await bench.run()
    run = (await bench.engine.inspect(container)).run
    with trio.fail_after(30):
        async with bench.engine.open_stats(run) as frames:
            assert await anext(frames) is not None
            await bench.engine.kill(container)
            while await anext(frames) is not None:
                pass  # What was measured before the death may still be on its way.
            assert await anext(frames) is None
            await bench.remove(container)
            with pytest.raises(StreamEnded):
                await run_dry(frames)


async def test_a_container_that_removes_itself_is_gone(bench: Bench) -> None:
    info = await bench.engine.identify()
    container = await bench.create(Job.EXIT_3, auto_remove=True)
    assert (await bench.engine.inspect(container)).auto_remove
    await bench.start(container)
    assert actions(await heard(bench, info.now - 1, "destroy", of=container))[-2:] == ["die", "destroy"]
    with pytest.raises(NoSuchContainer):
        await bench.engine.inspect(container)
