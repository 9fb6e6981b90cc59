"""What an earlier monitor intended: carried out only by a rule in force, and put on record as its doing."""

from dataclasses import replace
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.app.history import result
from reactor.app.supervise import supervise
from reactor.core.container import Limits
from reactor.core.evidence import EvidenceTerms
from reactor.core.orders import Hold
from reactor.core.rules import Rule, RuleSet
from reactor.core.stages import Stage
from reactor.core.verbs import Action
from reactor.journal.certificates import read_certificate
from reactor.journal.history import read_history
from reactor.journal.journal import Journal
from reactor.testing.direct import BY, DirectEngine
from reactor.testing.faults import Hang, Kind
from reactor.testing.history import What
from reactor.testing.tasks import Sleeps, Usage
from reactor.testing.world import World
from tests.app.test_supervise import SETUP, TASK, plan, running, task
from tests.core.build import age_over
from tests.core.written import condition
from tests.journal.build import rows


def journal_of(world: World, folder: Path) -> Journal:
    """One whose wall is the world's clock."""

    def wall() -> float:
        return world.clock.nanos() / 1e9

    return Journal(folder / "journal.db", boot_id="b", boot=trio.current_time, wall=wall, inline=True)


async def test_an_intent_of_a_rule_that_was_removed_is_closed_and_not_carried_out(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    box = task(world, "spared")
    made = plan(world, tmp_path)
    assert isinstance(made.engine, DirectEngine)
    made.engine.script.next(Kind.KILL, Hang())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.run)
        world.use(box, Usage(pids=250))
        with trio.move_on_after(4):
            await supervise(made, trio.sleep_forever)
        world.use(box, Usage(pids=1))
        nursery.cancel_scope.cancel()
    without = replace(SETUP, rules=RuleSet(SETUP.rules.rules[:1]))
    async with running(world, tmp_path, setup=without) as monitor:
        await trio.sleep(30)
        assert monitor.ended() == []
        outcomes = monitor.numbers.capture().counts.counters["reactor_outcomes_total"]
        assert {key: count for key, count in outcomes.items() if count} == {("kill", "refused", "no-rule"): 1}
    assert box.alive


@pytest.mark.parametrize(("by", "cause", "basis"), [(BY, "reactor", "intent"), (None, "itself", "")])
async def test_what_a_monitor_ended_in_its_last_moment_is_most_likely_its_doing(
    autojump_clock: MockClock, tmp_path: Path, by: str | None, cause: str, basis: str
) -> None:
    """It was killed between its call and its end: the intent, the exit code and the engine's words fit."""
    world = World()
    box, bystander = task(world, "meant"), task(world, "bystander")

    made = plan(world, tmp_path, journal=journal_of(world, tmp_path))
    assert isinstance(made.engine, DirectEngine)
    made.engine.script.next(Kind.KILL, Hang())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.run)
        world.use(box, Usage(pids=250))
        with trio.move_on_after(4):
            await supervise(made, trio.sleep_forever)
        if by:
            world.kill(box, by)
        else:
            world.exit(box, 3)
        world.exit(bystander, 137)
        await trio.sleep(30)
        nursery.cancel_scope.cancel()
    died = world.history.died_at(box.id)
    assert died is not None
    async with running(world, tmp_path, journal=journal_of(world, tmp_path)) as monitor:
        await trio.sleep(5)
        assert monitor.ended() == (["meant"] if by else [])
    lines = {line.container: line for line in read_history(tmp_path / "journal.db")}
    found = lines[box.id]
    assert (found.result, found.why, found.cause, found.basis) == ("done", "already-over", cause, basis)
    assert result(found) == ("done, likely ours" if by else "done, already-over")
    assert (lines[bystander.id].cause, lines[bystander.id].basis) == ("itself", "")
    ending = read_certificate(tmp_path / "journal.db", box.id[:12]).ending
    assert ending is not None
    assert ending.died is not None
    decided = read_certificate(tmp_path / "journal.db", box.id[:12])
    assert ending.died == pytest.approx(4.0, abs=1.5), decided


async def test_who_ended_while_no_monitor_was_there_is_known_by_what_the_engine_remembers(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """Killed by somebody, over by itself with the same code, and one that no monitor had ever followed."""
    world = World()
    struck, itself = task(world, "struck"), task(world, "itself")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.run)
        with trio.move_on_after(4):
            await supervise(plan(world, tmp_path, journal=journal_of(world, tmp_path)), trio.sleep_forever)
        later = task(world, "later")
        for box in (struck, later):
            world.kill(box, "somebody")
        world.exit(itself, 137)
        await trio.sleep(600)
        nursery.cancel_scope.cancel()
    async with running(world, tmp_path, journal=journal_of(world, tmp_path)) as monitor:
        await trio.sleep(5)
        assert monitor.ended() == []
    lines = {line.container: line for line in read_history(tmp_path / "journal.db")}
    assert {lines[box.id].exit_code for box in (struck, later, itself)} == {137}
    assert [lines[box.id].cause for box in (struck, later, itself)] == ["engine", "engine", "itself"]


async def test_what_was_done_to_a_run_that_lives_is_not_done_again_after_a_restart(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """Its condition holds on all the while; the next container that breaks it is dealt with."""
    world = World()
    box = task(world, "limited")
    world.use(box, Usage(pids=250))
    stage = Stage(Action.LIMIT, limits=Limits(pids=300))
    when = condition("pids > 200")
    rule = Rule("g/limit", "f:1", when=when, action=Action.LIMIT, then=(stage,), digest="d")
    setup = replace(SETUP, rules=RuleSet((rule,)))
    async with running(world, tmp_path, setup=setup):
        await trio.sleep(10)
    async with running(world, tmp_path, setup=setup):
        await trio.sleep(10)
        later = task(world, "later")
        world.use(later, Usage(pids=250))
        await trio.sleep(10)
    found = rows(tmp_path / "journal.db", "SELECT name, action, result, times FROM intents ORDER BY rowid")
    assert found == [("limited", "limit", "done", 1), ("later", "limit", "done", 1)]


async def test_what_was_told_to_stop_is_not_told_so_again_by_a_rule_that_decides_first(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """At its first look the next monitor decides anew, before the intent of the last one is taken up."""
    world = World()
    box = world.spawn(Sleeps(), name="old", labels=TASK)
    rule = Rule("g/old", "f:1", when=age_over(20), action=Action.STOP, grace=60.0)
    setup = replace(SETUP, rules=RuleSet((rule,)))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.run)
        with trio.move_on_after(30):
            await supervise(plan(world, tmp_path, setup=setup, drain=0.0), trio.sleep_forever)
        nursery.cancel_scope.cancel()
    async with running(world, tmp_path, setup=setup):
        # It was told at 21, and its engine goes on with it.
        await trio.sleep(60)
    assert [each.what for each in world.history.asked(BY)] == [What.STOP]
    assert world.history.died_at(box.id) == 81.0
    assert rows(tmp_path / "journal.db", "SELECT result, why, final FROM intents") == [("done", "ended", 1)]


async def test_a_program_is_not_begun_again_though_the_decision_has_another_number(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """The last monitor had said something about the run before; this one decides for the first time."""
    world = World()
    box = world.spawn(Sleeps(), name="old", labels=TASK)
    says = Rule(
        "g/says", "f:1", when=age_over(5), action=Action.WEBHOOK, then=(Stage(Action.WEBHOOK),), digest="d"
    )
    # A program that nobody configured says that it was begun, and needs no time of this machine.
    chain = (Stage(Action.EXEC, target="sync"), Stage(Action.NOTICE, wait=60), Stage(Action.KILL))
    ends = Rule("g/ends", "f:2", when=age_over(20), then=chain, digest="e")
    setup = replace(SETUP, rules=RuleSet((says, ends)))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.run)
        made = plan(world, tmp_path, setup=setup, drain=0.0)
        assert isinstance(made.engine, DirectEngine)
        made.engine.script.always(Kind.KILL, Hang())
        with trio.move_on_after(30):
            await supervise(made, trio.sleep_forever)
        nursery.cancel_scope.cancel()
    async with running(world, tmp_path, setup=setup):
        await trio.sleep(100)
    assert not box.alive
    calls = rows(tmp_path / "journal.db", "SELECT calls FROM intents WHERE action = 'kill' AND calls != ''")
    assert calls
    assert all("no program 'sync'" not in told for (told,) in calls), calls
    assert [told.count('"exec sync"') for (told,) in calls] == [told.count("left out") for (told,) in calls]
    assert any("left out" in told for (told,) in calls)


async def test_a_hold_is_obeyed_as_soon_as_the_journal_can_be_read(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """At the start it could not be: the disk came late. What is ordered meanwhile is not undone by it."""
    world, folder = World(), tmp_path / "disk"
    box = task(world, "spared")
    folder.mkdir()
    journal = plan(world, folder).journal
    async with trio.open_nursery() as nursery:
        await nursery.start(journal.run)
        journal.order(Hold("h", trio.current_time(), "ada", "a look"))
        assert await journal.kept()
        nursery.cancel_scope.cancel()
    folder.rename(tmp_path / "away")
    folder.touch()
    async with running(world, folder) as monitor:
        await trio.sleep(10)
        folder.unlink()
        (tmp_path / "away").rename(folder)
        await trio.sleep(10)
        world.use(box, Usage(pids=250))
        await trio.sleep(30)
        assert monitor.ended() == []


async def test_who_was_given_notice_keeps_the_time_that_it_was_promised(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """The monitor is killed meanwhile: the next one goes through the chain with what is left of the time."""
    world = World()
    box = task(world, "told")
    chain = (Stage(Action.EVIDENCE, wait=20.0), Stage(Action.KILL))
    rule = Rule("g/told", "f:1", when=condition("pids > 200"), then=chain)
    setup = replace(SETUP, rules=RuleSet((rule,)))
    terms = EvidenceTerms(processes=0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.run)
        world.use(box, Usage(pids=250))
        with trio.move_on_after(8):
            await supervise(plan(world, tmp_path, setup=setup, evidence=terms, drain=0.0), trio.sleep_forever)
        nursery.cancel_scope.cancel()
    async with running(world, tmp_path, setup=setup, evidence=terms) as monitor:
        await trio.sleep(60)
        assert monitor.ended() == ["told"]
    # Decided within two seconds, a second at most for the evidence, and twenty of waiting.
    assert world.history.died_at(box.id) == pytest.approx(22.0, abs=1.0)
    assert world.history.repeated(BY) == []
