"""Stops: polite first, and always ended by a kill where politeness does not help."""

import pytest
import trio
from trio.testing import MockClock

from reactor.act.config import ActConfig
from reactor.core.container import Container, ContainerId
from reactor.core.decisions import Decision, Result, Why
from reactor.core.ports import DeadlinePassed, EngineAnswered, EngineUnreachable
from reactor.core.verbs import Action
from reactor.testing.direct import DirectEngine
from reactor.testing.faults import Fail, Kind
from reactor.testing.history import What
from reactor.testing.tasks import Serves, Sleeps
from reactor.testing.world import World

from .build import OddEngine, acting


async def test_a_well_behaved_container_ends_in_its_own_time(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        box = bench.world.spawn(Serves(polite=3.0))
        bench.put(box, Action.STOP, grace=10)
        (outcome,) = await bench.finish()
        assert (outcome.at, outcome.result, outcome.why) == (3.0, Result.DONE, Why.ENDED)
        assert [what for _, what, _ in bench.asked()] == [What.STOP]
        assert box.exit_code == 0


async def test_one_that_ignores_the_signal_is_killed_after_the_grace(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        bench.put(bench.world.spawn(Sleeps()), Action.STOP, grace=4)
        (outcome,) = await bench.finish()
        assert outcome.at == 4.0
        assert [what for _, what, _ in bench.asked()] == [What.STOP]


@pytest.mark.parametrize(("grace", "given"), [(-1.0, 0.0), (1e9, 30.0)])
async def test_a_grace_is_never_for_ever(autojump_clock: MockClock, grace: float, given: float) -> None:
    """A negative one would mean to wait without end, and labels or images could ask for it."""
    async with acting(ActConfig(longest_grace=30)) as bench:
        bench.put(bench.world.spawn(), Action.STOP, grace=grace)
        (outcome,) = await bench.finish()
        assert outcome.at == given


async def test_after_a_stop_that_fails_comes_the_kill(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        bench.engine.script.next(Kind.STOP, Fail(EngineAnswered(500, "no")))
        bench.put(bench.world.spawn(), Action.STOP)
        (outcome,) = await bench.finish()
        assert [(at, what) for at, what, _ in bench.asked()] == [(0.0, What.KILL)]
        assert outcome.why is Why.ENDED
        assert bench.workers.statistics().retries == 1


@pytest.mark.parametrize("times", [1, 2])
async def test_a_stop_that_did_not_reach_the_engine_is_a_stop_when_it_is_tried_again(
    autojump_clock: MockClock, times: int
) -> None:
    """The engine was just away: a task that would end by itself is not killed for that."""
    async with acting() as bench:
        for _ in range(times):
            bench.engine.script.next(Kind.STOP, Fail(EngineUnreachable("away")))
        box, other = bench.world.spawn(Serves(polite=3.0)), bench.world.spawn(Serves(polite=3.0))
        bench.put(box, Action.STOP, grace=10)
        (outcome,) = await bench.finish()
        assert [what for _, what, _ in bench.asked()] == [What.STOP]
        assert (outcome.why, box.exit_code, other.alive) == (Why.ENDED, 0, True)


async def test_a_stop_that_never_reaches_the_engine_becomes_a_kill(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        for _ in range(ActConfig().tries):
            bench.engine.script.next(Kind.STOP, Fail(EngineUnreachable("it breaks off each time")))
        bench.put(bench.world.spawn(), Action.STOP)
        await bench.finish()
        assert [what for _, what, _ in bench.asked()] == [What.KILL]


async def test_after_a_stop_that_did_nothing_comes_the_kill(autojump_clock: MockClock) -> None:
    """An engine may say 204 and the container lives on: it has two seconds to be seen over."""
    engine = OddEngine(World())
    engine.answers.append((204, False))
    async with acting(engine=engine) as bench:
        bench.put(bench.world.spawn(), Action.STOP)
        (outcome,) = await bench.finish()
        assert outcome.why is Why.ENDED
        (at,) = bench.kills()
        assert 1.0 < at <= 2.0


async def test_before_the_kill_the_guard_is_asked_again(autojump_clock: MockClock) -> None:
    answers = iter((True, False))

    def guard(container: Container, decision: Decision) -> bool:
        return next(answers)

    async with acting(guard=guard) as bench:
        bench.engine.script.next(Kind.STOP, Fail(EngineAnswered(500, "no")))
        box = bench.world.spawn()
        bench.put(box, Action.STOP)
        (outcome,) = await bench.finish()
        assert outcome.why is Why.PROTECTED
        assert box.alive


async def test_a_stop_that_hangs_is_followed_by_a_kill_when_the_engine_can(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        box = bench.world.spawn()
        bench.world.wedge(box, inspect_hangs=False)
        bench.put(box, Action.STOP, grace=10)
        await trio.sleep(25.5)
        assert [(at, why) for at, _, why, _ in bench.said()] == [(25.0, Why.WEDGED)]
        # Whoever frees the shim lets the stop take effect, which was sent and never answered.
        bench.world.free(box)
        await trio.sleep(60)
        assert not box.alive
        assert [outcome.why for outcome in bench.finals] == [Why.ENDED]


async def test_slow_stops_hold_up_no_kill(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        for _ in range(50):
            bench.put(bench.world.spawn(), Action.STOP, grace=100)
        bench.put(bench.world.spawn())
        await trio.sleep(1)
        assert bench.kills() == [0.0]
        assert len(bench.asked()) == 11


async def test_a_stop_keeps_its_slot_for_its_grace(autojump_clock: MockClock) -> None:
    """Ten at a time, unless one hangs beyond its grace and a second."""
    async with acting() as bench:
        for _ in range(15):
            bench.put(bench.world.spawn(), Action.STOP, grace=5)
        await bench.finish()
        stops = [at for at, what, _ in bench.asked() if what is What.STOP]
        assert stops == [0.0] * 10 + [5.0] * 5


async def test_a_hanging_stop_gives_its_slot_up(autojump_clock: MockClock) -> None:
    async with acting(engine=DirectEngine(World())) as bench:
        for _ in range(10):
            box = bench.world.spawn()
            bench.world.wedge(box, inspect_hangs=False)
            bench.put(box, Action.STOP, grace=5)
        bench.put(bench.world.spawn(Serves(polite=0.1)), Action.STOP, grace=5)
        await trio.sleep(7)
        assert [outcome.at for outcome in bench.finals] == [pytest.approx(5.105)]


class GivesUp(DirectEngine):
    """An engine behind something that waits five seconds for an answer, and no longer."""

    nursery: trio.Nursery

    async def stop(self, container: ContainerId, grace: float) -> int:
        self.nursery.start_soon(super().stop, container, grace)
        await trio.sleep(5)
        raise DeadlinePassed("a proxy before the engine did not wait longer for it (status 504)")


@pytest.mark.parametrize(("task", "ended"), [(Serves(polite=8.0), 8.0), (Sleeps(), 10.0)])
async def test_a_stop_that_something_between_gave_up_keeps_its_grace(
    autojump_clock: MockClock, task: Serves | Sleeps, ended: float
) -> None:
    """The engine goes on with it: no second call, and none is told to be wedged."""
    engine = GivesUp(World())
    async with trio.open_nursery() as engine.nursery, acting(engine=engine) as bench:
        bench.put(bench.world.spawn(task), Action.STOP, grace=10)
        (outcome,) = await bench.finish()
        assert (outcome.result, outcome.why) == (Result.DONE, Why.ENDED)
        assert ended <= outcome.at <= ended + 0.5
        assert [what for _, what, _ in bench.asked()] == [What.STOP]
        assert [why for _, _, why, _ in bench.said()] == [Why.ENDED]
