"""The start: what the last monitor intended is finished or closed."""

import pytest
import trio
from trio.testing import MockClock

from reactor.act.reopening import reopen
from reactor.core.decisions import Decision, Result, Why
from reactor.core.ports import EngineAnswered
from reactor.core.verbs import Action
from reactor.testing.faults import Fail, Fault, Hang, Kind
from reactor.testing.history import What
from reactor.testing.tasks import Sleeps

from .build import acting, decide


async def test_what_is_over_is_closed_and_what_is_alive_is_ended(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        alive, over, gone, later = (bench.world.spawn() for _ in range(4))
        intents = [decide(box.run) for box in (alive, over, gone, later)]
        bench.world.exit(over)
        bench.world.remove(gone, force=True)
        await trio.sleep(1)
        bench.world.exit(later)
        bench.world.start(later)
        await trio.sleep(1)
        closed = await reopen(intents, bench.engine, bench.journal, bench.workers.put)
        await bench.finish()
        assert [(outcome.decision, outcome.why) for outcome in closed] == [
            (intents[1], Why.ALREADY_OVER),
            (intents[2], Why.GONE),
        ]
        assert {outcome.decision.id: (outcome.result, outcome.why) for outcome in bench.finals} == {
            intents[0].id: (Result.DONE, Why.ENDED),
            intents[3].id: (Result.REFUSED, Why.STALE),
        }
        assert [decision for decision in intents if decision.id in open_ids(bench.journal.open_intents)] == []
        assert len(bench.journal.concluded) == 4
        assert later.alive


@pytest.mark.parametrize(
    ("goes_on", "at", "calls"),
    [(True, 4.0, []), (False, 4.75, [What.KILL])],
    ids=["the engine goes on with it", "the engine died over it"],
)
async def test_what_was_told_to_stop_is_not_told_so_again(
    autojump_clock: MockClock, goes_on: bool, at: float, calls: list[What]
) -> None:
    """It has its grace, and two seconds more in which the engine may do it, counted from the first word."""
    async with acting() as bench:
        deaf, other = bench.world.spawn(Sleeps()), bench.world.spawn(Sleeps())
        if goes_on:
            bench.world.stop(deaf, 4.0)
        await trio.sleep(1)
        intent, fresh = (decide(box.run, Action.STOP, grace=3.0) for box in (deaf, other))
        await reopen([intent, fresh], bench.engine, bench.journal, bench.workers.put, asked={intent.id: 0.0})
        await bench.finish()
        ends = {outcome.decision.id: (outcome.at, outcome.why) for outcome in bench.finals}
        # Of the other one nobody knows that it was asked: it gets its whole grace.
        assert ends == {intent.id: (pytest.approx(at, abs=0.25), Why.ENDED), fresh.id: (4.0, Why.ENDED)}
        assert [what for _, what, run in bench.asked() if run == deaf.run] == calls
        assert list(bench.journal.asked) == [fresh.id]


def open_ids(intents: list[Decision]) -> set[str]:
    return {decision.id for decision in intents}


async def test_nothing_open_asks_nothing(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        assert await reopen((), bench.engine, bench.journal, bench.workers.put) == ()
        assert sum(bench.engine.script.counts.values()) == 0


@pytest.mark.parametrize("fault", [Hang(), Fail(EngineAnswered(500, "no"))])
async def test_an_engine_that_cannot_say_leaves_it_to_the_workers(
    autojump_clock: MockClock, fault: Fault
) -> None:
    async with acting() as bench:
        box = bench.world.spawn()
        bench.engine.script.next(Kind.LIST, fault)
        assert await reopen([decide(box.run)], bench.engine, bench.journal, bench.workers.put) == ()
        await bench.finish()
        assert [outcome.why for outcome in bench.finals] == [Why.ENDED]


async def test_a_dry_monitor_does_not_finish_what_an_armed_one_began(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        box = bench.world.spawn()
        await reopen([decide(box.run)], bench.engine, bench.journal, bench.workers.put, dry_run=True)
        await bench.finish()
        assert [outcome.why for outcome in bench.finals] == [Why.DRY_RUN]
        assert box.alive
