"""What podman does in another way than Docker, as far as somebody could be ended wrongly by it, or missed."""

import pytest
import trio

from reactor.core.capabilities import Capabilities
from reactor.core.container import Limits, State
from tests.contract.benches import Bench, Job
from tests.contract.test_engine_contract import actions, heard

pytestmark = pytest.mark.parametrize(
    "kind", [pytest.param("podman", marks=(pytest.mark.real, pytest.mark.podman))], indirect=True
)
MIB = 1024 * 1024


async def test_it_says_what_it_cannot_do_and_is_the_same_each_time(bench: Bench) -> None:
    """What it calls its id is another one each time; a journal could not be found by that."""
    first, second = await bench.engine.identify(), await bench.engine.identify()
    assert first.id == second.id
    assert first.id.startswith("podman-")
    assert first.can == Capabilities(
        oom_events=False, limit_updates=False, memory_in_use=False, pids_limit=False
    )
    assert await bench.engine.update(await bench.run(), Limits(pids=9)) == 404


async def test_page_cache_is_no_evidence(bench: Bench) -> None:
    """Its readings tell usage with page cache in it, and not how much of it that is: that is unknown."""
    container = await bench.run(pids=50, memory=64 * MIB)
    await bench.write(container, 50)
    run = (await bench.engine.inspect(container)).run
    with trio.fail_after(30):
        async with bench.engine.open_stats(run) as frames:
            sample = await anext(frames)
    assert sample is not None
    assert (sample.pids, sample.pids_limit) == (1, None)
    assert (sample.memory, sample.memory_limit) == (None, 64 * MIB)


async def test_between_two_runs_it_is_over_and_counts_them(bench: Bench) -> None:
    """It has no state for that, so a kill is refused in between, and the next run has to be looked at."""
    container = await bench.run(Job.EXIT_3, restart="always")
    over = await bench.until(container, State.EXITED)
    assert (over.run.started_at != "", over.exit_code) == (True, 3)
    with trio.fail_after(20):
        while (found := await bench.engine.inspect(container)).run == over.run:  # noqa: ASYNC110 - no event
            await trio.sleep(0.02)
        while await bench.engine.kill(container) != 204:  # noqa: ASYNC110 - no event
            await trio.sleep(0.02)
    assert found.restarts
    final = await bench.until(container, State.EXITED)
    await trio.sleep(1)
    assert (await bench.engine.inspect(container)).run == final.run


async def test_no_label_overwrites_the_exit_code_of_an_event(bench: Bench) -> None:
    info = await bench.engine.identify()
    container = await bench.run(Job.EXIT_3, labels={"exitCode": "0", "containerExitCode": "0"})
    events = await heard(bench, info.now - 1, "die", of=container)
    assert actions(events) == ["create", "start", "die"]
    assert events[-1].exit_code == 3


async def test_an_oom_is_not_told_at_all(bench: Bench) -> None:
    info = await bench.engine.identify()
    container = await bench.run(Job.OOM, memory=32 * MIB)
    found = await bench.until(container, State.EXITED)
    assert (found.exit_code, found.oom_killed) == (137, False)
    assert "oom" not in actions(await heard(bench, info.now - 1, "die", of=container))


async def test_what_happened_while_the_service_was_away_is_told_and_who_ran_goes_on(
    mortal_bench: Bench,
) -> None:
    bench = mortal_bench
    info = await bench.engine.identify()
    container, ending = await bench.run(), await bench.run(Job.EXIT_3)
    first = await bench.engine.inspect(container)
    await bench.crash()
    await trio.sleep(1)
    await bench.boot()
    again = await bench.engine.inspect(container)
    assert (again.run, again.state) == (first.run, State.RUNNING)
    assert (await bench.engine.identify()).id == info.id
    assert (await bench.engine.inspect(ending)).exit_code == 3
    assert actions(await heard(bench, info.now - 1, "die", of=ending)) == ["create", "start", "die"]
