"""A monitor that is ended at any point: the journal then says what the next one has to do."""

from dataclasses import dataclass, field

import pytest
import trio
from trio.testing import MockClock

from reactor.act.reopening import reopen
from reactor.core.decisions import Why
from reactor.core.verbs import Action
from reactor.testing.direct import BY, DirectEngine
from reactor.testing.history import What
from reactor.testing.tasks import Serves
from reactor.testing.world import World

from .build import Bench, Notebook, acting

MOST_STEPS = 400


@dataclass(eq=False)
class Tripwire(trio.abc.Instrument):
    """Cancels after so many steps of any task."""

    steps: int
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        del task
        self.steps -= 1
        if self.steps == 0:
            self.scope.cancel()


async def cut_short(world: World, journal: Notebook, steps: int) -> tuple[Bench, bool]:
    """Kill one container and stop another, until cancelled; whether it came to the end before."""
    wire = Tripwire(steps)
    with wire.scope:
        async with acting(journal=journal, engine=DirectEngine(world)) as bench:
            trio.lowlevel.add_instrument(wire)
            try:
                bench.put(world.spawn())
                bench.put(world.spawn(Serves(polite=0.5)), Action.STOP, grace=3)
                await bench.finish()
                await trio.sleep(2)
            finally:
                trio.lowlevel.remove_instrument(wire)
    return bench, not wire.scope.cancelled_caught


async def test_wherever_it_is_cancelled_the_next_monitor_can_go_on(autojump_clock: MockClock) -> None:
    seen_open = 0
    for steps in range(1, MOST_STEPS):
        world, journal = World(kill_takes=0.2), Notebook(takes=0.01)
        bench, finished = await cut_short(world, journal, steps)
        # What was told was written, and nothing was done that was not intended before.
        assert bench.outcomes == journal.concluded
        intended = {decision.run for _, decision in journal.intended}
        assert {entry.run for entry in world.history.asked(BY)} <= intended
        open_intents = journal.open_intents
        seen_open += len(open_intents)
        async with acting(journal=journal, engine=DirectEngine(world)) as later:
            await reopen(open_intents, later.engine, journal, later.workers.put, asked=journal.asked)
            await later.finish()
        assert journal.open_intents == []
        assert all(not box.alive for box in world.boxes if box.run in intended)
        # What is shutting down already is not told to once more: to many that means to leave everything.
        stopped = [entry.run for entry in world.history.asked(BY) if entry.what is What.STOP]
        assert len(set(stopped)) == len(stopped)
        assert len({entry.run for entry in world.history.deaths()}) == len(world.history.deaths())
        if finished:
            break
    assert finished
    assert seen_open > 20


async def test_a_drain_lets_the_kill_in_flight_finish(autojump_clock: MockClock) -> None:
    async with acting(engine=DirectEngine(World(kill_takes=3.0))) as bench:
        bench.put(bench.world.spawn())
        await trio.sleep(1)
        with trio.move_on_after(10):
            await bench.workers.wait_empty()
        assert trio.current_time() == pytest.approx(3.0)
        assert [outcome.why for outcome in bench.journal.concluded] == [Why.ENDED]


async def test_a_drain_that_takes_too_long_leaves_an_open_intent(autojump_clock: MockClock) -> None:
    journal = Notebook()
    async with acting(journal=journal, engine=DirectEngine(World(kill_takes=30.0))) as bench:
        decision = bench.put(bench.world.spawn())
        await trio.sleep(1)
        with trio.move_on_after(5):
            await bench.workers.wait_empty()
    assert journal.open_intents == [decision]
