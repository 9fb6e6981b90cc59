"""Defects of the whole path that a reviewer found, one test each, in virtual time."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.core.container import Run
from reactor.core.facts import Fact, Sample
from reactor.core.ports import EngineError, EngineForbids, EngineUnreachable, Event, StreamEnded
from reactor.core.rules import Rule, RuleSet
from reactor.engine import inspecting
from reactor.engine.deaths import Deaths
from reactor.engine.inspecting import Inspector
from reactor.engine.picture import Picture
from reactor.engine.readings import Readings
from reactor.journal.journal import Journal
from reactor.testing.box import Box
from reactor.testing.direct import DirectEngine
from reactor.testing.faults import Fail, Kind
from reactor.testing.tasks import Usage
from reactor.testing.world import World
from tests.act.build import Notebook, acting, decide
from tests.app.test_supervise import SETUP, running, task
from tests.core.build import box, cid, pids_over, started
from tests.engine.test_watch import watching

SIDE = {"reactor.sidecar-of": "t1"}
TWO_RULES = RuleSet(
    (
        Rule("a/dry", "f:1", when=pids_over(200), dry_run=True),
        Rule("b/live", "f:2", when=pids_over(200)),
    )
)


async def test_a_dry_rule_does_not_stand_in_a_live_ones_way(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """Both match the same sample: one says what it would do, the other does it."""
    world = World()
    bad = task(world, "bad")
    async with running(world, tmp_path, setup=replace(SETUP, rules=TWO_RULES)) as monitor:
        await trio.sleep(3)
        world.use(bad, Usage(pids=256))
        await trio.sleep(10)
        assert monitor.ended() == ["bad"]


async def test_an_intent_of_a_rule_that_runs_dry_by_now_ends_nobody(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """The operator saw what the rule does, stopped the monitor, and wrote `dry_run: true`."""
    world = World()
    one = task(world, "one")
    decision = replace(decide(one.run), rule="b/live")
    journal = Journal(tmp_path / "journal.db", boot_id="b", boot=trio.current_time, inline=True)
    async with trio.open_nursery() as nursery:
        await nursery.start(journal.run)
        await journal.intend(decision, trio.current_time())
        nursery.cancel_scope.cancel()
    only_dry = RuleSet((Rule("b/live", "f:2", when=pids_over(200), dry_run=True),))
    async with running(world, tmp_path, setup=replace(SETUP, rules=only_dry)) as monitor:
        await trio.sleep(10)
        assert monitor.ended() == []


async def test_an_orphan_whose_main_is_back_is_left_alone_at_the_last_look(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """The verdict was right; the call did not get through, and the main came back before the next try."""
    world = World()
    main = task(world, "main")
    task(world, "side", labels=SIDE)
    async with running(world, tmp_path) as monitor:
        await trio.sleep(20)
        monitor.engine.script.always(Kind.STOP, Fail(EngineUnreachable("not now")))
        monitor.engine.script.always(Kind.KILL, Fail(EngineUnreachable("not now")))
        world.exit(main, 0)
        await trio.sleep(13)
        assert monitor.engine.script.counts[Kind.STOP] > 0
        world.start(main)
        await trio.sleep(1)
        monitor.engine.script.always(Kind.STOP, None)
        monitor.engine.script.always(Kind.KILL, None)
        await trio.sleep(60)
        assert monitor.ended() == []
        world.exit(main, 0)
        await trio.sleep(60)
        assert monitor.ended() == ["side"], "and is an orphan when that one goes, too"


async def test_an_answer_to_a_kill_that_makes_no_sense_does_not_end_the_monitor(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """Something between us and the engine can answer anything; only a look tells what became of the call."""
    world = World()
    bad = task(world, "bad")
    async with running(world, tmp_path) as monitor:
        await trio.sleep(3)
        monitor.engine.script.next(Kind.KILL, Fail(EngineError("not HTTP")))
        world.use(bad, Usage(pids=256))
        await trio.sleep(30)
        assert monitor.ended() == ["bad"]


def test_a_repeated_death_of_the_run_before_does_not_end_the_present_one() -> None:
    """A new subscription says again what was said before, the end of an earlier run among it."""
    for removed_at_its_end in (True, False):
        facts = list[Fact]()
        one = box(1, auto_remove=removed_at_its_end, run=Run(cid(1), started(20)))
        picture = Picture()
        picture.saw(one, 1.0)
        deaths = Deaths(picture, Inspector(DirectEngine(World()), print, print), facts.append)
        assert not deaths.heard(Event("die", one.id, (1767225600 + 19) * 10**9, 137), 2.0)
        assert facts == []


async def test_more_containers_than_there_is_room_for_wishes_are_all_looked_at(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound is for events; a list is bounded by itself, and would be taken for ever."""
    monkeypatch.setattr(inspecting, "MOST_WAITING", 50)
    world = World()
    for n in range(120):
        world.spawn(name=f"c{n}")
    async with watching(world) as seen:
        await trio.sleep(3)
        assert len(seen.snapshots()[-1].containers) == 120
        assert seen.engine.script.counts[Kind.LIST] <= 3


async def test_the_list_tells_the_truth_where_events_are_forbidden(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """Events only wake us up: without them it takes longer, and is not given up."""
    world = World()
    bad = task(world, "bad")
    world.use(bad, Usage(pids=256))
    engine = DirectEngine(world)
    engine.script.always(Kind.EVENTS, Fail(EngineForbids("no events here")))
    with trio.fail_after(100):
        async with running(world, tmp_path, engine=engine) as monitor:
            await trio.sleep(30)
            assert monitor.ended() == ["bad"]
            assert not monitor.numbers.is_ready


async def test_while_no_events_come_a_new_run_is_found_by_looking(autojump_clock: MockClock) -> None:
    """The list does not say which run it is; blind, everybody alive is looked at."""
    world = World()
    one = world.spawn(name="one")
    async with watching(world) as seen:
        await trio.sleep(3)
        seen.engine.script.always(Kind.EVENTS, Fail(EngineForbids("no more events")))
        seen.engine.end_events()
        await trio.sleep(3)
        world.restart(one)
        await trio.sleep(15)
        assert seen.snapshots()[-1].containers[0].run == one.run


async def test_a_stats_stream_that_worked_is_opened_again_at_once(autojump_clock: MockClock) -> None:
    """However often it broke before: a proxy that cuts it every ten minutes must not blind us for long."""
    world = World()
    one = world.spawn(name="one")
    engine, samples = DirectEngine(world), list[Sample]()
    async with trio.open_nursery() as nursery:
        await nursery.start(world.run)
        readings = Readings(engine, samples.append, nursery)
        readings.want(frozenset({one.run}))
        for _ in range(10):
            await trio.sleep(20)
            engine.script.next(Kind.STATS, Fail(StreamEnded("cut")))
            world.ground.fell.set()
            world.ground.fell = trio.Event()
        await trio.sleep(20)
        nursery.cancel_scope.cancel()
    pauses = [after.at - before.at for before, after in pairwise(samples)]
    assert max(pauses) < 3


async def test_a_silent_stats_stream_is_given_up(autojump_clock: MockClock) -> None:
    """Silence is not health: half a connection says nothing for ever."""

    class Silent(DirectEngine):
        opened = 0

        async def _samples(self, box: Box, run: Run) -> AsyncGenerator[Sample | None, None]:  # noqa: ARG002 - as above
            self.opened += 1
            if self.opened == 1:
                yield Sample(trio.current_time(), run, pids=1)
                await trio.sleep_forever()
            yield Sample(trio.current_time(), run, pids=900)
            await trio.sleep_forever()

    world = World()
    one = world.spawn(name="one")
    engine, samples = Silent(world), list[Sample]()
    async with trio.open_nursery() as nursery:
        await nursery.start(world.run)
        readings = Readings(engine, samples.append, nursery)
        readings.want(frozenset({one.run}))
        await trio.sleep(60)
        nursery.cancel_scope.cancel()
    assert [sample.pids for sample in samples][:2] == [1, 900]


async def test_a_stalled_disk_holds_none_of_two_hundred_kills_for_long(autojump_clock: MockClock) -> None:
    """A tenth of a second for the whole crowd, not for each ten of it."""
    async with acting(journal=Notebook(takes=1000)) as bench:
        began = trio.current_time()
        for n in range(200):
            bench.put(bench.world.spawn(name=f"c{n}"))
        await bench.finish()
        assert len(bench.kills()) == 200
        assert bench.kills()[-1] - began < 0.2


async def test_a_subscription_that_never_lasts_is_not_asked_for_ten_times_a_second(
    autojump_clock: MockClock,
) -> None:
    """Each opening has everything listed and looked at: an engine that cuts at once must not be flooded."""
    world = World()
    world.spawn(name="one")
    async with watching(world) as seen:
        for _ in range(600):
            await trio.sleep(0.1)
            seen.engine.end_events()
        assert seen.watch.statistics().hearing.subscriptions < 40


async def test_a_death_of_a_container_that_was_removed_is_not_awaited_for_ever(
    autojump_clock: MockClock,
) -> None:
    world = World(list_lag=0.3)
    async with watching(world) as seen:
        await trio.sleep(2)
        for n in range(20):
            one = world.spawn(name=f"c{n}")
            await trio.sleep(0.1)
            world.remove(one, force=True)
            await trio.sleep(0.1)
        await trio.sleep(5)
        assert not seen.watch._deaths._awaited
