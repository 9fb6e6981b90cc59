"""Measures of layers in virtual time: one at a time, seldom, and only of those that are wanted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import trio
from trio.testing import MockClock

from reactor.core.container import Run
from reactor.core.facts import LayerSized
from reactor.core.layers import PERIODS
from reactor.core.ports import DeadlinePassed, EngineUnreachable
from reactor.engine.layers import Layers
from reactor.testing.box import Box
from reactor.testing.direct import DirectEngine
from reactor.testing.faults import Delay, Fail, Hang, Kind
from reactor.testing.world import World


class Bench:
    """A world, its engine, and who measures."""

    def __init__(self, every: float = 300.0) -> None:
        self.world = World()
        self.engine = DirectEngine(self.world)
        self.told: list[LayerSized] = []
        self.layers = Layers(self.engine, self.told.append, every=every)

    def want(self, *boxes: Box) -> None:
        self.layers.want(frozenset(box.run for box in boxes))

    def moments(self, box: Box) -> list[tuple[float, int]]:
        """When it was measured, and what came of it."""
        return [(round(fact.at, 3), fact.bytes) for fact in self.told if fact.run.id == box.id]

    @property
    def calls(self) -> int:
        return self.engine.script.counts[Kind.LAYER]


@asynccontextmanager
async def measuring(every: float = 300.0) -> AsyncIterator[Bench]:
    bench = Bench(every)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bench.layers.measure_for_ever)
        yield bench
        nursery.cancel_scope.cancel()


async def test_each_at_most_once_in_a_period_and_nobody_else(autojump_clock: MockClock) -> None:
    async with measuring() as bench:
        one, other = bench.world.spawn(), bench.world.spawn()
        await trio.sleep(1000)
        assert bench.calls == 0, "while no rule asks, neither does anybody else"
        bench.want(one)
        await trio.sleep(250)
        bench.world.write(one, 7)
        await trio.sleep(600)
        assert bench.moments(one) == [(1000, 0), (1300, 7), (1600, 7)]
        assert bench.moments(other) == []
        bench.want()
        await trio.sleep(1000)
        assert bench.calls == 3


async def test_one_at_a_time_with_rests_in_between(autojump_clock: MockClock) -> None:
    async with measuring() as bench:
        bench.engine.script.always(Kind.LAYER, Delay(2.0))
        boxes = [bench.world.spawn() for _ in range(3)]
        bench.want(*boxes)
        await trio.sleep(30)
        # Two seconds for each, and two of rest after it.
        assert sorted(at for box in boxes for at, _ in bench.moments(box)) == [2, 6, 10]
        assert bench.layers.statistics().seconds == 6


async def test_one_that_hangs_costs_the_others_a_minute_and_is_asked_less_and_less(
    autojump_clock: MockClock,
) -> None:
    async with measuring() as bench:
        bad = bench.world.spawn()
        bench.engine.script.next(Kind.LAYER, Hang())
        bench.want(bad)
        await trio.sleep(1)
        good = bench.world.spawn()
        bench.want(bad, good)
        await trio.sleep(60)
        assert bench.moments(good) == [(60, 0)]
        bench.want(bad)
        bench.engine.script.always(Kind.LAYER, Fail(DeadlinePassed("too many files")))
        calls = [bench.calls]
        for _ in range(8):
            await trio.sleep(3600)
            calls.append(bench.calls)
        each_hour = [after - before for before, after in pairwise(calls)]
        assert each_hour == [3, 1, 1, 1, 1, 1, 1, 1]
        bench.engine.script.always(Kind.LAYER, None)
        await trio.sleep(3600)
        before = bench.calls
        await trio.sleep(3600)
        assert bench.calls - before == 12, "it answers again, and has its usual turn"


async def test_an_engine_that_is_away_is_no_fault_of_the_layer(autojump_clock: MockClock) -> None:
    async with measuring() as bench:
        box = bench.world.spawn()
        bench.engine.script.next(Kind.LAYER, Fail(EngineUnreachable("nobody listens")), times=5)
        bench.want(box)
        await trio.sleep(1501)
        assert bench.moments(box) == [(1500, 0)]
        assert (bench.layers.statistics().failed, bench.layers.statistics().measured) == (5, 1)


async def test_one_measure_that_fails_leaves_no_gap_in_the_evidence(autojump_clock: MockClock) -> None:
    async with measuring() as bench:
        box = bench.world.spawn()
        bench.want(box)
        await trio.sleep(299)
        bench.engine.script.next(Kind.LAYER, Hang())
        await trio.sleep(400)
        first, second = (fact.at for fact in bench.told)
        assert second - first == 630
        assert second - first < PERIODS * 300


async def test_a_restart_is_no_reason_to_measure_again(autojump_clock: MockClock) -> None:
    async with measuring() as bench:
        box = bench.world.spawn()
        bench.want(box)
        for _ in range(100):
            await trio.sleep(1)
            bench.world.restart(box)
            bench.want(box)
        assert bench.calls == 1
        await trio.sleep(300)
        assert bench.told[-1].run == box.run
        assert bench.calls == 2


async def test_what_is_wanted_no_more_is_not_told(autojump_clock: MockClock) -> None:
    async with measuring() as bench:
        bench.engine.script.always(Kind.LAYER, Delay(2.0))
        box = bench.world.spawn()
        bench.want(box)
        await trio.sleep(1)
        bench.want()
        await trio.sleep(10)
        assert bench.told == []
        assert bench.layers.statistics().wanted == 0


async def test_an_engine_that_does_not_say(autojump_clock: MockClock) -> None:
    """Another container answers to the id: nothing is known, and that is counted."""
    async with measuring() as bench:
        gone = bench.world.spawn()
        bench.world.remove(gone, force=True)
        bench.world.spawn(name=gone.id)
        bench.layers.want(frozenset({Run(gone.id, "2026-01-01T00:00:00Z")}))
        await trio.sleep(1)
        assert bench.told == []
        statistics = bench.layers.statistics()
        assert (statistics.wanted, statistics.measured, statistics.failed) == (1, 0, 1)
