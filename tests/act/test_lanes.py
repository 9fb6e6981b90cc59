"""Slots that are lent for a time."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from reactor.act.lanes import Lane, LaneStatistics, Lease, Patience

QUICK = Patience(doubt=0.01, longest=2.0)


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


async def take(lane: Lane, number: int) -> list[Lease]:
    """So many places, all in this moment."""
    began = trio.current_time()
    leases = [await lane.acquire() for _ in range(number)]
    assert trio.current_time() == began
    return leases


async def waits(lane: Lane, within: float = 100.0) -> float:
    """How long the next one waits; it gives its place back at once, as one that hung."""
    began = trio.current_time()
    with trio.fail_after(within):
        lease = await lane.acquire()
    lease.hung = True
    lane.give_back(lease)
    return trio.current_time() - began


async def test_whoever_is_doubted_lets_others_begin_beside(autojump_clock: MockClock) -> None:
    lane = Lane(2, QUICK)
    held = await take(lane, 2)
    assert await waits(lane) == pytest.approx(0.01)
    assert lane.statistics() == LaneStatistics()
    held += await take(lane, 2)
    assert lane.statistics() == LaneStatistics(beside=2)
    assert await waits(lane) == pytest.approx(0.01)
    for lease in held:
        lane.give_back(lease)
    assert lane.statistics() == LaneStatistics()


async def test_without_patience_nobody_is_ever_doubted(autojump_clock: MockClock) -> None:
    lane = Lane(2)
    await take(lane, 2)
    with pytest.raises(trio.TooSlowError):
        await waits(lane, 1e6)


async def test_while_there_is_only_doubt_three_times_the_places_are_lent(autojump_clock: MockClock) -> None:
    """Then the first places are lost, by time alone; and that goes on up to ten times the places."""
    lane = Lane(2, QUICK)
    began, at = trio.current_time(), []
    for _ in range(20):
        await lane.acquire()
        at.append(trio.current_time() - began)
    first = [0.0, 0.0, 0.01, 0.01, 0.02, 0.02]
    assert at == pytest.approx([two + when for two in (0, 2, 4) for when in first] + [6, 6])
    assert lane.statistics() == LaneStatistics(beside=18, overdue=14, at_bound=7)
    with pytest.raises(trio.TooSlowError):
        await waits(lane, 1e6)
    assert lane.statistics() == LaneStatistics(beside=18, overdue=20, at_bound=8)


async def test_at_the_bound_the_next_one_begins_when_somebody_is_given_up(autojump_clock: MockClock) -> None:
    lane = Lane(1, QUICK)
    held = [await lane.acquire() for _ in range(10)]
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(waits, lane)
        await trio.sleep(5)
        held[0].hung = True
        lane.give_back(held[0])
    assert trio.current_time() - began == pytest.approx(5)


async def test_the_doubt_comes_after_a_quarter_of_what_is_usual(autojump_clock: MockClock) -> None:
    lane = Lane(4, QUICK)
    for seconds in (0.2, 0.4, 0.6):
        # Somebody is always under way, so the lane is never at rest.
        await take(lane, 1)
        with await lane.acquire():
            await trio.sleep(seconds)
    assert lane.statistics().overdue == 2
    await take(lane, 3)
    assert await waits(lane) == pytest.approx(0.1)


async def test_a_lane_at_rest_forgets_what_was_usual(autojump_clock: MockClock) -> None:
    lane = Lane(2, QUICK)
    with await lane.acquire():
        await trio.sleep(5)
    await take(lane, 2)
    assert await waits(lane) == pytest.approx(0.01)


async def test_who_hung_teaches_nothing_and_ends_no_doubt(autojump_clock: MockClock) -> None:
    lane = Lane(2, QUICK)
    held = await take(lane, 2)
    await trio.sleep(0.005)
    held[0].hung = True
    lane.give_back(held[0])
    await take(lane, 1)
    assert await waits(lane) == pytest.approx(0.005)


async def test_who_comes_back_ends_the_doubt_about_those_that_began_with_it(
    autojump_clock: MockClock,
) -> None:
    lane = Lane(2, QUICK)
    held = await take(lane, 2)
    await trio.sleep(0.4)
    lane.give_back(held[0])
    await take(lane, 1)
    assert lane.statistics() == LaneStatistics()
    assert await waits(lane) == pytest.approx(0.1)


async def test_who_was_overtaken_has_lost_its_place(autojump_clock: MockClock) -> None:
    lane = Lane(2, QUICK)
    await take(lane, 1)
    await trio.sleep(0.1)
    with await lane.acquire():
        await trio.sleep(0.1)
    assert lane.statistics() == LaneStatistics(overdue=1)
    await take(lane, 2)


async def test_who_is_polite_still_is_neither_doubted_nor_overtaken(autojump_clock: MockClock) -> None:
    lane = Lane(1, QUICK)
    await lane.acquire(longer=5.0)
    assert await waits(lane) == pytest.approx(5.01)
    lane = Lane(2, QUICK)
    await lane.acquire(longer=5.0)
    await trio.sleep(1)
    with await lane.acquire(longer=5.0):
        await trio.sleep(1)
    assert lane.statistics().overdue == 0


async def test_a_place_given_back_late_is_not_free_twice(autojump_clock: MockClock) -> None:
    lane = Lane(1, QUICK)
    late = await lane.acquire()
    await trio.sleep(3)
    (held,) = await take(lane, 1)
    late.hung = True
    lane.give_back(late)
    lane.give_back(late)
    assert await waits(lane) == pytest.approx(0.01)
    lane.give_back(held)


async def test_one_who_stops_waiting_leaves_the_line(autojump_clock: MockClock) -> None:
    lane = Lane(1)
    held = await lane.acquire()
    with trio.move_on_after(1):
        await lane.acquire()
    lane.give_back(held)
    with trio.fail_after(1):
        await lane.acquire()
    assert trio.current_time() == 1
