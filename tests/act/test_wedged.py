"""Containers that the engine cannot end: nobody else waits for them, and they are not given up."""

import pytest
import trio
from trio.testing import MockClock

from reactor.act.config import ActConfig
from reactor.core.decisions import Result, Why
from reactor.core.ports import EngineAnswered
from reactor.testing.box import Box
from reactor.testing.faults import Delay, Fail, Hang, Kind, Swallow

from .build import Bench, acting


def wedged(bench: Bench, count: int, *, inspect_hangs: bool = False) -> list[Box]:
    """As a stopped shim: the kill hangs; the inspect does once a kill has the container's lock."""
    boxes = [bench.world.spawn() for _ in range(count)]
    for box in boxes:
        bench.world.wedge(box, inspect_hangs=inspect_hangs)
        bench.put(box)
    return boxes


async def test_when_they_are_in_quarantine_they_hold_nobody(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        wedged(bench, 100)
        await trio.sleep(40)
        assert bench.workers.statistics().quarantined == 100
        for _ in range(10):
            bench.put(bench.world.spawn())
        await trio.sleep(0.5)
        assert bench.kills() == [40.0] * 10


async def test_a_wedged_one_is_told_of_once_at_the_deadline(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        wedged(bench, 1)
        await trio.sleep(3600)
        assert bench.said() == [(15.0, Result.UNKNOWN, Why.WEDGED, False)]
        assert bench.journal.open_intents
        assert bench.workers.statistics().quarantined == 1
        assert len(bench.outcomes[0].calls) == 3


async def test_the_tries_in_quarantine_come_ever_more_rarely(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        wedged(bench, 1)
        await trio.sleep(3600)
        # A pause of up to 60 s and a kill of 15 s: about 48 an hour, and the first few come sooner.
        assert 46 <= bench.engine.script.counts[Kind.KILL] <= 53


async def test_what_hangs_at_the_inspect_is_never_killed_blindly(autojump_clock: MockClock) -> None:
    """Which run it is nobody says, so it is unknown, and unknown is no reason to act."""
    async with acting() as bench:
        wedged(bench, 1, inspect_hangs=True)
        await trio.sleep(600)
        assert bench.said() == [(5.0, Result.UNKNOWN, Why.WEDGED, False)]
        assert bench.engine.script.counts[Kind.KILL] == 0


async def test_one_that_is_freed_comes_to_its_end(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        (box,) = wedged(bench, 1)
        await trio.sleep(100)
        bench.world.free(box)
        await trio.sleep(61)
        assert not box.alive
        assert [(outcome.result, outcome.why) for outcome in bench.finals] == [(Result.DONE, Why.ENDED)]
        now = bench.workers.statistics()
        assert (now.quarantined, now.in_flight) == (0, 0)
        assert bench.journal.open_intents == []
        assert len(bench.world.history.effective()) == 1


async def test_one_that_vanishes_from_the_list_is_done(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        (box,) = wedged(bench, 1, inspect_hangs=True)
        await trio.sleep(20)
        bench.world.ground.boxes.pop(box.id)
        await trio.sleep(61)
        (outcome,) = bench.finals
        assert outcome.why is Why.GONE
        # In quarantine the list is asked first: an inspect would most likely hang.
        assert outcome.calls[-1].what == "list"


async def test_a_run_that_ended_while_its_kill_hung_is_done_at_the_deadline(
    autojump_clock: MockClock,
) -> None:
    async with acting() as bench:
        box = bench.world.spawn()
        bench.engine.script.next(Kind.KILL, Hang())
        bench.put(box)
        await trio.sleep(5)
        bench.world.exit(box)
        await trio.sleep(60)
        assert bench.said() == [(15.0, Result.DONE, Why.ENDED, True)]


async def test_a_second_try_does_not_wait_for_those_in_quarantine(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        wedged(bench, 50)
        await trio.sleep(100)
        bench.engine.script.next(Kind.KILL, Fail(EngineAnswered(500, "no")))
        bench.put(bench.world.spawn())
        await trio.sleep(0.3)
        assert bench.kills() == [pytest.approx(100.2)]


async def test_the_retry_after_a_swallowed_answer_leaves_the_next_run_alone(
    autojump_clock: MockClock,
) -> None:
    """The kill worked, its answer was lost, somebody started the container again: that run is healthy."""
    async with acting() as bench:
        box = bench.world.spawn()
        bench.engine.script.next(Kind.KILL, Swallow())
        bench.engine.script.next(Kind.INSPECT, Delay(0))
        bench.engine.script.next(Kind.INSPECT, Delay(1))
        bench.put(box)
        await trio.sleep(0.1)
        bench.world.start(box)
        (outcome,) = await bench.finish()
        await trio.sleep(5)
        assert box.alive
        assert outcome.why is Why.ENDED
        assert bench.world.history.doubled() == []
        assert [container.run for container in bench.returned] == [box.run]


async def test_the_retry_after_a_hanging_kill_leaves_the_next_run_alone(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        box = bench.world.spawn()
        bench.engine.script.next(Kind.KILL, Hang())
        bench.put(box)
        await trio.sleep(15.5)
        assert bench.said()[-1] == (15.0, Result.UNKNOWN, Why.WEDGED, False)
        bench.world.exit(box)
        bench.world.start(box)
        await trio.sleep(5)
        assert box.alive
        assert [outcome.why for outcome in bench.finals] == [Why.ENDED]
        assert bench.kills() == []


async def test_a_full_quarantine_gives_up_aloud(autojump_clock: MockClock) -> None:
    async with acting(ActConfig(quarantine_room=3)) as bench:
        wedged(bench, 5)
        await trio.sleep(60)
        assert [(o.result, o.why) for o in bench.finals] == [(Result.FAILED, Why.GIVEN_UP)] * 2
        assert bench.workers.statistics().quarantined == 3


async def test_few_are_tried_at_once_in_quarantine(autojump_clock: MockClock) -> None:
    async with acting(ActConfig(quarantine_slots=2)) as bench:
        wedged(bench, 50)
        await trio.sleep(100)
        before = bench.engine.script.counts[Kind.KILL]
        await trio.sleep(150)
        # Two at a time, 15 s each: 20 in 150 s, and some that had begun before.
        assert 18 <= bench.engine.script.counts[Kind.KILL] - before <= 22


async def test_waiting_for_empty_does_not_wait_for_the_quarantine(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        wedged(bench, 2)
        bench.put(bench.world.spawn())
        await bench.workers.wait_empty()
        assert trio.current_time() == pytest.approx(15.0)
        assert len(bench.finals) == 1
