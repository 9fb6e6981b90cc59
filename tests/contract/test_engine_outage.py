"""What an engine owes us when it is killed and started again."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import trio

from reactor.core.container import ContainerId, Limits, State
from reactor.core.ports import DeadlinePassed, EngineUnreachable, StreamEnded
from tests.contract.benches import AGAIN, Bench, Job
from tests.tooling.patience import patient


async def read_all(stream: AsyncIterator[object]) -> None:
    """Read a stream to its end."""
    async for _ in stream:
        pass


async def look_on_and_on(bench: Bench, container: ContainerId) -> None:
    """Until a look does not come back: whoever holds the container may come to hold it a little later."""
    while True:
        await bench.engine.inspect(container)


async def test_an_engine_that_is_killed_ends_all_streams_and_answers_nobody(mortal_bench: Bench) -> None:
    """And when it is back, a look tells what no event did."""
    bench = mortal_bench
    before = await bench.engine.identify()
    lasting = await bench.run(restart="always")
    ending = await bench.run(Job.SERVE)
    first = await bench.engine.inspect(lasting)
    with trio.fail_after(60):
        async with (
            bench.engine.open_events(before.now) as events,
            bench.engine.open_stats(first.run) as frames,
        ):
            assert await anext(frames) is not None
            await bench.crash()
            with pytest.raises(StreamEnded):
                await read_all(events)
            with pytest.raises(StreamEnded):
                await read_all(frames)
        for call in (bench.engine.identify, bench.engine.list, lambda: bench.engine.kill(lasting)):
            with pytest.raises(EngineUnreachable):
                await call()
        await bench.boot()
        assert (await bench.engine.identify()).id == before.id
        again = await bench.until(lasting, State.RUNNING)
        over = await bench.until(ending, State.EXITED)
    assert (again.id, again.run == first.run) == (first.id, False)
    assert again.born is not None
    assert first.born is not None
    assert again.born > first.born
    assert over.finished_at
    assert again.image_labels == {}


async def test_who_was_killed_by_hand_and_is_to_run_always_comes_back_with_the_engine(
    mortal_bench: Bench,
) -> None:
    """A kill is not for ever: the next start of the engine is another run, which is judged anew."""
    bench = mortal_bench
    container = await bench.run(restart="always")
    first = await bench.engine.inspect(container)
    assert await bench.engine.kill(container) == 204
    await bench.until(container, State.EXITED)
    await bench.crash()
    await bench.boot()
    again = await bench.until(container, State.RUNNING)
    assert again.run != first.run


async def test_a_container_that_is_stuck_holds_up_nobody_else(mortal_bench: Bench) -> None:
    """Its own inspect does not come back; the list and a kill of another one do."""
    bench = mortal_bench
    stuck, other = await bench.run(), await bench.run()
    await bench.engine.inspect(other)
    await bench.wedge(stuck)

    async def hang() -> None:
        with trio.fail_after(20), pytest.raises(DeadlinePassed):
            await look_on_and_on(bench, stuck)

    async def kill() -> None:
        with trio.move_on_after(patient(5)) as patience:
            await bench.engine.kill(stuck)
        assert patience.cancelled_caught

    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(kill)
            await trio.sleep(patient(0.5))  # The kill holds the container from now on.
            nursery.start_soon(hang)
            began = trio.current_time()
            rows = {row.id: row.state for row in await bench.engine.list()}
            assert rows[stuck] is State.RUNNING
            assert await bench.engine.kill(other) == 204
            assert trio.current_time() - began < patient(3)
    finally:
        await bench.free(stuck)
    assert (await bench.until(stuck, State.EXITED)).exit_code == 137


async def test_what_is_done_to_one_that_is_stuck_holds_up_nobody_and_is_done_later(
    mortal_bench: Bench,
) -> None:
    """Nobody waits for it any more by then, and it is done all the same: whoever acts has to look."""
    bench = mortal_bench
    paused, removed, other = await bench.run(), await bench.run(), await bench.run()
    await bench.engine.inspect(other)
    for stuck in (paused, removed):
        await bench.wedge(stuck)

    async def give_up(call: Callable[[], Awaitable[int]]) -> None:
        with trio.move_on_after(patient(4)) as patience:
            await call()
        assert patience.cancelled_caught

    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(give_up, lambda: bench.engine.pause(paused))
            nursery.start_soon(give_up, lambda: bench.engine.remove(removed, force=True))
            await trio.sleep(patient(0.5))  # They hold their containers from now on.
            # However long that takes here: the others are held until it is over.
            with trio.fail_after(30):
                assert await bench.engine.pause(other) == 204
                assert await bench.engine.update(other, Limits(pids=9)) == 200
                assert await bench.engine.unpause(other) == 204
                assert await bench.engine.tail(other, 5, 100) == ""
                assert await bench.engine.restart(other, 0) == 204
                assert await bench.engine.remove(other, force=True) == 204
    finally:
        for stuck in (paused, removed):
            await bench.free(stuck)
    await bench.until(paused, State.PAUSED)
    with trio.fail_after(30):
        while removed in {row.id for row in await bench.engine.list()}:  # noqa: ASYNC110 - no event
            await trio.sleep(AGAIN)
