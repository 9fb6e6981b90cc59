"""Soft and hard levels of a rule: a hard one overtakes a soft one under way, once, and they cascade once."""

from dataclasses import replace

import pytest

from reactor.core.decisions import Result, Why
from reactor.core.facts import Reloaded
from reactor.core.notes import CascadeHeld
from reactor.core.rules import Level, Rule, RuleSet
from reactor.core.verbs import Action
from tests.core.build import Story, box, pids_over, story

SOFT = Rule("g/r", "f:1", when=pids_over(100), action=Action.STOP, grace=60, level=Level.SOFT)
HARD = Rule("g/r", "f:2", when=pids_over(200), level=Level.HARD)
SIDE = box(5, labels={"reactor.sidecar-of": "t1"})


def _stopping() -> Story:
    return story(SOFT, HARD).see(0, box(1), box(2), SIDE).sample(1, box(1), pids=101)


def _actions(told: Story) -> list[tuple[int, Action]]:
    return [(int(decision.run.id, 16), decision.action) for decision in told.decisions]


def test_two_levels_share_their_name_and_nothing_else() -> None:
    assert SOFT.name == HARD.name
    assert SOFT.key != HARD.key


def test_a_hard_level_overtakes_a_stop_under_way_exactly_once() -> None:
    told = _stopping().sample(1, box(2), pids=100)
    assert _actions(told) == [(1, Action.STOP)]
    told.sample(2, box(1), pids=200)
    assert len(told.decisions) == 1
    told.sample(3, box(1), pids=201).sample(4, box(1), pids=300).tick(5)
    assert _actions(told) == [(1, Action.STOP), (1, Action.KILL)]
    assert len({decision.id for decision in told.decisions}) == 2


def test_what_breaks_both_levels_at_once_is_killed_only() -> None:
    told = story(SOFT, HARD).see(0, box(1)).sample(1, box(1), pids=250).sample(2, box(1), pids=250)
    assert _actions(told) == [(1, Action.KILL)]


def test_a_rule_without_levels_does_not_overtake() -> None:
    plain = Rule("g/other", "f:3", when=pids_over(200))
    told = story(SOFT, plain).see(0, box(1)).sample(1, box(1), pids=101).sample(2, box(1), pids=201)
    assert _actions(told) == [(1, Action.STOP)]


def test_a_hard_stop_overtakes_nothing() -> None:
    hard = replace(HARD, action=Action.STOP)
    told = story(SOFT, hard).see(0, box(1)).sample(1, box(1), pids=101).sample(2, box(1), pids=201)
    assert _actions(told) == [(1, Action.STOP)]


@pytest.mark.parametrize("first", [0, 1])
def test_both_outcomes_come_in_and_the_sidecars_go_once(first: int) -> None:
    told = _stopping().sample(2, box(1), pids=201)
    stop, kill = told.decisions
    order = [stop, kill] if first == 0 else [kill, stop]
    told.outcome(3, order[0]).outcome(3.5, order[1], Result.DONE, Why.ALREADY_OVER)
    assert _actions(told)[2:] == [(5, Action.STOP)]
    assert told.entry(1).settled


def test_the_sidecars_go_once_even_if_the_first_try_at_them_failed_meanwhile() -> None:
    told = _stopping().sample(2, box(1), pids=201)
    stop, kill = told.decisions
    told.outcome(3, kill)
    told.outcome(3.2, told.decisions[2], Result.FAILED, Why.GIVEN_UP)
    told.outcome(3.5, stop)
    assert len(told.decisions) == 3


def test_a_soft_level_that_fails_leaves_the_hard_one_alone() -> None:
    told = _stopping().sample(2, box(1), pids=201)
    stop, kill = told.decisions
    told.outcome(3, stop, Result.FAILED, Why.GIVEN_UP).sample(4, box(1), pids=201)
    assert len(told.decisions) == 2, "the kill is under way"
    assert told.said(CascadeHeld) == []
    told.outcome(5, kill)
    assert _actions(told)[2:] == [(5, Action.STOP)]


def test_a_hard_level_that_fails_falls_back_to_the_soft_one_and_is_tried_again_later() -> None:
    told = _stopping().sample(2, box(1), pids=201)
    stop, kill = told.decisions
    told.outcome(3, kill, Result.FAILED, Why.GIVEN_UP)
    assert (told.entry(1).ending, told.entry(1).under_way) == (stop.id, Action.STOP)
    told.sample(30, box(1), pids=201)
    assert len(told.decisions) == 2
    told.sample(63, box(1), pids=201)
    assert _actions(told)[2:] == [(1, Action.KILL)]


def test_both_failed_and_the_run_is_free_for_a_new_decision() -> None:
    told = _stopping().sample(2, box(1), pids=201)
    stop, kill = told.decisions
    told.outcome(3, kill, Result.FAILED, Why.GIVEN_UP).outcome(4, stop, Result.FAILED, Why.GIVEN_UP)
    assert not told.entry(1).ending
    assert told.entry(1).under_way is None
    told.sample(70, box(1), pids=150)
    assert _actions(told)[2:] == [(1, Action.STOP)]


def test_a_protected_run_is_latched_for_both_levels() -> None:
    told = _stopping()
    told.outcome(2, told.decisions[0], Result.REFUSED, Why.PROTECTED)
    told.sample(3, box(1), pids=300).tick(4)
    assert len(told.decisions) == 1


def test_a_dry_hard_level_only_says_so_beside_a_stop_under_way() -> None:
    told = story(SOFT, replace(HARD, dry_run=True)).see(0, box(1)).sample(1, box(1), pids=101)
    told.sample(2, box(1), pids=201).sample(3, box(1), pids=202)
    assert [(d.action, d.dry_run) for d in told.decisions] == [(Action.STOP, False), (Action.KILL, True)]
    told.outcome(4, told.decisions[1], Result.REFUSED, Why.DRY_RUN)
    assert told.entry(1).ending == told.decisions[0].id


def test_a_hard_level_overtakes_the_polite_end_of_a_cascade() -> None:
    told = story(SOFT, HARD).see(0, box(1), SIDE).sample(1, box(1), pids=201)
    told.outcome(2, told.decisions[0]).sample(3, SIDE, pids=150).sample(4, SIDE, pids=201)
    assert _actions(told) == [(1, Action.KILL), (5, Action.STOP), (5, Action.KILL)]
    told.outcome(5, told.decisions[1]).outcome(5, told.decisions[2])
    assert len(told.decisions) == 3


def test_nothing_overtakes_what_has_come_off() -> None:
    told = _stopping()
    told.outcome(2, told.decisions[0]).sample(2.1, box(1), pids=201).tick(3)
    assert _actions(told) == [(1, Action.STOP), (5, Action.STOP)]


def test_a_decision_says_which_level_took_it_and_so_do_those_of_its_cascade() -> None:
    plain = story(Rule("g/r", "f:1", when=pids_over(100))).see(0, box(1)).sample(1, box(1), pids=101)
    assert [decision.level for decision in plain.decisions] == ["only"]
    told = _stopping().sample(2, box(1), pids=201)
    told.outcome(3, told.decisions[1])
    assert [decision.level for decision in told.decisions] == ["soft", "hard", "hard"]


@pytest.mark.parametrize("rules", [(), (replace(SOFT, dry_run=True, digest="2"),)])
def test_a_soft_level_that_is_refused_does_not_silence_the_hard_one(rules: tuple[Rule, ...]) -> None:
    """The soft level was changed to run dry, or taken out, while its decision waited."""
    told = _stopping()
    told.setup = replace(told.setup, rules=RuleSet((*rules, HARD)))
    told.tell(Reloaded(1.5))
    told.outcome(2, told.decisions[0], Result.REFUSED, Why.PROTECTED)
    told.sample(3, box(1), pids=150)
    assert len(told.live()) == 1
    told.sample(4, box(1), pids=201)
    assert [decision.action for decision in told.decisions if not decision.dry_run] == [
        Action.STOP,
        Action.KILL,
    ]
    told.outcome(5, told.decisions[-1], Result.REFUSED, Why.PROTECTED).sample(6, box(1), pids=201)
    assert len(told.live()) == 2
