"""The start: what the last monitor intended is finished or closed."""

import pytest
import trio
from trio.testing import MockClock

from reactor.act.reopening import reopen
from reactor.core.decisions import Decision, Result, Why
from reactor.core.ports import EngineAnswered
from reactor.testing.faults import Fail, Fault, Hang, Kind

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
