"""What an earlier monitor intended is carried out only by a rule that is still in force."""

from dataclasses import replace
from pathlib import Path

import trio
from trio.testing import MockClock

from reactor.app.supervise import supervise
from reactor.core.rules import RuleSet
from reactor.testing.direct import DirectEngine
from reactor.testing.faults import Hang, Kind
from reactor.testing.tasks import Usage
from reactor.testing.world import World
from tests.app.test_supervise import SETUP, plan, running, task


async def test_an_intent_of_a_rule_that_was_removed_is_closed_and_not_carried_out(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    box = task(world, "spared")
    made = plan(world, tmp_path)
    assert isinstance(made.engine, DirectEngine)
    made.engine.script.next(Kind.KILL, Hang())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.run)
        world.use(box, Usage(pids=250))
        with trio.move_on_after(4):
            await supervise(made, trio.sleep_forever)
        world.use(box, Usage(pids=1))
        nursery.cancel_scope.cancel()
    without = replace(SETUP, rules=RuleSet(SETUP.rules.rules[:1]))
    async with running(world, tmp_path, setup=without) as monitor:
        await trio.sleep(30)
        assert monitor.ended() == []
        outcomes = monitor.numbers.capture().counts.counters["reactor_outcomes_total"]
        assert outcomes == {("kill", "refused", "no-rule"): 1}
    assert box.alive
