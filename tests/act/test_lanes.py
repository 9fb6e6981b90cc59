"""Slots that are lent for a time."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from reactor.act.lanes import Lane


async def test_slots_are_lent_in_the_order_of_asking(autojump_clock: MockClock) -> None:
    lane = Lane(2)
    order: list[int] = []

    async def use(number: int) -> None:
        with await lane.acquire():
            order.append(number)
            await trio.sleep(1)

    async with trio.open_nursery() as nursery:
        for number in range(6):
            nursery.start_soon(use, number)
            await wait_all_tasks_blocked()
    assert order == list(range(6))
    assert trio.current_time() == 3


async def test_a_slot_that_is_not_given_back_goes_to_the_next(autojump_clock: MockClock) -> None:
    lane = Lane(2, patience=1.0)
    held = [await lane.acquire(), await lane.acquire(longer=5.0)]
    with await lane.acquire():
        assert trio.current_time() == 1
        assert lane.overdue == 1
    lane.give_back(held[0])
    assert lane.overdue == 0


async def test_a_slot_given_back_late_is_not_free_twice(autojump_clock: MockClock) -> None:
    lane = Lane(1, patience=1.0)
    late = await lane.acquire()
    await trio.sleep(2)
    with await lane.acquire():
        lane.give_back(late)
        with pytest.raises(trio.TooSlowError), trio.fail_after(0.5):
            await lane.acquire()


async def test_one_who_stops_waiting_leaves_the_line(autojump_clock: MockClock) -> None:
    lane = Lane(1)
    held = await lane.acquire()
    with trio.move_on_after(1):
        await lane.acquire()
    lane.give_back(held)
    with trio.fail_after(1):
        await lane.acquire()
    assert trio.current_time() == 1


async def test_a_slot_is_lent_for_twice_the_usual_time_within_bounds(autojump_clock: MockClock) -> None:
    """Where everybody is slow nobody loses a slot for it, and those that hang teach nothing for long."""
    lane = Lane(1, patience=1.0, least=0.25)

    async def keep(seconds: float) -> float:
        """How long the next one waits behind somebody who keeps a slot for ever, after these."""
        for _ in range(9):
            with await lane.acquire():
                await trio.sleep(seconds)
        began, held = trio.current_time(), await lane.acquire()
        with await lane.acquire():
            waited = trio.current_time() - began
        lane.give_back(held)
        return waited

    assert await keep(0.01) == pytest.approx(0.25)
    assert await keep(0.3) == pytest.approx(0.6)
    assert await keep(15) == pytest.approx(1.0)
    assert await keep(0.01) == pytest.approx(0.25)
