"""The last look before acting, and at what was left behind, when other rules are in force by then."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.core.decisions import Decision
from reactor.core.facts import Fact, Held, OwnersSeen, Silenced
from reactor.core.last_look import is_in_force, runs_dry
from reactor.core.orders import Hold, Silence
from reactor.core.owners import Presence
from reactor.core.ports import EngineUnreachable
from reactor.core.rules import Exemption, Level, Rule, RuleSet, Trigger
from reactor.core.state import Setup, State
from reactor.core.step import step
from reactor.core.verbs import Action
from reactor.journal.journal import Journal
from reactor.observe.tally import Tally
from reactor.streams.scheduler import TrioScheduler
from reactor.testing.faults import Fail, Kind
from reactor.testing.tasks import Usage
from reactor.testing.world import World
from tests.app.test_supervise import running, task
from tests.core.build import box, pids_over

RULE = Rule("g/pids", "f:1", when=pids_over(200), digest="1")
DRY = replace(RULE, dry_run=True, digest="2")
SPARES = replace(RULE, exempt=(Exemption("site", ("name",), (("c1",),)),), digest="3")
OTHERS = replace(RULE, exempt=(Exemption("site", ("name",), (("c11",),)),), digest="4")
SOFT, HARD = replace(RULE, level=Level.SOFT), replace(RULE, level=Level.HARD)
DRY_SOFT, DRY_HARD = replace(DRY, level=Level.SOFT), replace(DRY, level=Level.HARD)


def _decision(rule: str = "g/pids", cause: str = "", level: str = "") -> Decision:
    run = box(1).run
    return Decision("d", 0, run, "c1", Action.KILL, rule, "pids 201 > 200", seen=0, cause=cause, level=level)


def _monitor(folder: Path, *rules: Rule) -> Monitor:
    setup = Setup(RuleSet(rules))
    return Monitor(setup, TrioScheduler(), Journal(folder / "journal.db", inline=True), Tally())


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        ((RULE,), True),
        ((), False),
        ((replace(RULE, name="g/other"),), False),
        ((DRY,), False),
        ((SPARES,), False),
        ((OTHERS,), True),
        ((DRY_SOFT, HARD), True),
    ],
)
async def test_a_decision_that_waited_is_not_carried_out_against_the_rules_by_then(
    tmp_path: Path, rules: tuple[Rule, ...], *, allowed: bool
) -> None:
    await trio.lowlevel.checkpoint()
    monitor = _monitor(tmp_path, RULE)
    assert monitor.allows(box(1), _decision())
    monitor.setup = replace(monitor.setup, rules=RuleSet(rules))
    assert monitor.allows(box(1), _decision()) is allowed
    assert monitor.allows(box(1), _decision(cause="main")), "its main is gone already"
    assert monitor.allows(box(1), _decision("orphan"))


@pytest.mark.parametrize(
    ("level", "rules", "in_force", "dry"),
    [
        ("soft", (SOFT, HARD), True, False),
        ("soft", (DRY_SOFT, HARD), True, True),
        ("hard", (DRY_SOFT, HARD), True, False),
        ("soft", (SOFT, DRY_HARD), True, False),
        ("soft", (RULE,), False, False),
        ("only", (SOFT, HARD), False, False),
        ("only", (RULE,), True, False),
        ("only", (DRY,), True, True),
        # What was written before levels were: nobody knows which it was, and one that runs dry is enough.
        ("", (RULE,), True, False),
        ("", (SOFT, HARD), True, False),
        ("", (DRY_SOFT, HARD), True, True),
        ("", (), False, False),
    ],
)
async def test_what_one_level_decided_is_judged_by_that_level(
    tmp_path: Path, level: str, rules: tuple[Rule, ...], *, in_force: bool, dry: bool
) -> None:
    await trio.lowlevel.checkpoint()
    monitor, decision = _monitor(tmp_path, *rules), _decision(level=level)
    assert (is_in_force(monitor.setup, decision), runs_dry(monitor.setup, decision)) == (in_force, dry)
    if level:
        assert monitor.allows(box(1), decision) is (in_force and not dry)


@pytest.mark.parametrize(
    ("owner", "seen", "enforced", "allowed"),
    [
        ("lease:a", Presence.GONE, True, True),
        ("lease:a", Presence.GONE, False, False),
        ("lease:a", Presence.ALIVE, True, False),
        ("lease:a", Presence.UNKNOWN, True, False),
        ("lease:b", Presence.GONE, True, False),
    ],
)
async def test_an_owner_has_to_be_gone_still(
    autojump_clock: MockClock, tmp_path: Path, owner: str, seen: Presence, *, enforced: bool, allowed: bool
) -> None:
    """Whoever goes with a main that went before goes all the same."""
    monitor = _monitor(tmp_path)
    monitor.setup = replace(monitor.setup, owners_enforced=enforced, owner_grace=5.0)
    fact = OwnersSeen(trio.current_time(), {"lease:a": seen})
    monitor.graph.state = step(monitor.setup, State(), fact).state
    await trio.sleep(6)
    main = box(1, labels={"reactor.task": "t1", "reactor.owner": owner})
    assert monitor.allows(main, _decision("owner-gone")) is allowed
    assert runs_dry(monitor.setup, _decision("owner-gone")) is not enforced
    assert monitor.allows(main, _decision("owner-gone", cause="main"))


@pytest.mark.parametrize(
    ("owner", "seen", "allowed"),
    [
        ("lease:a", Presence.GONE, True),
        ("lease:a", Presence.ALIVE, False),
        ("lease:a", Presence.UNKNOWN, False),
        ("lease:b", Presence.GONE, False),
    ],
)
async def test_a_rule_about_owners_looks_again_and_needs_no_switch(
    autojump_clock: MockClock, tmp_path: Path, owner: str, seen: Presence, *, allowed: bool
) -> None:
    monitor = _monitor(tmp_path, Rule("g/r", "f:1", on=Trigger.OWNER_GONE))
    monitor.setup = replace(monitor.setup, owners_enforced=False, owner_grace=5.0)
    fact = OwnersSeen(trio.current_time(), {"lease:a": seen})
    monitor.graph.state = step(monitor.setup, State(), fact).state
    await trio.sleep(6)
    main = box(1, labels={"reactor.task": "t1", "reactor.owner": owner})
    assert monitor.allows(main, _decision("g/r")) is allowed
    assert monitor.allows(main, _decision("g/r", cause="main"))


def _silence(at: float) -> Fact:
    return Silenced(at, Silence("s", at, at + 30, "kim", "a build", rule="safety/pids"))


def _hold(at: float) -> Fact:
    return Held(at, Hold("h", at, "kim", "a look", at + 30))


@pytest.mark.parametrize("order", [_silence, _hold])
async def test_an_order_that_comes_in_between_spares_nobody_for_longer_than_it_lasts(
    autojump_clock: MockClock, tmp_path: Path, order: Callable[[float], Fact]
) -> None:
    """A kill waits for an engine that is away; when that is back the run is spared, and ended afterwards."""
    world, monitors = World(), []
    bad, near = task(world, "bad"), task(world, "near")

    async def service(monitor: Monitor, numbers: Numbers, task_status: trio.TaskStatus[None]) -> None:
        del numbers
        monitors.append(monitor)
        task_status.started()

    async with running(world, tmp_path, services=(service,)) as monitor:
        monitor.engine.script.always(Kind.KILL, Fail(EngineUnreachable("away")))
        world.use(bad, Usage(pids=250))
        world.use(near, Usage(pids=200))
        await trio.sleep(4)
        monitors[0].feed(order(trio.current_time()))
        monitor.engine.script.always(Kind.KILL, None)
        await trio.sleep(29)
        assert monitor.ended() == []
        await trio.sleep(3)
        assert monitor.ended() == ["bad"]
