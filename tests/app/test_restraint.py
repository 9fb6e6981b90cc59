"""Levels, totals, limits and the gate in the whole monitor, in virtual time, by the engine's own account."""

from dataclasses import replace
from pathlib import Path

import trio
from trio.testing import MockClock

from reactor.app.supervise import supervise
from reactor.core.restraint import GateTerms
from reactor.core.rules import Level, Rule, RuleSet, Trigger
from reactor.core.state import Setup
from reactor.core.verbs import Action
from reactor.testing.direct import BY
from reactor.testing.history import What
from reactor.testing.outage import free, wedge
from reactor.testing.tasks import Sleeps, Usage
from reactor.testing.world import World
from tests.app.test_supervise import plan, running, task
from tests.core.build import box, condition, pids_over, story, total_over
from tests.core.unknown import unknown_by_rule


def _setup(*rules: Rule, **more: object) -> Setup:
    return Setup(RuleSet(rules), sidecar_grace=2, **more)  # type: ignore[arg-type]  # Fields of the setup.


async def test_a_hard_level_ends_at_once_what_ignores_the_stop_of_the_soft_one(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    soft = Rule("g/pids", "f", pids_over(100), action=Action.STOP, grace=60, level=Level.SOFT)
    hard = Rule("g/pids", "f", pids_over(200), level=Level.HARD)
    world = World()
    bad, near = task(world, "bad", task=Sleeps()), task(world, "near", labels={"reactor.task": "t2"})
    task(world, "side", labels={"reactor.sidecar-of": "t1"})
    async with running(world, tmp_path, setup=_setup(soft, hard)) as monitor:
        await trio.sleep(5)
        world.use(bad, Usage(pids=150))
        world.use(near, Usage(pids=100))
        await trio.sleep(20)
        assert bad.alive, "it ignores the signal, and has 60 s"
        began = trio.current_time()
        world.use(bad, Usage(pids=201))
        await trio.sleep(100)
        died = world.history.died_at(bad.id)
        assert died is not None
        assert died - began <= 1.0
        asked = [(entry.what, entry.name) for entry in world.history.asked(BY)]
        assert asked == [(What.STOP, "bad"), (What.KILL, "bad"), (What.STOP, "side")]
        assert [entry.name for entry in world.history.deaths()] == ["bad", "side"]
        assert near.alive
        counters = monitor.numbers.capture().counts.counters["reactor_decisions_total"]
        assert sum(counters.values()) == 3


async def test_many_within_their_limits_and_together_too_much(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """The founding incident in small: as many go as must, in the stated order, and not one more."""
    world = World()
    crowd = [task(world, f"c{n:02}", labels={"reactor.task": f"t{n}"}) for n in range(20)]
    # The readings of all come within a second, and the order of victims is to be that of all of them.
    total = Rule("host/pids", "f", total_over(4000), hold=3)
    own = Rule("safety/pids", "f", pids_over(250))
    async with running(world, tmp_path, setup=_setup(total, own)) as monitor:
        for each in crowd:
            world.use(each, Usage(pids=200))
        await trio.sleep(20)
        assert monitor.ended() == []
        for number in (3, 11, 17):
            world.use(crowd[number], Usage(pids=220 + number))
        await trio.sleep(30)
        assert monitor.ended() == ["c17"], "4091 together; 237 of them less is enough"
        # 3854 are left; with 50 more for each of these it is 4154: the largest, 250, is enough again.
        for number in range(5, 11):
            world.use(crowd[number], Usage(pids=249 + (number == 8)))
        await trio.sleep(30)
        assert monitor.ended() == ["c17", "c08"]
        assert world.history.doubled() == []


async def test_a_limit_holds_in_the_whole_monitor(autojump_clock: MockClock, tmp_path: Path) -> None:
    world = World()
    crowd = [task(world, f"c{n}", labels={"reactor.task": f"t{n}"}) for n in range(6)]
    rule = Rule("g/pids", "f", pids_over(100), limit=2, hold=3)
    async with running(world, tmp_path, setup=_setup(rule)) as monitor:
        await trio.sleep(5)
        for each in crowd[:3]:
            world.use(each, Usage(pids=150))
        await trio.sleep(60)
        assert monitor.ended() == []
        holds = monitor.numbers.capture().counts.counters["reactor_rule_holds_total"]
        assert dict(holds) == {("g/pids",): 1}
        world.use(crowd[0], None)
        await trio.sleep(5)
        assert sorted(monitor.ended()) == ["c1", "c2"]


async def test_wedged_containers_do_not_hold_a_rule_with_a_limit_for_ever(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    crowd = [task(world, f"c{n}", labels={"reactor.task": f"t{n}"}) for n in range(6)]
    rule = Rule("g/pids", "f", pids_over(100), limit=2, hold=3)
    async with running(world, tmp_path, setup=_setup(rule)) as monitor:
        await trio.sleep(5)
        for each in crowd[:2]:
            wedge(each)
            world.use(each, Usage(pids=150))
        await trio.sleep(5)
        world.use(crowd[2], Usage(pids=150))
        await trio.sleep(60)
        assert monitor.ended() == ["c2"], (
            "two match for as long as they are wedged: with this one they are three"
        )
        for each in crowd[3:]:
            world.use(each, Usage(pids=150))
        await trio.sleep(30)
        assert monitor.ended() == ["c2"], "three more at once are too many still"
        for each in crowd[:2]:
            free(each, trio.current_time())
        await trio.sleep(1)


async def test_a_start_with_new_rules_that_would_end_half_of_all_is_held(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    crowd = [task(world, f"c{n}", labels={"reactor.task": f"t{n}"}) for n in range(10)]
    for each in crowd[:5]:
        world.use(each, Usage(pids=150))
    rule = Rule("g/pids", "f", pids_over(100), digest="new")
    async with running(world, tmp_path, setup=_setup(rule, gate=GateTerms())) as monitor:
        await trio.sleep(60)
        assert monitor.ended() == []
        assert all(each.alive for each in crowd)
        holds = monitor.numbers.capture().counts.counters["reactor_gate_holds_total"]
        assert sum(holds.values()) == 1


async def test_a_start_with_proven_rules_is_not_held(autojump_clock: MockClock, tmp_path: Path) -> None:
    world = World()
    crowd = [task(world, f"c{n}", labels={"reactor.task": f"t{n}"}) for n in range(10)]
    for each in crowd[:5]:
        world.use(each, Usage(pids=150))
    rule = Rule("g/pids", "f", pids_over(100), digest="known")
    setup = _setup(rule, gate=GateTerms(), proven=frozenset({"known"}))
    async with running(world, tmp_path, setup=setup) as monitor:
        await trio.sleep(3)
        assert sorted(monitor.ended()) == [f"c{n}" for n in range(5)]
        assert all(each.alive for each in crowd[5:])


async def test_a_restart_with_a_setting_that_makes_a_proven_rule_wider_is_held(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """The same rule, proven by the first start: the second one believes readings for longer."""
    world = World()
    crowd = [task(world, f"c{n}", labels={"reactor.task": f"t{n}"}) for n in range(10)]
    setup = _setup(Rule("g/pids", "f", pids_over(100), digest="known"), gate=GateTerms())
    for patient, held in ((setup, False), (replace(setup, stale_after=60), True)):
        made = plan(world, tmp_path, setup=patient)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(world.run)
            with trio.move_on_after(15):
                await supervise(made, trio.sleep_forever)
            nursery.cancel_scope.cancel()
        for each in crowd[:5]:
            world.use(each, Usage(pids=150))
        assert bool(made.journal.proven()) is not held
    assert world.history.effective(BY) == []


async def test_the_end_of_a_main_takes_its_sidecars_by_a_rule_about_ends(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    main, other = task(world, "main"), task(world, "other", labels={"reactor.task": "t2"})
    task(world, "side", labels={"reactor.sidecar-of": "t1"})
    kept = task(world, "kept", labels={"reactor.sidecar-of": "t2"})
    die = Rule("g/die", "f", on=Trigger.DIE)
    async with running(world, tmp_path, setup=replace(_setup(die), orphan_after=1e6)) as monitor:
        await trio.sleep(5)
        world.exit(main, 3)
        await trio.sleep(20)
        assert monitor.ended() == ["side"]
        assert other.alive
        assert kept.alive


def test_what_is_about_the_whole_or_broken_is_not_counted_as_unknown() -> None:
    def fail(_: object) -> bool:
        raise ZeroDivisionError

    bad, total = Rule("g/bad", "f", when=condition(fail, "pids")), Rule("g/total", "f", when=total_over(9))
    told = story(bad, total, Rule("g/pids", "f", pids_over(9))).see(0, box(1))
    assert unknown_by_rule(told.setup, told.state, 1) == {"g/bad": 0, "g/total": 0, "g/pids": 1}
