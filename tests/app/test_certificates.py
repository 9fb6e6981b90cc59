"""The certificates that a whole monitor writes, in virtual time, and the evidence beside its acting."""

from dataclasses import replace
from pathlib import Path

import trio
from trio.testing import MockClock

from reactor.act.collecting import LINE, Collector
from reactor.app.certificate_page import page
from reactor.core.container import ContainerId
from reactor.core.decisions import Outcome, Result, Why
from reactor.core.evidence import EvidenceTerms
from reactor.core.rules import Rule, RuleSet
from reactor.core.stages import Stage
from reactor.core.state import Step
from reactor.core.verbs import Action
from reactor.journal.certificates import Certificate, read_certificate
from reactor.testing.direct import DirectEngine
from reactor.testing.faults import Hang, Kind
from reactor.testing.tasks import Usage
from reactor.testing.world import World
from tests.act.build import Notebook
from tests.app.test_supervise import SETUP, running, task
from tests.core.build import Story, box
from tests.core.written import condition

# A reader of processes is a thread, and virtual time does not wait for threads.
TERMS = EvidenceTerms(processes=0)


class Silent(DirectEngine):
    """An engine that never tells anybody's last lines."""

    async def tail(self, container: ContainerId, lines: int, most: int) -> str:
        """Wait for ever."""
        await trio.sleep_forever()
        raise AssertionError((container, lines, most))


def certificate(folder: Path, name: str) -> Certificate:
    return read_certificate(folder / "journal.db", name)


async def test_an_end_has_a_certificate_with_the_readings_before_it(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    bad, near = task(world, "bad"), task(world, "near", labels={"reactor.task": "t2"})
    world.spawn(name="side", labels={"reactor.sidecar-of": "t1"})
    world.use(near, Usage(pids=200))
    async with running(world, tmp_path, evidence=TERMS) as monitor:
        await trio.sleep(5)
        world.use(bad, Usage(pids=201))
        await trio.sleep(30)
        assert set(monitor.ended()) == {"bad", "side"}
        found, side = certificate(tmp_path, "bad"), certificate(tmp_path, "side")
    assert [each.pids for each in found.readings[-2:]] == [1, 201]
    assert found.readings[-1].at == 0 == found.decided
    assert found.grounds["container"]["standing"] == "main"
    assert found.ending is not None
    assert (found.ending.cause, found.result, found.why) == ("reactor", "done", "ended")
    assert found.ending.died is not None
    assert found.ending.died >= 0
    assert "missing" not in found.log
    assert [each.certificate for each in found.along] == [side.id]
    assert (side.cause, side.trace, side.grounds["rule"]) == (found.id, found.trace, None)


async def test_an_engine_that_never_tells_the_last_lines_delays_nobody(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    bad = [task(world, f"bad{n}", labels={"reactor.task": f"b{n}"}) for n in range(20)]
    async with running(world, tmp_path, evidence=TERMS, engine=Silent(world)) as monitor:
        await trio.sleep(5)
        began = trio.current_time()
        for each in bad:
            world.use(each, Usage(pids=201))
        await trio.sleep(30)
        assert len(monitor.ended()) == 20
        assert all((world.history.died_at(each.id) or 1e9) - began <= 1.5 for each in bad)
        assert certificate(tmp_path, "bad7").log["missing"] == "no answer in time"


async def test_a_certificate_of_a_monitor_that_was_killed_is_completed_by_the_next(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    bad = task(world, "bad")
    engine = DirectEngine(world)
    engine.script.next(Kind.KILL, Hang())
    async with running(world, tmp_path, engine=engine, drain=0.0):
        world.use(bad, Usage(pids=250))
        await trio.sleep(2)
        found = certificate(tmp_path, "bad")
        assert (found.result, found.calls, len(found.readings)) == ("open", (), 1)
    async with running(world, tmp_path):
        await trio.sleep(10)
    done = certificate(tmp_path, "bad")
    assert (done.id, done.result, done.times) == (found.id, "done", 2)
    assert done.readings == found.readings
    assert done.concluded is not None
    assert done.concluded > found.decided


async def test_what_was_only_said_has_a_certificate_and_no_evidence(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    bad = task(world, "bad")
    async with running(world, tmp_path, evidence=TERMS, setup=replace(SETUP, dry_run=True)):
        world.use(bad, Usage(pids=250))
        await trio.sleep(10)
        found = certificate(tmp_path, "bad")
    assert (found.dry_run, found.result, found.why, found.log) == (True, "refused", "dry-run", {})
    assert found.readings
    assert bad.alive


async def test_a_crowd_does_not_make_the_line_longer_than_it_is(autojump_clock: MockClock) -> None:
    journal, engine = Notebook(), Silent(World())
    collector = Collector(engine, journal, TERMS)
    story = Story()
    crowd = [box(n) for n in range(LINE + 50)]
    story.see(0, *crowd)
    for each in crowd:
        story.sample(1, each, pids=201)
    collector.step(Step(story.state, tuple(story.decisions)))
    for decision in story.decisions:
        collector.outcome(Outcome(decision, trio.current_time(), Result.DONE, Why.ENDED))
    assert collector.left_out == 50
    async with trio.open_nursery() as nursery:
        nursery.start_soon(collector.run)
        await trio.sleep(60)
        nursery.cancel_scope.cancel()
    assert len(journal.attached) < LINE
    assert collector.left_out + len(journal.attached) == LINE + 50


async def test_a_stage_that_came_off_without_a_call_is_said_to_be_done(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    bad = task(world, "bad")
    chain = (Stage(Action.EVIDENCE), Stage(Action.EXEC, target="unknown"), Stage(Action.KILL))
    rule = Rule("g/chain", "f:1", when=condition("pids > 200"), then=chain)
    setup = replace(SETUP, rules=RuleSet((rule,)))
    async with running(world, tmp_path, evidence=TERMS, setup=setup) as monitor:
        world.use(bad, Usage(pids=201))
        await trio.sleep(30)
        assert monitor.ended() == ["bad"]
        told = "\n".join(page(certificate(tmp_path, "bad")))
    assert "evidence: done after" in told
    assert "exec unknown: no program 'unknown' is configured after" in told
