"""The last look before acting, when other rules are in force by then."""

from dataclasses import replace
from pathlib import Path

import pytest
import trio

from reactor.app.monitor import Monitor
from reactor.core.decisions import Decision
from reactor.core.rules import Exemption, Level, Rule, RuleSet
from reactor.core.state import Setup
from reactor.core.verbs import Action
from reactor.journal.journal import Journal
from reactor.observe.tally import Tally
from reactor.streams.scheduler import TrioScheduler
from tests.core.build import box, pids_over

RULE = Rule("g/pids", "f:1", when=pids_over(200), digest="1")
DRY = replace(RULE, dry_run=True, digest="2")
SPARES = replace(RULE, exempt=(Exemption("site", ("name",), (("c1",),)),), digest="3")
OTHERS = replace(RULE, exempt=(Exemption("site", ("name",), (("c11",),)),), digest="4")


def _decision(rule: str = "g/pids", cause: str = "") -> Decision:
    run = box(1).run
    return Decision("d", 0, run, "c1", Action.KILL, rule, "pids 201 > 200", seen=0, cause=cause)


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        ((RULE,), True),
        ((), False),
        ((replace(RULE, name="g/other"),), False),
        ((DRY,), False),
        ((SPARES,), False),
        ((OTHERS,), True),
        ((replace(DRY, level=Level.SOFT), replace(RULE, level=Level.HARD)), True),
    ],
)
async def test_a_decision_that_waited_is_not_carried_out_against_the_rules_by_then(
    tmp_path: Path, rules: tuple[Rule, ...], *, allowed: bool
) -> None:
    await trio.lowlevel.checkpoint()
    monitor = Monitor(
        Setup(RuleSet((RULE,))), TrioScheduler(), Journal(tmp_path / "journal.db", inline=True), Tally()
    )
    assert monitor.allows(box(1), _decision())
    monitor.setup = replace(monitor.setup, rules=RuleSet(rules))
    assert monitor.allows(box(1), _decision()) is allowed
    assert monitor.allows(box(1), _decision(cause="main")), "its main is gone already"
    assert monitor.allows(box(1), _decision("orphan"))
