"""An operator's order: who is meant, who is out of reach, and what it does beside what rules do."""

from dataclasses import replace

import pytest

from reactor.core.commanding import ALONE, WITH_SIDECARS, meant, refusal
from reactor.core.container import ContainerId, Run
from reactor.core.decisions import Result, Why
from reactor.core.facts import Ordered
from reactor.core.protection import Policy, Standing
from reactor.core.rules import Rule
from reactor.core.selector import Selector
from reactor.core.state import Setup
from reactor.core.verbs import Action
from tests.core.build import Story, age_over, box, cid, over, rules, started, story

SIDECAR = box(2, labels={"reactor.sidecar-of": "t1"})


def order(at: float, n: int, *, cascade: bool = False, second: int = 0) -> Ordered:
    return Ordered(at, Run(cid(n), started(second)), "ada", "it hangs", cascade)


@pytest.mark.parametrize(
    "labels", [{"reactor.task": "t1"}, {"reactor.task": "t1", "reactor.skip": ""}, {}], ids=str
)
def test_one_run_is_ended_wherever_it_stands_and_nobody_beside_it(labels: dict[str, str]) -> None:
    told = story().see(0, box(1, labels=labels), box(3)).tell(order(5, 1))
    (decision,) = told.decisions
    assert (told.live(), decision.action, decision.rule) == ([1], Action.KILL, ALONE)
    assert decision.reason == "ordered by ada: it hangs"
    assert told.tell(order(6, 1)).live() == [1], "it is being carried out"


@pytest.mark.parametrize(("cascade", "ended"), [(False, [1]), (True, [1, 2])])
def test_sidecars_go_along_only_if_that_was_ordered(cascade: bool, ended: list[int]) -> None:
    told = story().see(0, box(1), SIDECAR, box(3)).tell(order(5, 1, cascade=cascade))
    told.outcome(6, told.decisions[0])
    assert told.live() == ended
    assert {each.rule for each in told.decisions} == {WITH_SIDECARS if cascade else ALONE}


def test_a_skipped_sidecar_does_not_go_along() -> None:
    spared = replace(SIDECAR, labels={**SIDECAR.labels, "reactor.skip": ""})
    told = story().see(0, box(1), spared).tell(order(5, 1, cascade=True))
    assert told.outcome(6, told.decisions[0]).live() == [1]


def test_another_run_than_was_meant_is_left_alone() -> None:
    assert story().see(0, box(1)).tell(order(5, 1, second=7)).live() == []
    assert story().see(0, box(1)).see(1, over(box(1))).tell(order(5, 1)).live() == []
    assert story().tell(order(5, 1)).live() == []
    unsure = story().see(0, box(1)).snapshot(2, unsure=frozenset({cid(1)}))
    assert unsure.tell(order(5, 1)).live() == []


def test_what_is_our_own_is_out_of_reach_and_a_dry_monitor_ends_nothing() -> None:
    own = Policy(own=cid(1), protected_ids=frozenset({cid(2)}), protect=(Selector(name="c3"),))
    told = story(policy=own).see(0, box(1), box(2), box(3))
    assert told.tell(order(5, 1), order(5, 2)).live() == []
    assert told.entry(3).standing is Standing.PROTECTED
    assert told.tell(order(5, 3)).live() == [3]
    assert story(dry_run=True).see(0, box(1)).tell(order(5, 1)).decisions == []


def test_an_order_overtakes_a_polite_stop_and_a_rule_does_not_decide_again() -> None:
    polite = Rule("g/old", "f:1", when=age_over(3), action=Action.STOP, grace=60)
    told = story(polite).see(0, box(1)).tick(4).tell(order(5, 1)).tick(6)
    assert [each.action for each in told.decisions] == [Action.STOP, Action.KILL]
    told = story(polite).see(0, box(1)).tell(order(1, 1)).tick(4)
    assert [each.rule for each in told.decisions] == [ALONE]


def test_after_a_failure_it_can_be_ordered_again() -> None:
    told = story().see(0, box(1)).tell(order(5, 1))
    told.outcome(6, told.decisions[0], Result.FAILED, Why.FORBIDDEN)
    told.tell(order(7, 1))
    assert told.live() == [1, 1]
    assert len({each.id for each in told.decisions}) == 2


def test_a_name_like_an_id_means_two_and_so_nobody() -> None:
    told = Story(Setup(rules())).see(0, box(1), box(2, name=cid(1)[:12]), box(3, name="web"))
    assert len(meant(told.state, cid(1)[:12])) == 3, "the ids of these three begin alike"
    other = box(4, run=Run(ContainerId("ab" * 32), started()), name="other")
    told.see(1, other, box(5, name="ab" * 6))
    assert len(meant(told.state, "ab" * 6)) == 2
    assert [each.run.id for each in meant(told.state, "web")] == [cid(3)]
    assert [each.run.id for each in meant(told.state, cid(1))] == [cid(1)]
    assert meant(told.state, cid(1)[:11]) == ()
    assert refusal(told.setup, told.entry(3)) == ""
