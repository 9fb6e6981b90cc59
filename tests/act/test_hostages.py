"""Twice as many wedged containers as calls may be under way: the others die in under twice the usual time.

Everything happens twice, with the wedged ones and without, and what is compared is when each of the
others died. All others are in order, so each of them is killed once.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import MockClock

from reactor.act.config import ActConfig
from reactor.core.container import ContainerId
from reactor.core.decisions import Why
from reactor.testing.box import Box
from reactor.testing.direct import DirectEngine
from reactor.testing.world import World

from .build import Bench, acting

STUCK = 2 * ActConfig().kill_slots


class Busy(DirectEngine):
    """An engine that needs its processor for a while for each kill, one after the other, as a real one does.

    A call that hangs in it costs it nothing.
    """

    def __init__(self, world: World, each: float) -> None:
        super().__init__(world)
        self.each = each
        self.most = self.under_way = 0
        self._processor = trio.StrictFIFOLock()

    async def kill(self, container: ContainerId) -> int:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            if self.world.find(container).wedged is None:
                async with self._processor:
                    await trio.sleep(self.each)
            return await super().kill(container)
        finally:
            self.under_way -= 1


def steady(takes: float) -> Callable[[], Busy]:
    """An engine that takes this long for a kill, however many there are."""
    return lambda: Busy(World(kill_takes=takes), 0.0)


def shared(takes: float) -> Callable[[], Busy]:
    """An engine that takes this long for one kill, and most of it is work that it does for one at a time."""
    return lambda: Busy(World(kill_takes=takes / 3), takes * 2 / 3)


@asynccontextmanager
async def scene(make: Callable[[], Busy], stuck: int, slots: int = 10) -> AsyncIterator[Bench]:
    async with acting(ActConfig(kill_slots=slots), engine=make()) as bench:
        for box in (bench.world.spawn() for _ in range(stuck)):
            bench.world.wedge(box, inspect_hangs=False)
            bench.put(box)
        yield bench


def others(bench: Bench, number: int) -> list[Box]:
    boxes = [bench.world.spawn() for _ in range(number)]
    for box in boxes:
        bench.put(box)
    return boxes


async def times(bench: Bench, boxes: list[Box], began: float) -> list[float]:
    """When they died, since then; each by one kill."""
    with trio.fail_after(1000):
        for box in boxes:
            if box.alive:
                await box.over.wait()
    asked = [run for _, _, run in bench.asked()]
    assert all(asked.count(box.run) == 1 for box in boxes)
    return sorted((bench.world.history.died_at(box.id) or 0) - began for box in boxes)


async def took(make: Callable[[], Busy], stuck: int, number: int, slots: int = 10) -> list[float]:
    async with scene(make, stuck, slots) as bench:
        return await times(bench, others(bench, number), trio.current_time())


def assert_under_twice(wedged: list[float], usual: list[float]) -> None:
    """The first one, the middle one, the last one, and every other: none took twice as long."""
    assert len(wedged) == len(usual)
    assert [(at, was) for at, was in zip(wedged, usual, strict=True) if at >= 2 * was] == []


ENGINES = pytest.mark.parametrize(
    ("make", "takes"),
    [
        *((steady, takes) for takes in (0.04, 0.1, 0.3, 3.0, 10.0)),
        *((shared, takes) for takes in (0.04, 0.3, 1.0)),
    ],
)
Make = Callable[[float], Callable[[], Busy]]


@ENGINES
@pytest.mark.parametrize("number", [1, 5, 10])
async def test_the_first_ones_of_all(
    make: Make, takes: float, number: int, autojump_clock: MockClock
) -> None:
    """All in one moment, the wedged ones first in line, and nothing is known of this engine."""
    engine = make(takes)
    assert_under_twice(await took(engine, STUCK, number), await took(engine, 0, number))


@pytest.mark.parametrize("slots", [1, 3, 30])
async def test_with_any_number_of_calls_at_once(slots: int, autojump_clock: MockClock) -> None:
    for engine in (steady(0.1), shared(0.04)):
        wedged = await took(engine, 2 * slots, slots, slots)
        assert_under_twice(wedged, await took(engine, 0, slots, slots))


@pytest.mark.parametrize("number", [30, 200])
@pytest.mark.parametrize("takes", [0.04, 0.1])
async def test_a_crowd_on_an_engine_that_is_busy_with_it(
    takes: float, number: int, autojump_clock: MockClock
) -> None:
    engine = shared(takes)
    wedged, usual = await took(engine, STUCK, number), await took(engine, 0, number)
    assert_under_twice(wedged, usual)
    assert wedged[-1] < 1.3 * usual[-1]


@ENGINES
async def test_one_by_one_after_them(make: Make, takes: float, autojump_clock: MockClock) -> None:
    """Each by itself, at every moment from the first to the time when the wedged ones are in quarantine."""

    async def alone(stuck: int) -> list[float]:
        async with scene(make(takes), stuck) as bench:
            found = []
            for after in (0, 0.005, 0.1, 0.5, 2, 5, 5, 30):
                await trio.sleep(after)
                found += await times(bench, others(bench, 1), trio.current_time())
            return found

    assert_under_twice(await alone(STUCK), await alone(0))


@pytest.mark.parametrize("before", [0.02, 3.0])
async def test_after_an_engine_that_was_quicker_or_slower(before: float, autojump_clock: MockClock) -> None:
    async def then(stuck: int) -> list[float]:
        engine = steady(before)()
        async with acting(engine=engine) as bench:
            await times(bench, others(bench, 40), 0.0)
            await trio.sleep(10)
            engine.world.ground.kill_takes = 0.1
            for box in (bench.world.spawn() for _ in range(stuck)):
                bench.world.wedge(box, inspect_hangs=False)
                bench.put(box)
            return await times(bench, others(bench, 10), trio.current_time())

    assert_under_twice(await then(STUCK), await then(0))


@pytest.mark.parametrize("takes", [0.04, 0.3])
async def test_in_the_midst_of_a_crowd(takes: float, autojump_clock: MockClock) -> None:
    """The engine is busy, the places are taken, then they come, and behind them the others."""

    async def last(stuck: int) -> list[float]:
        engine = shared(takes)()
        async with acting(engine=engine) as bench:
            began = trio.current_time()
            crowd = others(bench, 20)
            for box in (bench.world.spawn() for _ in range(stuck)):
                bench.world.wedge(box, inspect_hangs=False)
                bench.put(box)
            return await times(bench, [*crowd, *others(bench, 10)], began)

    assert_under_twice(await last(STUCK), await last(0))


async def test_healthy_calls_stay_within_their_bound(autojump_clock: MockClock) -> None:
    """Before the first comes back nobody knows, so three times as many may begin; then as configured."""
    engine = shared(0.04)()
    async with acting(engine=engine) as bench:
        boxes = others(bench, 200)
        seen = []
        while any(box.alive for box in boxes):
            await trio.sleep(0.02)
            seen.append(engine.under_way)
        assert engine.most <= 30
        assert sorted(seen)[len(seen) // 2] <= 11
        assert {outcome.why for outcome in bench.finals} == {Why.ENDED}


async def test_beyond_that_the_others_wait_for_two_seconds_each_time(autojump_clock: MockClock) -> None:
    """There is always a bound: 30 at first, 30 more when the first are two seconds old, 100 in all."""
    for stuck, at in ((29, 0.01), (30, 2.0), (60, 4.0), (90, 6.0)):
        async with scene(steady(0.0), stuck) as bench:
            (died,) = await times(bench, others(bench, 1), trio.current_time())
            assert died == pytest.approx(at, abs=0.011)


async def test_nothing_goes_beyond_the_bound_and_it_is_told(autojump_clock: MockClock) -> None:
    """With a hundred of them under way whoever comes next waits until one is given up after 15 seconds."""
    async with scene(steady(0.0), 150) as bench:
        one = others(bench, 1)
        await trio.sleep(14)
        now = bench.workers.statistics()
        assert isinstance(bench.engine, Busy)
        assert bench.engine.under_way == 100
        assert (now.beside, now.overdue, now.in_flight) == (90, 100, 101)
        assert now.at_bound >= 1
        (died,) = await times(bench, one, 0.0)
        assert died == pytest.approx(15, abs=2.1)
