"""Timers fire in the order of their moments, whatever their actions do."""

from math import inf

import trio
from trio.testing import MockClock

from reactor.testing.timers import Timers


async def test_a_look_at_the_world_in_an_action_lets_nothing_overtake_it() -> None:
    timers, seen = Timers(), []

    def first(due: float) -> None:
        timers.fire(10.0)
        timers.add(due, lambda at: seen.append(("added", at)))
        seen.append(("first", due))

    timers.add(1.0, first)
    timers.add(2.0, lambda at: seen.append(("second", at)))
    timers.fire(5.0)
    assert seen == [("first", 1.0), ("added", 1.0), ("second", 2.0)]


async def test_what_was_cancelled_is_passed_over() -> None:
    timers = Timers()
    seen: list[float] = []
    timers.add(1.0, seen.append).cancel()
    timers.add(2.0, seen.append)
    assert timers.next_due() == 2.0
    timers.fire(2.0)
    assert (seen, timers.next_due()) == ([2.0], inf)


async def test_who_waits_for_a_late_timer_is_woken_by_an_earlier_one(autojump_clock: MockClock) -> None:
    timers = Timers()
    timers.add(100.0, lambda _: None)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(timers.wait_next)
        await trio.sleep(1)
        timers.add(5.0, lambda _: None)
    assert trio.current_time() == 1.0
