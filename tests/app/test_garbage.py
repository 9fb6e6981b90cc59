"""Collections of cycles look at what is new, and not at all that is known."""

import gc
from collections.abc import Iterator

import pytest
import trio
from trio.testing import MockClock

from reactor.app.garbage import EVERY, keep_collections_short


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    gc.unfreeze()


async def test_what_a_full_collection_left_is_not_looked_at_again(autojump_clock: MockClock) -> None:
    known = [[number] for number in range(5000)]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keep_collections_short)
        await trio.sleep(1)
        assert gc.get_freeze_count() >= len(known), "what is there at the start"
        more = [[number] for number in range(5000)]
        before = gc.get_freeze_count()
        gc.collect()
        await trio.sleep(EVERY)
        assert gc.get_freeze_count() >= before + len(more), "what came since"
        nursery.cancel_scope.cancel()


async def test_without_a_full_collection_nothing_is_set_aside(autojump_clock: MockClock) -> None:
    gc.disable()
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(keep_collections_short)
            await trio.sleep(1)
            before = gc.get_freeze_count()
            more = [[number] for number in range(5000)]
            await trio.sleep(3 * EVERY)
            assert gc.get_freeze_count() < before + len(more)
            nursery.cancel_scope.cancel()
    finally:
        gc.enable()
