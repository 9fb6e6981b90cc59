"""Rules that say what is done about a main whose owner is gone, in the place of what is done else."""

from dataclasses import replace

import pytest

from reactor.core.cautions import GateHeld
from reactor.core.container import Container
from reactor.core.decisions import Result, Why
from reactor.core.facts import OwnersSeen
from reactor.core.owners import Presence
from reactor.core.restraint import GateTerms
from reactor.core.rules import Rule, RuleSet, Trigger
from reactor.core.selector import Selector
from reactor.core.stages import Stage
from reactor.core.state import Setup
from reactor.core.verbs import Action
from tests.core.written import condition as written

from .build import Story, box

GONE, ALIVE, UNKNOWN = Presence.GONE, Presence.ALIVE, Presence.UNKNOWN
KILL = Rule("g/gone", "f:1", on=Trigger.OWNER_GONE, action=Action.KILL)
TELL = replace(KILL, action=Action.WEBHOOK, then=(Stage(Action.WEBHOOK, target="oncall"),))


def owned(n: int, owner: str, **more: object) -> Container:
    return box(n, labels={"reactor.task": f"t{n}", "reactor.owner": owner}, **more)


def story(*rules: Rule, enforced: bool = True) -> Story:
    """A main of owner a and its sidecar, and neighbours of all kinds, at the age of 100 s."""
    side = box(2, labels={"reactor.sidecar-of": "t1", "reactor.owner": "lease:a"})
    inherited = owned(7, "lease:a", image_labels={"reactor.owner": "lease:a"})
    others = [owned(3, "lease:b"), owned(4, "lease:c"), owned(5, "a"), box(6), inherited]
    skipped = box(8, labels={"reactor.task": "t8", "reactor.owner": "lease:a", "reactor.skip": ""})
    setup = Setup(RuleSet(rules), owners_enforced=enforced)
    return Story(setup).snapshot(100, owned(1, "lease:a"), side, *others, skipped)


def beat(told: Story, first: int, last: int, presence: Presence) -> Story:
    """Look every 10 s, let time go on every second, and read everybody's processes between."""
    for at in range(first, last + 1):
        if (at - first) % 10 == 0:
            told.tell(OwnersSeen(at, {"lease:a": presence, "lease:b": ALIVE, "lease:c": UNKNOWN}))
        told.tick(at)
        told.sample(at + 0.5, box(1), pids=1)
    return told


@pytest.mark.parametrize("enforced", [True, False])
def test_a_rule_says_what_is_done_at_the_usual_moment_and_needs_no_switch(*, enforced: bool) -> None:
    told = beat(story(KILL, enforced=enforced), 110, 139, GONE)
    assert told.decisions == []
    beat(told, 140, 150, GONE)
    (decision,) = told.decisions
    assert (decision.rule, decision.action, decision.at) == ("g/gone", Action.KILL, 140)
    assert (int(decision.run.id, 16), decision.dry_run) == (1, False)
    assert decision.reason == "its owner has been gone for 30 s: "
    told.outcome(151, decision)
    assert told.ended() == [(1, "g/gone"), (2, "g/gone")]


def test_a_rule_that_only_tells_spares_the_main_and_tells_once_for_each_time() -> None:
    """Readings between two ticks do not make it tell again."""
    told = beat(story(TELL), 110, 240, GONE)
    beat(told, 241, 245, ALIVE)
    beat(told, 246, 290, GONE)
    assert [(d.rule, d.action, d.at) for d in told.decisions] == [
        ("g/gone", Action.WEBHOOK, 140),
        ("g/gone", Action.WEBHOOK, 276),
    ]


def test_a_dry_rule_takes_what_is_done_else_out_of_force_for_whom_it_is_meant_only() -> None:
    dry = replace(KILL, dry_run=True)
    told = beat(story(dry), 110, 200, GONE)
    assert [(d.rule, d.dry_run, d.at) for d in told.decisions] == [("g/gone", True, 140)]
    told = beat(story(replace(dry, select=(Selector(name="x*"),))), 110, 150, GONE)
    assert [(d.rule, d.dry_run) for d in told.decisions] == [("owner-gone", False)]


def test_a_condition_that_does_not_hold_spares_the_main() -> None:
    told = beat(story(replace(KILL, when=written("age > 99h"))), 110, 200, GONE)
    assert told.decisions == []


@pytest.mark.parametrize("presence", [UNKNOWN, ALIVE])
def test_unknown_and_alive_break_the_time(presence: Presence) -> None:
    told = beat(beat(beat(story(KILL), 110, 135, GONE), 136, 136, presence), 137, 166, GONE)
    assert told.decisions == []
    assert beat(told, 167, 168, GONE).at() == [(1, 167)]


def test_the_young_are_left_in_peace() -> None:
    told = Story(Setup(RuleSet((KILL,)))).snapshot(100, owned(1, "lease:a", created=95.0))
    assert beat(told, 101, 154, GONE).decisions == []
    assert beat(told, 155, 156, GONE).at() == [(1, 155)]


def test_one_whose_owner_came_back_at_the_last_look_is_counted_anew() -> None:
    told = beat(story(KILL), 110, 140, GONE)
    told.tell(OwnersSeen(141, {"lease:a": ALIVE}))
    told.outcome(141, told.decisions[0], Result.REFUSED, Why.PROTECTED)
    beat(told, 142, 181, GONE)
    assert told.at() == [(1, 140), (1, 172)]


def test_a_new_rule_about_owners_waits_at_the_gate_where_it_would_end_too_many() -> None:
    rule = replace(KILL, digest="x")
    for most, ended in ((1, 0), (9, 4)):
        setup = Setup(
            RuleSet((rule,)), gate=GateTerms(most=most, share=1, at_least=1, shortest=60, longest=60)
        )
        told = Story(setup).snapshot(100, *(owned(n, "lease:a") for n in range(1, 5)), owned(9, "lease:b"))
        for at in range(101, 181):
            told.tell(OwnersSeen(at, {"lease:a": GONE, "lease:b": ALIVE})).tick(at)
        assert len(told.decisions) == ended, most
        assert len(told.said(GateHeld)) == int(not ended)
