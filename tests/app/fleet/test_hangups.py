"""One signal for all: each reads its rules in its own task, and who begins later begins by those in force."""

from typing import cast

import trio
from trio.testing import MockClock

from reactor.app.fleet.hangups import Hangups
from reactor.app.reloading import Reloader
from reactor.core.rules import RuleSet

FIRST, SECOND = RuleSet((), "first"), RuleSet((), "second")


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
    hangups.put_in_force(SECOND)
    async with trio.open_nursery() as nursery:
        await nursery.start(hangups.follow, cast("Reloader", reader))
        await trio.sleep(1)
        assert reader.read == []
        assert hangups.rules is SECOND
        nursery.cancel_scope.cancel()
