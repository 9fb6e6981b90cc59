"""A proxy before the engine that does not wait for its answer: nothing is known then, and a look tells."""

import pytest
import trio
from trio.testing import MockClock

from reactor.core.container import ContainerId
from reactor.core.decisions import Result, Why
from reactor.core.ports import EngineUnreachable, GivenUp
from reactor.core.verbs import Action
from reactor.testing.direct import DirectEngine
from reactor.testing.faults import Fail, Kind
from reactor.testing.history import What
from reactor.testing.world import World

from .build import acting

GAVE_UP = GivenUp("a proxy before the engine did not wait longer for it (status 504)")
AWAY = EngineUnreachable("a proxy before the engine does not reach it (status 503)")
PATIENCE = 0.5


class Impatient(DirectEngine):
    """An engine behind a proxy that waits for half a second and no longer; the engine goes on with it."""

    nursery: trio.Nursery

    async def kill(self, container: ContainerId) -> int:
        return await self._hurried(super().kill, container)

    async def restart(self, container: ContainerId, grace: float) -> int:
        return await self._hurried(super().restart, container, grace)

    async def _hurried(self, *call: object) -> int:
        self.nursery.start_soon(*call)  # type: ignore[arg-type]  # a call of the engine below, as it came
        await trio.sleep(PATIENCE)
        raise GAVE_UP


async def test_a_kill_that_was_given_up_is_verified_and_soon_tried_again(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        bench.engine.script.next(Kind.KILL, Fail(GAVE_UP))
        bench.put(bench.world.spawn())
        (outcome,) = await bench.finish()
        # Two seconds in which it may be seen to be over, and a pause: nobody was told that it is wedged.
        assert outcome.why is Why.ENDED
        assert 1.5 < outcome.at < 2.5
        assert [why for _, _, why, _ in bench.said()] == [Why.ENDED]
        assert len(bench.kills()) == 1
        given_up = next(call for call in outcome.calls if call.what == "kill")
        assert (given_up.status, given_up.note) == (0, "given up by a proxy")


@pytest.mark.parametrize("takes", [0.6, 2.0, 6.0])
async def test_an_engine_that_goes_on_with_it_ends_it_once(autojump_clock: MockClock, takes: float) -> None:
    engine = Impatient(World(kill_takes=takes))
    async with trio.open_nursery() as engine.nursery, acting(engine=engine) as bench:
        bench.put(bench.world.spawn())
        (outcome,) = await bench.finish()
        assert (outcome.result, outcome.why) == (Result.DONE, Why.ENDED)
        assert takes <= outcome.at <= takes + 0.6
        assert len(bench.world.history.effective()) == 1


async def test_the_run_that_somebody_began_meanwhile_is_left_alone(autojump_clock: MockClock) -> None:
    engine = Impatient(World(kill_takes=0.2))
    async with trio.open_nursery() as engine.nursery, acting(engine=engine) as bench:
        box = bench.world.spawn()
        bench.put(box)
        await trio.sleep(0.3)
        bench.world.start(box)
        (outcome,) = await bench.finish()
        assert outcome.why is Why.ENDED
        await trio.sleep(60)
        assert box.alive
        assert bench.world.history.doubled() == []
        assert [container.run for container in bench.returned] == [box.run]


async def test_one_at_which_a_look_is_given_up_as_well_is_wedged(autojump_clock: MockClock) -> None:
    """Which run it is nobody says then: it waits in quarantine, and nobody is killed blindly."""
    async with acting() as bench:
        box = bench.world.spawn()
        bench.engine.script.next(Kind.KILL, Fail(GAVE_UP))
        bench.put(box)
        await trio.sleep(1)
        bench.engine.script.always(Kind.INSPECT, Fail(GAVE_UP))
        await trio.sleep(60)
        assert [why for _, _, why, _ in bench.said()] == [Why.WEDGED]
        assert bench.kills() == []
        bench.engine.script.always(Kind.INSPECT, None)
        await trio.sleep(60)
        assert [outcome.why for outcome in bench.finals] == [Why.ENDED]
        assert len(bench.kills()) == 1


async def test_one_that_is_given_up_each_time_comes_to_the_quarantine(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        bench.engine.script.always(Kind.KILL, Fail(GAVE_UP))
        bench.put(bench.world.spawn())
        await trio.sleep(30)
        ((at, *said),) = bench.said()
        assert said == [Result.UNKNOWN, Why.WEDGED, False]
        assert 5 < at < 7


async def test_a_proxy_that_does_not_reach_the_engine_costs_one_pause(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        bench.engine.script.next(Kind.KILL, Fail(AWAY))
        bench.put(bench.world.spawn())
        (outcome,) = await bench.finish()
        assert outcome.why is Why.ENDED
        assert 1.5 < outcome.at < 2.5
        assert len(bench.kills()) == 1


async def test_a_restart_that_was_given_up_is_not_done_twice(autojump_clock: MockClock) -> None:
    """The engine goes on with it, and a second one would end the run that it began."""
    engine = Impatient(World(kill_takes=1.0))
    async with trio.open_nursery() as engine.nursery, acting(engine=engine) as bench:
        box = bench.world.spawn()
        bench.put(box, Action.RESTART, grace=0)
        await trio.sleep(60)
        assert [outcome.result for outcome in bench.finals] == [Result.DONE]
        assert [what for _, what, _ in bench.asked()] == [What.RESTART]
        assert box.alive
        assert bench.world.history.doubled() == []
