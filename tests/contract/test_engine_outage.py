"""What an engine owes us when it is killed and started again."""

from collections.abc import AsyncIterator

import pytest
import trio

from reactor.core.container import State
from reactor.core.ports import EngineUnreachable, StreamEnded
from tests.contract.benches import Bench, Job


async def read_all(stream: AsyncIterator[object]) -> None:
    """Read a stream to its end."""
    async for _ in stream:
        pass


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
