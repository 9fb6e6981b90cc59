"""Fixtures of the tests of the program put together."""

from collections.abc import AsyncIterator

import pytest
import trio

from reactor.testing.world import World
from tests.app.provided import world_with


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world that happens by itself."""
    made = world_with()
    async with trio.open_nursery() as nursery:
        await nursery.start(made.run)
        yield made
        nursery.cancel_scope.cancel()
