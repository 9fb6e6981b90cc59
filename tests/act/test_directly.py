"""Direct ends: as soon as the intent is written, before the engine is asked, and nothing stays frozen."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import MockClock

from reactor.act.case import Guard
from reactor.act.config import ActConfig
from reactor.act.reopening import reopen
from reactor.core.container import Container
from reactor.core.decisions import Decision, Result, Why
from reactor.core.verbs import Action
from reactor.testing.direct import BY, DirectEngine
from reactor.testing.direct_ends import DirectEnds
from reactor.testing.history import What
from reactor.testing.world import World

from .build import Bench, Notebook, acting, anybody
from .test_cancelling import MOST_STEPS, Tripwire


@asynccontextmanager
async def containing(
    world: World | None = None,
    *,
    journal: Notebook | None = None,
    guard: Guard = anybody,
    config: ActConfig | None = None,
) -> AsyncIterator[tuple[Bench, DirectEnds]]:
    """Workers who may end runs of their world directly, and know all of them."""
    world = world or World(kill_takes=0.2)
    engine, ends = DirectEngine(world), DirectEnds(world)
    async with acting(config, guard=guard, journal=journal, engine=engine, containment=ends) as bench:
        yield bench, ends


def calls(bench: Bench) -> list[str]:
    """What is on record of the only decision."""
    (outcome,) = bench.finals
    return [call.what for call in outcome.calls]


async def test_it_is_over_before_the_engine_is_asked(autojump_clock: MockClock) -> None:
    """After the intent was written, and before it is synced: the end is ours, and seen to be."""
    async with containing(journal=Notebook(takes=0.09, writes=0.005)) as (bench, ends):
        box, near = bench.world.spawn(), bench.world.spawn()
        bench.put(box, contain=True)
        await trio.sleep(0.01)
        assert ends.ended == [box.run]
        assert not box.alive
        (outcome,) = await bench.finish()
        assert (outcome.result, outcome.why, outcome.contained) == (Result.DONE, Why.ENDED, True)
        assert calls(bench) == ["contain by cgroup.kill", "inspect"]
        assert outcome.calls[0].began == pytest.approx(0.005)
        assert bench.asked() == []
        assert near.alive
        assert bench.workers.statistics().contained == {("cgroup.kill", "ended"): 1}


async def test_where_the_intent_outlives_us_at_once_it_is_over_in_the_same_turn(
    autojump_clock: MockClock,
) -> None:
    """Before whoever decided gets to say, write or count anything; no disk has a say in it."""
    async with containing(journal=Notebook(takes=100, writes=100, slips=True)) as (bench, ends):
        box, near = bench.world.spawn(), bench.world.spawn()
        policed = bench.world.spawn(restart_policy="always")
        run = policed.run
        bench.put(box, contain=True)
        assert (ends.ended, box.alive) == ([box.run], False)
        bench.put(policed, contain=True)
        assert ends.frozen == {run}, "it is on record, too"
        await bench.finish()
        assert (ends.frozen, ends.thawed, near.alive) == (set(), [run], True)
        assert [outcome.contained for outcome in bench.finals] == [True, False]
        assert all(outcome.calls[0].began == outcome.decision.at for outcome in bench.finals)


async def test_a_journal_that_is_written_after_the_end_of_those_who_act_ends_nobody(
    autojump_clock: MockClock,
) -> None:
    """It has the last word when a monitor stops, and nobody is there any more who could thaw."""
    late: list[Callable[[], None]] = []

    class Late(Notebook):
        def intend(
            self, decision: Decision, began: float, on_written: Callable[[], None] | None = None
        ) -> Awaitable[bool]:
            if on_written is not None:
                late.append(on_written)
            return super().intend(decision, began)

    async with containing(journal=Late(takes=100)) as (bench, ends):
        box, policed = bench.world.spawn(), bench.world.spawn(restart_policy="always")
        for each in (box, policed):
            bench.put(each, contain=True)
        await trio.sleep(0.01)
    for written in late:
        written()
    assert (len(late), ends.ended, ends.frozen, box.alive) == (2, [], set(), True)


@pytest.mark.parametrize(("dies_for", "asked"), [(0.03, 0.03), (1e6, ActConfig().dying)])
async def test_the_engine_is_asked_when_they_are_gone_or_take_too_long(
    autojump_clock: MockClock, dies_for: float, asked: float
) -> None:
    """It would take the processors from those who die. A neighbour's kill does not wait for that."""
    async with containing(journal=Notebook(slips=True), config=ActConfig(kill_slots=1)) as (bench, ends):
        ends.dies_for = dies_for
        box, other = bench.world.spawn(), bench.world.spawn()
        bench.put(box, contain=True)
        bench.put(other)
        await bench.finish()
        told = {outcome.decision.run: outcome for outcome in bench.finals}
        began = told[box.run].decision.at
        assert [call.began - began for call in told[box.run].calls] == pytest.approx([0.0, asked])
        assert told[other.run].calls[0].began == told[other.run].decision.at
        assert {outcome.why for outcome in told.values()} == {Why.ENDED}


async def test_what_does_not_ask_for_it_is_left_to_the_engine(autojump_clock: MockClock) -> None:
    async with containing() as (bench, ends):
        boxes = [bench.world.spawn() for _ in range(3)]
        bench.put(boxes[0])
        bench.put(boxes[1], dry_run=True, contain=True)
        await bench.finish()
        assert ends.ended == []
        assert [box.alive for box in boxes] == [False, True, True]


async def test_who_is_not_held_is_ended_by_the_engine(autojump_clock: MockClock) -> None:
    async with containing() as (bench, ends):
        box = bench.world.spawn()
        ends.lost.add(box.run)
        bench.put(box, contain=True)
        (outcome,) = await bench.finish()
        assert (outcome.why, outcome.contained) == (Why.ENDED, False)
        assert calls(bench) == ["contain", "inspect", "kill", "inspect"]
        assert outcome.calls[0].note == "nothing of it is held"


async def test_who_is_spared_at_the_last_moment_is_not_touched(autojump_clock: MockClock) -> None:
    def nobody(container: Container, decision: Decision) -> bool:
        return False

    async with containing(guard=nobody) as (bench, ends):
        box = bench.world.spawn()
        bench.put(box, contain=True)
        (outcome,) = await bench.finish()
        assert (outcome.why, ends.ended, box.alive) == (Why.PROTECTED, [], True)


async def test_who_is_paused_is_left_to_the_engine(autojump_clock: MockClock) -> None:
    async with containing() as (bench, ends):
        box = bench.world.spawn()
        bench.world.pause(box)
        bench.put(box, contain=True)
        (outcome,) = await bench.finish()
        assert (outcome.why, ends.ended, ends.thawed) == (Why.ENDED, [], [])


async def test_a_later_run_is_not_touched(autojump_clock: MockClock) -> None:
    async with containing() as (bench, ends):
        box = bench.world.spawn()
        first = box.run
        bench.world.exit(box)
        await trio.sleep(1)
        bench.world.start(box)
        bench.put_run(first, contain=True)
        (outcome,) = await bench.finish()
        assert (outcome.why, ends.ended, box.alive) == (Why.STALE, [], True)


async def test_who_would_come_back_is_frozen_until_the_engine_was_asked(autojump_clock: MockClock) -> None:
    """An end past the engine would be a restart; this way there is none, and it is not left in the ice."""
    async with containing() as (bench, ends):
        box = bench.world.spawn(restart_policy="always")
        run = box.run
        bench.put(box, contain=True)
        await trio.sleep(0.1)
        assert ends.frozen == {run}
        (outcome,) = await bench.finish()
        await trio.sleep(5)
        assert (outcome.why, outcome.contained, box.alive) == (Why.ENDED, False, False)
        assert (ends.frozen, ends.thawed, bench.returned) == (set(), [run], [])
        # A thaw before the call is answered would be too early: it might end as if by itself.
        assert calls(bench) == ["contain by freezer", "inspect", "kill", "thaw", "inspect"]


async def test_a_wedged_one_is_thawed_when_its_call_is_given_up(autojump_clock: MockClock) -> None:
    async with containing() as (bench, ends):
        box = bench.world.spawn(restart_policy="always")
        bench.world.wedge(box, inspect_hangs=False)
        bench.put(box, contain=True)
        await trio.sleep(14)
        assert ends.frozen == {box.run}
        await trio.sleep(2)
        assert ends.frozen == set()
        bench.world.free(box)


async def test_a_queue_for_slots_delays_no_direct_end(autojump_clock: MockClock) -> None:
    """Thirty wedged ones hold all places; who comes then is over at once."""
    async with containing() as (bench, _):
        stuck = [bench.world.spawn() for _ in range(100)]
        for box in stuck:
            bench.world.wedge(box)
            bench.put(box)
        await trio.sleep(1)
        late = bench.world.spawn()
        began = trio.current_time()
        bench.put(late, contain=True)
        await late.over.wait()
        assert trio.current_time() - began < 0.001
        for box in stuck:
            bench.world.free(box)


async def test_a_disk_that_stalls_does_not_save_it(autojump_clock: MockClock) -> None:
    async with containing(journal=Notebook(takes=100, writes=100)) as (bench, _):
        box = bench.world.spawn()
        bench.put(box, contain=True)
        await box.over.wait()
        assert trio.current_time() == pytest.approx(0.1)


async def test_a_disk_that_stalls_has_nobody_frozen(autojump_clock: MockClock) -> None:
    """If we died then, the next monitor would not know of it: the engine's kill is soon enough."""
    async with containing(journal=Notebook(takes=100, writes=100)) as (bench, ends):
        box = bench.world.spawn(restart_policy="always")
        bench.put(box, contain=True)
        (outcome,) = await bench.finish()
        assert (outcome.why, ends.frozen, ends.thawed, box.alive) == (Why.ENDED, set(), [], False)
        assert outcome.calls[0].note == "without a record nobody is frozen"


async def test_strict_ends_nobody_without_an_intent(autojump_clock: MockClock) -> None:
    journal, config = Notebook(takes=100, writes=100), ActConfig(strict=True)
    async with containing(journal=journal, config=config) as (bench, ends):
        box = bench.world.spawn()
        bench.put(box, contain=True)
        (outcome,) = await bench.finish()
        assert (outcome.why, ends.ended, box.alive) == (Why.STRICT, [], True)


async def test_the_kill_overtakes_a_stop_and_both_are_told_once(autojump_clock: MockClock) -> None:
    async with containing() as (bench, ends):
        box = bench.world.spawn()
        bench.put(box, Action.STOP, grace=30)
        await trio.sleep(1)
        bench.put(box, contain=True)
        outcomes = await bench.finish()
        assert sorted(outcome.why for outcome in outcomes) == [Why.ALREADY_OVER, Why.ENDED]
        assert ends.ended == [box.run]


async def cut_short(world: World, journal: Notebook, steps: int) -> tuple[DirectEnds, bool]:
    """End one directly and freeze another, until cancelled; whether it came to the end before."""
    wire = Tripwire(steps)
    with wire.scope:
        async with containing(world, journal=journal) as (bench, ends):
            trio.lowlevel.add_instrument(wire)
            try:
                bench.put(world.spawn(), contain=True)
                bench.put(world.spawn(restart_policy="always"), contain=True)
                await bench.finish()
                await trio.sleep(2)
            finally:
                trio.lowlevel.remove_instrument(wire)
    return ends, not wire.scope.cancelled_caught


@pytest.mark.parametrize("slips", [False, True])
async def test_wherever_it_is_cancelled_nothing_is_frozen_and_nobody_acted_unwritten(
    autojump_clock: MockClock, *, slips: bool
) -> None:
    """And the next monitor ends what is left, each run once."""
    contained = 0
    for steps in range(1, MOST_STEPS):
        world, journal = World(kill_takes=0.2), Notebook(takes=0.01, writes=0.002, slips=slips)
        ends, finished = await cut_short(world, journal, steps)
        intended = {decision.run for _, decision in journal.intended}
        assert ends.frozen == set()
        assert {*ends.ended, *ends.thawed} <= intended
        contained += bool(ends.ended) and not finished
        open_intents = journal.open_intents
        async with containing(world, journal=journal) as (later, _):
            closed = await reopen(open_intents, later.engine, journal, later.workers.put)
            closed += tuple(await later.finish())
        # Who was ended directly and has no outcome yet is closed by looking, and not ended a second time.
        told = {each.decision.run: each.why for each in closed}
        assert all(told[run] is Why.ALREADY_OVER for run in ends.ended if run in told)
        assert all(not box.alive for box in world.boxes if box.run in intended)
        kills = [
            entry.run for entry in world.history.asked(BY) if entry.what is What.KILL and entry.effective
        ]
        assert len(set(kills)) == len(kills)
        assert journal.open_intents == []
        if finished:
            break
    assert finished
    assert contained > 5
