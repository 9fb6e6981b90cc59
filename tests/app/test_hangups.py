"""One signal for all: each reads its rules in its own task, and who begins later begins by those in force."""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

import pytest
import trio
from trio.testing import MockClock

from reactor.app.hangups import Hangups, ReadForAll
from reactor.app.reloading import Reloader
from reactor.core.rules import RuleSet
from reactor.journal.clocks import wall
from reactor.testing.api import serve_world
from reactor.testing.world import World
from tests.app.embedded import apart, rules_in
from tests.real.monitor import Monitor
from tests.real.waiting import until

READ_AGAIN = "the rules were read again and are in force"
FIRST, SECOND, THIRD = (RuleSet((), version) for version in ("first", "second", "third"))


class Reader:
    """Stands for a reloader: reading takes ``takes`` seconds."""

    def __init__(self, takes: float = 0.0) -> None:
        self.takes = takes
        self.read: list[float] = []

    async def reload(self) -> tuple[str, ...]:
        self.read.append(trio.current_time())
        await trio.sleep(self.takes)
        return ()


async def test_all_who_follow_read_at_each_signal(autojump_clock: MockClock) -> None:
    hangups, readers = Hangups(FIRST), [Reader(), Reader(1e6)]
    async with trio.open_nursery() as nursery:
        for each in readers:
            await nursery.start(hangups.follow, cast("Reloader", each))
        for _ in range(2):
            hangups.ring()
            await trio.sleep(1)
        began = [each.read for each in readers]
        assert [len(each) for each in began] == [2, 1], "who hangs keeps nobody else from reading"
        nursery.cancel_scope.cancel()


async def test_signals_while_it_reads_are_one_more_reading(autojump_clock: MockClock) -> None:
    hangups, reader = Hangups(FIRST), Reader(10)
    async with trio.open_nursery() as nursery:
        await nursery.start(hangups.follow, cast("Reloader", reader))
        began = trio.current_time()
        for _ in range(5):
            hangups.ring()
            await trio.sleep(1)
        await trio.sleep(60)
        assert [each - began for each in reader.read] == [0, 10]
        nursery.cancel_scope.cancel()


async def test_whoever_follows_later_reads_at_the_next_signal_only(autojump_clock: MockClock) -> None:
    """By then the rules were read again: he begins by those in force."""
    hangups, reader = Hangups(FIRST), Reader()
    hangups.ring()
    hangups.put_for_all(SECOND)
    async with trio.open_nursery() as nursery:
        await nursery.start(hangups.follow, cast("Reloader", reader))
        await trio.sleep(1)
        assert reader.read == []
        assert hangups.begin("any").rules is SECOND
        nursery.cancel_scope.cancel()


async def test_a_signal_while_a_monitor_begins_is_not_lost_on_it(autojump_clock: MockClock) -> None:
    """It may wait for its engine's first list for long; its rules were taken before."""
    hangups, reader = Hangups(FIRST), Reader()
    begun = hangups.begin("east")
    hangups.ring()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hangups.follow, cast("Reloader", reader), begun.heard)
        await trio.sleep(1)
        hangups.ring()
        await trio.sleep(1)
        assert len(reader.read) == 2
        nursery.cancel_scope.cancel()
    assert hangups.followers == 0


def test_what_was_put_in_force_on_one_is_no_other_ones_beginning() -> None:
    """An order to read again is for one engine: a rule that is tried there first is not to act elsewhere."""
    hangups = Hangups(FIRST)
    hangups.put_in_force("east", SECOND)
    assert [hangups.begin(name).rules for name in ("east", "west")] == [SECOND, FIRST]
    hangups.put_for_all(THIRD)
    assert [hangups.begin(name).rules for name in ("east", "west")] == [THIRD, THIRD]


async def read_for_all(load: Callable[[], RuleSet], others: int = 0) -> tuple[Hangups, tuple[str, ...]]:
    hangups, mistakes, read = Hangups(FIRST), list[str](), trio.Event()

    class Reads(ReadForAll):
        async def reload(self) -> tuple[str, ...]:
            mistakes.extend(await super().reload())
            read.set()
            return ()

    async with trio.open_nursery() as nursery:
        await nursery.start(hangups.follow, Reads(hangups, load))
        for _ in range(others):
            await nursery.start(hangups.follow, cast("Reloader", Reader()))
        hangups.ring()
        with trio.fail_after(5):
            await read.wait()
        nursery.cancel_scope.cancel()
    return hangups, tuple(mistakes)


async def test_where_all_are_away_the_rules_are_read_for_when_they_come(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody else would read them, and all would begin by those from before the signal."""
    with caplog.at_level(logging.INFO):
        hangups, mistakes = await read_for_all(lambda: SECOND)
    assert hangups.begin("east").rules is SECOND
    assert mistakes == ()
    assert [each.message for each in caplog.records] == [
        "the rules were read again, for engines that are away"
    ]


@pytest.mark.parametrize(("others", "lines"), [(0, 2), (1, 0)])
async def test_mistakes_are_said_once_and_change_nothing(
    others: int, lines: int, caplog: pytest.LogCaptureFixture
) -> None:
    def load() -> RuleSet:
        raise OSError("it hangs")

    hangups, mistakes = await read_for_all(load, others)
    assert hangups.begin("east").rules is FIRST
    assert mistakes == ("the rules cannot be read: OSError: it hangs",)
    assert len(caplog.records) == lines


async def test_a_signal_before_the_engine_was_listed_is_no_end_and_is_heeded(tmp_path: Path) -> None:
    """Its first list takes as long as an inspect that hangs."""
    world = World(epoch=wall())
    world.wedge(box := world.spawn(name="stuck"))
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_world, world, tmp_path / "d.sock")
        monitor = Monitor(tmp_path, f"unix://{tmp_path / 'd.sock'}", rules=rules_in(tmp_path))
        monitor.start()
        try:
            begun, read = partial(monitor.said, "in force"), partial(monitor.said, READ_AGAIN)
            await apart(partial(until, begun, 30, "it has begun"))
            monitor.hang_up()
            world.free(box)
            await apart(partial(until, read, 30, "the rules were read again"))
            assert await apart(partial(monitor.stop)) == 0
        finally:
            monitor.end()
        nursery.cancel_scope.cancel()
