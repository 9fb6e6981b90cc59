"""A decision that goes as it should, and the reasons for leaving a run alone."""

import trio
from trio.testing import MockClock

from reactor.act.config import ActConfig
from reactor.core.container import Container, ContainerId, Run
from reactor.core.decisions import Decision, Result, Why
from reactor.core.verbs import Action
from reactor.testing.direct import DirectEngine
from reactor.testing.faults import Delay, Kind
from reactor.testing.history import What
from reactor.testing.tasks import CannotStart, Exits
from reactor.testing.world import World

from .build import Notebook, acting, anybody, decide


async def test_a_kill_is_intended_made_verified_and_told(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        box = bench.world.spawn()
        decision = bench.put(box)
        (outcome,) = await bench.finish()
        assert (outcome.result, outcome.why, outcome.final) == (Result.DONE, Why.ENDED, True)
        assert outcome.decision is decision
        assert [(call.what, call.status) for call in outcome.calls] == [
            ("inspect", 200),
            ("kill", 204),
            ("inspect", 200),
        ]
        assert bench.journal.intended == [(0.0, decision)]
        assert bench.journal.concluded == [outcome]
        assert not box.alive


async def test_the_intent_is_written_before_the_call(autojump_clock: MockClock) -> None:
    async with acting(journal=Notebook(takes=0.03)) as bench:
        bench.put(bench.world.spawn())
        await bench.finish()
        assert bench.kills() == [0.03]


async def test_a_slow_journal_holds_a_kill_for_a_tenth_of_a_second(autojump_clock: MockClock) -> None:
    """A victim that saturates the disk does not save itself that way."""
    async with acting(journal=Notebook(takes=60)) as bench:
        bench.put(bench.world.spawn())
        (outcome,) = await bench.finish()
        assert bench.kills() == [0.1]
        assert outcome.why is Why.ENDED


async def test_strict_does_not_act_without_a_journal(autojump_clock: MockClock) -> None:
    async with acting(ActConfig(strict=True), journal=Notebook(takes=60)) as bench:
        box = bench.world.spawn()
        bench.put(box)
        await bench.finish()
        assert bench.said() == [(0.1, Result.REFUSED, Why.STRICT, True)]
        assert bench.asked() == []
        assert box.alive


async def test_a_dry_run_asks_the_engine_nothing(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        bench.put(bench.world.spawn(), dry_run=True)
        await bench.finish()
        assert bench.said() == [(0.0, Result.REFUSED, Why.DRY_RUN, True)]
        assert sum(bench.engine.script.counts.values()) == 0
        assert bench.journal.intended == []
        assert len(bench.journal.concluded) == 1


async def test_the_same_decision_twice_is_done_once(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        box = bench.world.spawn()
        for _ in range(5):
            bench.put(box)
        await bench.finish()
        assert len(bench.kills()) == 1
        assert len(bench.finals) == 1
        assert bench.workers.statistics().repeats == 4


async def test_when_it_is_done_the_same_may_be_decided_anew(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        box = bench.world.spawn()
        bench.put(box)
        await bench.finish()
        bench.put(box)
        await bench.finish()
        assert [outcome.why for outcome in bench.finals] == [Why.ENDED, Why.ALREADY_OVER]
        assert len(bench.kills()) == 1


async def test_a_main_is_killed_before_its_sidecars(autojump_clock: MockClock) -> None:
    """The calls go out in the order of the decisions, whatever order trio runs tasks in."""
    for _ in range(20):
        async with acting() as bench:
            boxes = [bench.world.spawn() for _ in range(25)]
            for box in boxes:
                bench.put(box)
            await bench.finish()
            assert [run for _, _, run in bench.asked()] == [box.run for box in boxes]


async def test_a_later_run_of_the_container_is_left_alone(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        box = bench.world.spawn()
        old = box.run
        await trio.sleep(1)
        bench.world.exit(box)
        bench.world.start(box)
        bench.workers.put(decide(old))
        await bench.finish()
        assert [outcome.why for outcome in bench.finals] == [Why.STALE]
        assert bench.asked() == []
        assert box.alive


async def test_a_container_that_is_named_like_the_victims_id_is_left_alone(autojump_clock: MockClock) -> None:
    """The engine resolves names, too: after the removal another one answers to the full id."""
    async with acting() as bench:
        box = bench.world.spawn()
        old = box.run
        bench.world.remove(box, force=True)
        other = bench.world.spawn(name=old.id)
        bench.workers.put(decide(old))
        await bench.finish()
        assert [(outcome.result, outcome.why) for outcome in bench.finals] == [(Result.REFUSED, Why.IMPOSTOR)]
        assert bench.asked() == []
        assert other.alive


async def test_what_is_gone_or_over_needs_no_kill(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        gone, over, unborn = bench.world.spawn(), bench.world.spawn(Exits(after=1.0)), bench.world.create()
        run = gone.run
        bench.world.remove(gone, force=True)
        await trio.sleep(2)
        bench.workers.put(decide(run))
        bench.put(over)
        bench.put(unborn)
        await bench.finish()
        assert [(outcome.result, outcome.why) for outcome in bench.finals] == [
            (Result.DONE, Why.GONE),
            (Result.DONE, Why.ALREADY_OVER),
            (Result.DONE, Why.ALREADY_OVER),
        ]
        assert bench.asked() == []


async def test_the_guard_has_the_last_word(autojump_clock: MockClock) -> None:
    """It is asked about the container as it is now, not as it was when it was decided."""
    asked: list[tuple[Container, Decision]] = []

    def guard(container: Container, decision: Decision) -> bool:
        asked.append((container, decision))
        return "reactor.skip" not in container.labels

    async with acting(guard=guard) as bench:
        box = bench.world.spawn(labels={"reactor.skip": ""})
        decision = bench.put(box)
        (outcome,) = await bench.finish()
        assert (outcome.result, outcome.why) == (Result.REFUSED, Why.PROTECTED)
        assert [(container.run, one) for container, one in asked] == [(box.run, decision)]
        assert bench.asked() == []


async def test_a_paused_and_a_restarting_container_are_ended(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        paused = bench.world.spawn()
        bench.world.pause(paused)
        looping = bench.world.spawn(Exits(after=0.1, code=1), restart_policy="always")
        await trio.sleep(0.15)
        assert looping.state == "restarting"
        bench.put(paused)
        bench.put(looping)
        await bench.finish()
        assert [outcome.why for outcome in bench.finals] == [Why.ENDED, Why.ENDED]
        await trio.sleep(60)
        assert not paused.alive
        assert not looping.alive
        assert bench.returned == []


async def test_a_container_removed_at_its_end_is_not_inspected_then(autojump_clock: MockClock) -> None:
    """Some engines fall over an inspect that meets the removal, with the container's lock in hand."""
    async with acting() as bench:
        bench.put(bench.world.spawn(auto_remove=True))
        (outcome,) = await bench.finish()
        await trio.sleep(5)
        assert outcome.why is Why.ENDED
        assert bench.engine.script.counts[Kind.INSPECT] == 1
        assert bench.engine.script.counts[Kind.LIST] >= 1


async def test_a_list_that_lags_behind_is_looked_at_again(autojump_clock: MockClock) -> None:
    """For some milliseconds after a death the list still says running: no reason for a second kill."""
    async with acting(engine=DirectEngine(World(list_lag=0.2))) as bench:
        bench.put(bench.world.spawn(auto_remove=True))
        (outcome,) = await bench.finish()
        assert outcome.why is Why.ENDED
        assert len(bench.kills()) == 1


async def test_a_restart_by_somebody_else_is_seen_and_not_acted_on(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        box = bench.world.spawn()
        bench.put(box)
        await bench.finish()
        await trio.sleep(0.5)
        bench.world.start(box)
        await trio.sleep(1)
        assert [container.run for container in bench.returned] == [box.run]
        assert bench.workers.statistics().came_back == 1
        assert box.alive
        assert len(bench.kills()) == 1


async def test_another_container_under_its_id_is_no_return(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        box = bench.world.spawn()
        bench.put(box)
        await bench.finish()
        bench.world.remove(box)
        bench.world.spawn(name=box.id)
        await trio.sleep(2)
        assert bench.returned == []


async def test_a_container_that_is_back_before_the_first_look_was_ended_all_the_same(
    autojump_clock: MockClock,
) -> None:
    async with acting() as bench:
        box = bench.world.spawn()
        old = box.run
        bench.engine.script.next(Kind.INSPECT, Delay(0))
        bench.engine.script.next(Kind.INSPECT, Delay(0.5))
        bench.put(box)
        await trio.sleep(0.2)
        bench.world.start(box)
        (outcome,) = await bench.finish()
        assert (outcome.why, outcome.decision.run) == (Why.ENDED, old)
        assert [container.run for container in bench.returned] == [box.run]
        assert box.alive


async def test_two_hundred_at_once_go_ten_at_a_time(autojump_clock: MockClock) -> None:
    """Ten at first and thirty at most: until the first comes back nobody knows whether they are stuck."""
    async with acting(engine=DirectEngine(World(kill_takes=0.03))) as bench:
        for _ in range(200):
            bench.put(bench.world.spawn())
        await trio.sleep(0.004)
        now = bench.workers.statistics()
        assert (now.queued + now.in_flight, now.beside, now.overdue) == (200, 0, 0)
        assert len(bench.kills()) == 10
        await bench.finish()
        assert {outcome.why for outcome in bench.finals} == {Why.ENDED}
        assert len(bench.kills()) == 200
        assert 20 * 0.03 / 3 < trio.current_time() <= 20 * 0.03


async def test_statistics_count_by_result_and_reason(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        bench.put(bench.world.spawn())
        bench.put(bench.world.spawn(), dry_run=True)
        await bench.finish()
        now = bench.workers.statistics()
        assert now.outcomes == {(Result.DONE, Why.ENDED): 1, (Result.REFUSED, Why.DRY_RUN): 1}
        assert (now.queued, now.in_flight, now.quarantined, now.waiting, now.retries) == (0, 0, 0, 0, 0)


async def test_a_kill_and_a_stop_of_the_same_run_do_not_wait_for_each_other(
    autojump_clock: MockClock,
) -> None:
    """A breach that comes while a polite end is under way is not told to wait for the grace."""
    async with acting() as bench:
        box = bench.world.spawn()
        bench.put(box, Action.STOP, grace=10)
        await trio.sleep(1)
        bench.put(box)
        await bench.finish()
        assert [(at, what) for at, what, _ in bench.asked()] == [(0.0, What.STOP), (1.0, What.KILL)]
        assert trio.current_time() == 1.0


async def test_only_the_full_id_is_ever_used(autojump_clock: MockClock) -> None:
    """The classic trap: a container named with the victim's short id."""
    async with acting() as bench:
        victim = bench.world.spawn()
        bystander = bench.world.spawn(name=victim.id[:12])
        bench.put(victim)
        await bench.finish()
        assert not victim.alive
        assert bystander.alive


async def test_a_decision_about_nothing_that_ever_was_is_closed(autojump_clock: MockClock) -> None:
    async with acting(guard=anybody) as bench:
        bench.workers.put(decide(Run(ContainerId("e" * 64), "then")))
        await bench.finish()
        assert [outcome.why for outcome in bench.finals] == [Why.GONE]


async def test_a_container_that_cannot_start_is_over(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        box = bench.world.create(CannotStart())
        bench.put(box)
        await bench.finish()
        assert [outcome.why for outcome in bench.finals] == [Why.ALREADY_OVER]
