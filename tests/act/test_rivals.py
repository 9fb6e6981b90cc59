"""A kill that overtakes a stop: both see the end of the run, and exactly one is told to have brought it."""

import pytest
import trio
from trio.testing import MockClock

from reactor.core.container import ContainerId
from reactor.core.decisions import Result, Why
from reactor.core.verbs import Action
from reactor.testing.direct import DirectEngine
from reactor.testing.tasks import Serves, Sleeps, Task
from reactor.testing.world import World

from .build import Bench, acting


class Lagging(DirectEngine):
    """Answers late: seconds after it did what was asked. A kill may be said to have had no effect."""

    def __init__(self, stop: float = 0.0, kill: float = 0.0, *, in_vain: bool = False) -> None:
        super().__init__(World())
        self._stop, self._kill, self._in_vain = stop, kill, in_vain

    async def kill(self, container: ContainerId) -> int:
        status = 409 if self._in_vain else await super().kill(container)
        await trio.sleep(self._kill)
        return status

    async def stop(self, container: ContainerId, grace: float) -> int:
        status = await super().stop(container, grace)
        await trio.sleep(self._stop)
        return status


async def overtaken(bench: Bench, task: Task, after: float) -> dict[Action, Why]:
    """What is told of a stop with a long grace and of a kill of the same run; a neighbour is only stopped."""
    box, neighbour = bench.world.spawn(task), bench.world.spawn(Serves(polite=after))
    bench.put(box, Action.STOP, grace=60)
    bench.put(neighbour, Action.STOP, grace=60)
    await trio.sleep(after)
    bench.put(box, Action.KILL)
    finals = await bench.finish()
    assert [each.result for each in finals] == [Result.DONE] * 3
    assert [each.why for each in finals if each.decision.run == neighbour.run] == [Why.ENDED]
    return {each.decision.action: each.why for each in finals if each.decision.run == box.run}


@pytest.mark.parametrize(("stop", "kill"), [(0, 0), (1, 0), (0, 1), (20, 0), (0, 14)])
async def test_the_end_is_the_kills_whoever_hears_of_it_first(
    autojump_clock: MockClock, stop: float, kill: float
) -> None:
    async with acting(engine=Lagging(stop, kill)) as bench:
        told = await overtaken(bench, Sleeps(), 3)
        assert told == {Action.STOP: Why.ALREADY_OVER, Action.KILL: Why.ENDED}
        assert bench.kills() == [3.0]
        assert bench.workers.statistics().outcomes[Result.DONE, Why.ENDED] == 2


async def test_a_kill_that_came_too_late_leaves_the_end_to_the_stop(autojump_clock: MockClock) -> None:
    async with acting(engine=Lagging(in_vain=True)) as bench:
        told = await overtaken(bench, Serves(polite=4), 3)
        assert told == {Action.STOP: Why.ENDED, Action.KILL: Why.ALREADY_OVER}


async def test_of_two_that_may_have_done_it_one_is_told(autojump_clock: MockClock) -> None:
    """The stop is over while the kill waits for an answer, by which it had no effect."""
    async with acting(engine=Lagging(kill=2, in_vain=True)) as bench:
        told = await overtaken(bench, Serves(polite=4), 3)
        assert sorted(told.values()) == [Why.ALREADY_OVER, Why.ENDED]


async def test_a_later_decision_about_the_run_knows_nothing_of_an_earlier_one(
    autojump_clock: MockClock,
) -> None:
    async with acting() as bench:
        box = bench.world.spawn()
        bench.put(box)
        await bench.finish()
        bench.put(box, Action.STOP)
        await bench.finish()
        assert [each.why for each in bench.finals] == [Why.ENDED, Why.ALREADY_OVER]
