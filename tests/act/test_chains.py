"""Chains: what comes before and behind the end of a run, in order, and never in the way of it."""

from dataclasses import replace

from trio.testing import MockClock

from reactor.act.config import ActConfig
from reactor.act.means import Means, Webhook
from reactor.act.measures import wanted_limits
from reactor.core.container import Container, Limits, State
from reactor.core.decisions import Decision, Result, Why
from reactor.core.ports import EngineAnswered
from reactor.core.stages import OnFailure, Stage
from reactor.core.verbs import Action
from reactor.http.address import Address
from reactor.testing.faults import Fail, Hang, Kind, Swallow
from reactor.testing.history import What
from reactor.testing.tasks import Serves, Sleeps
from reactor.testing.world import World

from .build import Bench, OddEngine, acting

KILL, STOP, PAUSE = Stage(Action.KILL), Stage(Action.STOP), Stage(Action.PAUSE)
HOOK = Stage(Action.WEBHOOK, target="oncall")
NOTICE = Stage(Action.NOTICE, wait=30.0)
LIMITS = Limits(pids=256, memory=8 << 30, swap=8 << 30, cpu=1.0)
MEANS = Means(webhooks={"oncall": Webhook(Address.tcp("127.0.0.1", 1))})


def ended(bench: Bench, why: Why = Why.ENDED) -> list[tuple[float, Result, Why]]:
    return [(outcome.at, outcome.result, outcome.why) for outcome in bench.finals]


def record(bench: Bench, nth: int = -1) -> list[tuple[str, str]]:
    """What was done for an outcome, apart from looking."""
    calls = bench.journal.concluded[nth].calls
    return [(call.what, call.note) for call in calls if call.what not in ("inspect", "list")]


async def test_what_comes_first_is_done_first_and_takes_no_time(
    autojump_clock: MockClock,
) -> None:
    async with acting(means=MEANS) as bench:
        bench.put(bench.world.spawn(), Action.KILL, HOOK, PAUSE, KILL)
        await bench.finish()
        assert ended(bench) == [(0.0, Result.DONE, Why.ENDED)]
        assert record(bench) == [("webhook oncall", ""), ("pause", ""), ("pause", ""), ("kill", "")]
        assert bench.courier.statistics().queued == 1


async def test_after_a_notice_the_end_waits(autojump_clock: MockClock) -> None:
    """There is nowhere to write it: the run is ended nevertheless, and at once."""
    async with acting() as bench:
        bench.put(bench.world.spawn(), Action.KILL, NOTICE, KILL)
        await bench.finish()
        assert ended(bench) == [(0.0, Result.DONE, Why.ENDED)]
        assert record(bench)[0] == ("notice", "no folder for notices is configured")


async def test_a_failing_stage_calls_off_the_end_only_where_that_was_said(
    autojump_clock: MockClock,
) -> None:
    async with acting() as bench:
        for on_failure in OnFailure:
            bench.engine.script.next(Kind.PAUSE, Fail(EngineAnswered(500, "no")))
            box = bench.world.spawn(Sleeps())
            bench.put(box, Action.KILL, replace(PAUSE, on_failure=on_failure), KILL)
            await bench.finish()
        killed, spared = bench.finals
        assert (killed.why, spared.result, spared.why) == (Why.ENDED, Result.FAILED, Why.STAGE_FAILED)
        assert spared.detail == "pause: the engine answered 500: no"
        assert len(bench.kills()) == 1


async def test_what_hangs_keeps_the_end_waiting_for_its_timeout_only(
    autojump_clock: MockClock,
) -> None:
    """The look before it counts as well; a neighbour with no such stage does not notice."""
    async with acting() as bench:
        bench.put(bench.world.spawn(), Action.KILL)
        await bench.finish()
        bench.engine.script.next(Kind.INSPECT, Hang())
        bench.put(bench.world.spawn(), Action.KILL, replace(PAUSE, timeout=2.0), KILL)
        await bench.finish()
        assert ended(bench) == [(0.0, Result.DONE, Why.ENDED), (2.0, Result.DONE, Why.ENDED)]


async def test_hundreds_of_hanging_stages_hold_up_no_kill(autojump_clock: MockClock) -> None:
    async with acting(ActConfig(other_slots=2)) as bench:
        bench.engine.script.always(Kind.PAUSE, Hang())
        for number in range(200):
            bench.put(bench.world.spawn(), Action.PAUSE, PAUSE, rule=f"r{number}")
        bench.put(bench.world.spawn(), Action.KILL)
        await bench.finish()
        assert ended(bench)[0] == (0.0, Result.DONE, Why.ENDED)
        assert {why for _, _, why in ended(bench)[1:]} == {Why.STAGE_FAILED}


async def test_a_hard_end_does_not_wait_for_a_soft_chain(autojump_clock: MockClock) -> None:
    """The soft chain has a stop with a long grace behind its pause; the kill of the hard one goes at once."""
    async with acting() as bench:
        bench.engine.script.next(Kind.PAUSE, Hang())
        box = bench.world.spawn(Sleeps())
        bench.put(box, Action.STOP, PAUSE, STOP, grace=100)
        bench.put(box, Action.KILL)
        await bench.finish()
        assert [(outcome.at, outcome.why) for outcome in bench.finals] == [
            (0.0, Why.ENDED),
            (5.0, Why.ALREADY_OVER),
        ]
        assert [what for _, what, _ in bench.asked()] == [What.KILL]


async def test_what_leaves_a_run_alive_is_done_once_for_each_rule(autojump_clock: MockClock) -> None:
    async with acting(means=MEANS) as bench:
        box = bench.world.spawn(Sleeps())
        for rule in ("a/one", "a/one", "a/two"):
            bench.put(box, Action.WEBHOOK, HOOK, rule=rule)
        await bench.finish()
        assert ended(bench) == [(0.0, Result.DONE, Why.CARRIED_OUT)] * 2
        assert box.alive
        assert not bench.asked()


async def test_limits_are_set_and_read_back(autojump_clock: MockClock) -> None:
    """Only where they are missing: who has a limit of memory keeps it, and the swap with it."""
    async with acting() as bench:
        bare = bench.world.spawn(Sleeps())
        given = bench.world.spawn(Sleeps(), memory_limit=64 << 20)
        untouched = bench.world.spawn(Sleeps())
        for box in (bare, given):
            stage = Stage(Action.LIMIT, limits=LIMITS, missing=True)
            bench.put(box, Action.LIMIT, stage)
        await bench.finish()
        assert ended(bench) == [(0.0, Result.DONE, Why.CARRIED_OUT)] * 2
        now = [(await bench.engine.inspect(box.id)).limits for box in (bare, given, untouched)]
        assert now[0] == LIMITS
        assert (now[1].pids, now[1].memory) == (256, 64 << 20)
        assert now[2] == Limits()


async def test_a_limit_that_was_not_read_is_not_taken_for_none(autojump_clock: MockClock) -> None:
    """It may be there, and lower than the one that would be given."""
    async with acting() as bench:
        seen = await bench.engine.inspect(bench.world.spawn(Sleeps()).id)
        stage = Stage(Action.LIMIT, limits=LIMITS, missing=True)
        assert wanted_limits(stage, seen) == LIMITS
        unread = replace(seen, pids_limited=None, memory_limited=None, cpu_limited=None)
        assert wanted_limits(stage, unread) == Limits()


async def test_an_engine_that_says_yes_and_does_nothing_is_found_out(autojump_clock: MockClock) -> None:
    engine = OddEngine(World())
    async with acting(engine=engine) as bench:
        box = bench.world.spawn(Sleeps())
        engine.answers.append((200, False))
        bench.put(box, Action.LIMIT, Stage(Action.LIMIT, limits=Limits(pids=10)))
        (outcome,) = await bench.finish()
        assert (outcome.why, outcome.detail) == (
            Why.STAGE_FAILED,
            "limit: read back, it has another limit of pids",
        )


async def test_a_protected_container_is_not_touched_by_any_stage(autojump_clock: MockClock) -> None:
    def guard(container: Container, decision: Decision) -> bool:
        return container.name != "kept"

    async with acting(guard=guard) as bench:
        kept = bench.world.spawn(Sleeps(), name="kept")
        for action in (Action.PAUSE, Action.LIMIT, Action.RESTART, Action.REMOVE):
            bench.put(kept, action, Stage(action, limits=LIMITS), rule=f"r/{action}")
        outcomes = await bench.finish()
        assert {outcome.why for outcome in outcomes} == {Why.PROTECTED}
        assert kept.state is State.RUNNING
        assert not bench.asked()
        assert (await bench.engine.inspect(kept.id)).limits == Limits()


async def test_a_restart_begins_another_run_and_is_never_a_kill(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        box = bench.world.spawn(Serves(polite=1.0))
        first = box.run
        bench.put(box, Action.RESTART, Stage(Action.RESTART), grace=5)
        (outcome,) = await bench.finish()
        assert (outcome.result, outcome.why) == (Result.DONE, Why.ENDED)
        assert box.alive
        assert box.run != first
        assert [what for _, what, _ in bench.asked()] == [What.RESTART]


async def test_a_restart_whose_answer_is_lost_is_not_done_twice(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        box = bench.world.spawn(Serves(polite=1.0))
        bench.engine.script.next(Kind.RESTART, Swallow())
        bench.put(box, Action.RESTART, Stage(Action.RESTART), grace=5)
        (outcome,) = await bench.finish()
        assert outcome.result is Result.DONE
        assert [what for _, what, _ in bench.asked()] == [What.RESTART]
        assert box.alive


async def test_removal_ends_the_run_and_then_the_container(autojump_clock: MockClock) -> None:
    async with acting() as bench:
        box, neighbour = bench.world.spawn(Sleeps()), bench.world.spawn(Sleeps())
        bench.put(box, Action.REMOVE, Stage(Action.REMOVE))
        (outcome,) = await bench.finish()
        assert (outcome.result, outcome.why) == (Result.DONE, Why.ENDED)
        assert [row.id for row in await bench.engine.list()] == [neighbour.id]


async def test_what_began_another_run_is_not_removed(autojump_clock: MockClock) -> None:
    """The decision was about a run that is over; somebody has started the container again."""
    async with acting() as bench:
        box = bench.world.spawn(Sleeps())
        bench.world.kill(box)
        old = bench.put(box, Action.REMOVE, Stage(Action.REMOVE))
        bench.world.start(box)
        (outcome,) = await bench.finish()
        assert (outcome.decision.id, outcome.why) == (old.id, Why.STALE)
        assert box.alive


async def test_what_stands_behind_the_end_is_done_when_the_run_is_over(autojump_clock: MockClock) -> None:
    async with acting(means=MEANS) as bench:
        box = bench.world.spawn(Serves(polite=3.0))
        bench.put(box, Action.STOP, STOP, HOOK, grace=10)
        bench.put(bench.world.spawn(), Action.KILL, KILL, Stage(Action.WEBHOOK, target="nobody"), rule="b")
        await bench.finish()
        assert [(outcome.at, outcome.why) for outcome in bench.finals] == [(0.0, Why.ENDED), (3.0, Why.ENDED)]
        assert bench.courier.statistics().queued == 1
        assert record(bench) == [("stop", ""), ("webhook oncall", "")]
        assert bench.journal.concluded[-2].detail == ""
        details = [outcome.detail for outcome in bench.journal.concluded]
        assert "webhook: no webhook 'nobody' is configured" in details
