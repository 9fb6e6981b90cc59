"""Engines that answer oddly, refuse, or are not there."""

import pytest
import trio
from trio.testing import MockClock

from reactor.act.config import ActConfig
from reactor.core.decisions import Result, Why
from reactor.core.ports import EngineAnswered, EngineForbids
from reactor.testing.direct import DirectEngine
from reactor.testing.faults import Delay, Fail, Hang, Kind, Swallow
from reactor.testing.world import World

from .build import OddEngine, acting, decide


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (204, Why.ENDED),
        (500, Why.ENDED),  # also what one engine says of a container that is not running
        (304, Why.ALREADY_OVER),
        (404, Why.ALREADY_OVER),
        (409, Why.ALREADY_OVER),
    ],
)
async def test_a_status_is_no_proof_and_a_look_is(autojump_clock: MockClock, status: int, why: Why) -> None:
    """Whatever the call was answered with, the run is over: that is done, and whose doing it was is told."""
    engine = OddEngine(World())
    engine.answers.append((status, True))
    async with acting(engine=engine) as bench:
        bench.put(bench.world.spawn())
        (outcome,) = await bench.finish()
        assert (outcome.result, outcome.why) == (Result.DONE, why)
        assert len(bench.kills()) == 1


@pytest.mark.parametrize("status", [204, 304, 404, 409, 500])
async def test_a_call_without_effect_is_made_again(autojump_clock: MockClock, status: int) -> None:
    engine = OddEngine(World())
    engine.answers.append((status, False))
    async with acting(engine=engine) as bench:
        bench.put(bench.world.spawn())
        (outcome,) = await bench.finish()
        assert outcome.why is Why.ENDED
        assert len(bench.kills()) == 1
        assert bench.workers.statistics().retries == 1


async def test_the_pauses_between_tries_grow_and_then_comes_the_quarantine(autojump_clock: MockClock) -> None:
    async with acting(ActConfig(tries=3)) as bench:
        bench.engine.script.next(Kind.KILL, Fail(EngineAnswered(500, "no")), times=5)
        bench.put(bench.world.spawn())
        await trio.sleep(60)
        # Tries at 0, 0.2 and 0.6; then in quarantine after 1, 2 and 4 s.
        assert [(round(at, 3), why) for at, _, why, _ in bench.said()] == [
            (0.6, Why.WEDGED),
            (7.6, Why.ENDED),
        ]


async def test_jitter_makes_pauses_shorter(autojump_clock: MockClock) -> None:
    async with acting(jitter=lambda: 1.0) as bench:
        bench.engine.script.next(Kind.KILL, Fail(EngineAnswered(500, "no")))
        bench.put(bench.world.spawn())
        (outcome,) = await bench.finish()
        assert outcome.at == pytest.approx(0.1)


async def test_an_inspect_that_fails_is_no_reason_to_act(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        bench.engine.script.next(Kind.INSPECT, Fail(EngineAnswered(500, "RWLayer is nil")), times=2)
        bench.put(bench.world.spawn())
        (outcome,) = await bench.finish()
        assert bench.kills() == [pytest.approx(0.6)]
        assert outcome.why is Why.ENDED


async def test_where_an_inspect_fails_the_list_may_know(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        bench.engine.script.always(Kind.INSPECT, Fail(EngineAnswered(500, "RWLayer is nil")))
        box = bench.world.spawn()
        bench.world.exit(box)
        await trio.sleep(1)
        bench.put(box)
        (outcome,) = await bench.finish()
        assert outcome.why is Why.ALREADY_OVER


async def test_a_verification_that_hangs_falls_back_to_the_list(autojump_clock: MockClock) -> None:
    async with acting(ActConfig(verify_deadline=2.0)) as bench:
        bench.engine.script.next(Kind.INSPECT, Delay(0))
        bench.engine.script.next(Kind.INSPECT, Hang())
        bench.put(bench.world.spawn())
        (outcome,) = await bench.finish()
        assert (outcome.at, outcome.why) == (2.0, Why.ENDED)
        assert [(call.what, call.took) for call in outcome.calls] == [
            ("inspect", 0.0),
            ("kill", 0.0),
            ("inspect", 2.0),
            ("list", 0.0),
        ]


async def test_an_engine_that_forbids_is_final_and_told(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        bench.engine.script.next(Kind.KILL, Fail(EngineForbids("a proxy denies us the kill")))
        bench.put(bench.world.spawn())
        (outcome,) = await bench.finish()
        assert (outcome.result, outcome.why) == (Result.FAILED, Why.FORBIDDEN)
        assert outcome.detail == "a proxy denies us the kill"
        assert bench.kills() == []


async def test_an_unreachable_engine_is_told_of_once_and_tried_until_it_answers(
    autojump_clock: MockClock,
) -> None:
    async with acting() as bench:
        box = bench.world.spawn()
        bench.world.crash()
        bench.put(box)
        await trio.sleep(100)
        assert bench.said() == [(0.0, Result.UNKNOWN, Why.UNREACHABLE, False)]
        assert bench.workers.statistics().waiting == 1
        bench.world.boot(live_restore=True)
        await trio.sleep(5)
        assert [outcome.why for outcome in bench.finals] == [Why.ENDED]
        assert len(bench.kills()) == 1
        assert bench.workers.statistics().waiting == 0


async def test_when_the_engine_is_back_a_drain_waits_for_the_kill(autojump_clock: MockClock) -> None:
    async with acting(engine=DirectEngine(World(kill_takes=3.0))) as bench:
        box = bench.world.spawn()
        bench.world.crash()
        bench.put(box)
        await bench.workers.wait_empty()
        await trio.sleep(100 - trio.current_time())
        bench.world.boot(live_restore=True)
        bench.workers.nudge()
        await trio.sleep(1)
        await bench.workers.wait_empty()
        assert trio.current_time() == pytest.approx(103)
        assert [outcome.why for outcome in bench.finals] == [Why.ENDED]


async def test_a_nudge_spares_the_pause(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        boxes = [bench.world.spawn() for _ in range(30)]
        bench.world.crash()
        for box in boxes:
            bench.put(box)
        await trio.sleep(100)
        bench.world.boot(live_restore=True)
        bench.workers.nudge()
        await trio.sleep(0.01)
        assert bench.kills() == [100.0] * 30


async def test_a_run_that_ended_with_the_engine_is_over(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        over, back = bench.world.spawn(), bench.world.spawn(restart_policy="always")
        bench.world.crash()
        bench.put(over)
        bench.put(back)
        await trio.sleep(10)
        bench.world.boot()
        await bench.workers.wait_empty()
        await trio.sleep(6)
        assert {outcome.decision.run.id: outcome.why for outcome in bench.finals} == {
            over.id: Why.ALREADY_OVER,
            back.id: Why.STALE,
        }
        assert bench.asked() == []
        assert back.alive


async def test_an_answer_that_was_lost_is_made_good_by_a_look(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        bench.engine.script.next(Kind.KILL, Swallow())
        bench.put(bench.world.spawn())
        (outcome,) = await bench.finish()
        assert (outcome.at, outcome.why) == (0.0, Why.ENDED)
        assert len(bench.kills()) == 1


async def test_an_engine_that_dies_in_the_middle_of_a_kill_is_asked_again(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        box = bench.world.spawn()
        bench.engine.script.next(Kind.KILL, Delay(0.5))
        bench.put(box)
        await trio.sleep(0.2)
        bench.world.crash()
        await trio.sleep(30)
        bench.world.boot(live_restore=True)
        await trio.sleep(6)
        assert [why for _, _, why, _ in bench.said()] == [Why.UNREACHABLE, Why.ENDED]
        assert len(bench.kills()) == 1


async def test_a_whole_engine_that_hangs_is_unreachable_and_no_container_wedged(
    autojump_clock: MockClock,
) -> None:
    async with acting() as bench:
        for kind in (Kind.INSPECT, Kind.LIST, Kind.KILL):
            bench.engine.script.always(kind, Hang())
        box = bench.world.spawn()
        bench.put(box)
        await trio.sleep(60)
        assert [why for _, _, why, _ in bench.said()] == [Why.UNREACHABLE]
        for kind in (Kind.INSPECT, Kind.LIST, Kind.KILL):
            bench.engine.script.always(kind, None)
        await trio.sleep(20)
        assert [outcome.why for outcome in bench.finals] == [Why.ENDED]


async def test_an_outage_does_not_use_up_the_tries(autojump_clock: MockClock) -> None:
    async with acting(engine=DirectEngine(World())) as bench:
        box = bench.world.spawn()
        bench.world.crash()
        bench.workers.put(decide(box.run))
        await trio.sleep(300)
        bench.world.boot(live_restore=True)
        bench.engine.script.next(Kind.KILL, Fail(EngineAnswered(500, "not yet")), times=2)
        await trio.sleep(30)
        assert [why for _, _, why, _ in bench.said()] == [Why.UNREACHABLE, Why.ENDED]
