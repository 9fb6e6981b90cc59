"""Fixtures of the tests of the program put together."""

from collections.abc import AsyncIterator, Callable
from math import inf
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from reactor.app.folders import Folders
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


@pytest.fixture
def _folders_take_no_time(autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done with folders in a thread takes its time, and none of the clock's: it stands meanwhile."""
    aside, under_way = Folders._aside, 0

    async def standing(folders: Folders, work: Callable[[], Any]) -> Any:
        nonlocal under_way
        under_way += 1
        autojump_clock.autojump_threshold = inf
        try:
            return await aside(folders, work)
        finally:
            under_way -= 1
            autojump_clock.autojump_threshold = inf if under_way else 0.0

    monkeypatch.setattr(Folders, "_aside", standing)
