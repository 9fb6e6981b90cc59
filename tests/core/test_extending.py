"""Who may live longer: rules about age see less of it while that lasts, and no other rule does."""

import pytest

from reactor.core.facts import Extended
from reactor.core.rules import Rule

from .build import Story, age_over, anew, box, cid, condition, over, pids_over, story

AGE = Rule("g/age", "f:1", when=age_over(100))
TOTAL = Rule(
    "g/total",
    "f:2",
    when=condition(lambda view: None if view.total_age is None else view.total_age > 100, "total_age"),
)
PIDS = Rule("g/pids", "f:3", when=pids_over(200))


def ticked(told: Story, first: int, last: int) -> Story:
    for at in range(first, last + 1):
        told.tick(at)
    return told


@pytest.mark.parametrize("rule", [AGE, TOTAL])
def test_an_extension_lasts_for_its_time_and_for_one_container(rule: Rule) -> None:
    told = story(rule).snapshot(50, box(1, restarts=0), box(2, restarts=0))
    told.tell(Extended(80, cid(1), 60, 140, "ada", "backup"))
    ticked(told, 81, 150)
    assert told.at() == [(2, 101), (1, 140)]


def test_it_reaches_the_next_run_and_one_that_nobody_has_seen_yet() -> None:
    """As after a restart, when it comes from the journal before the first list."""
    first = box(1, restarts=0)
    told = story(TOTAL).tell(Extended(10, cid(1), 300, 310)).snapshot(50, first)
    told.see(60, over(first)).see(61, anew(first, 40, 61.0))
    assert ticked(told, 62, 300).decisions == []


def test_other_rules_do_not_wait() -> None:
    told = story(AGE, PIDS).snapshot(50, box(1)).tell(Extended(80, cid(1), 3600, 3680))
    told.sample(90, box(1), pids=201)
    assert told.ended() == [(1, "g/pids")]


def test_it_can_be_given_anew_and_taken_back() -> None:
    told = (
        story(AGE)
        .snapshot(50, box(1), box(2))
        .tell(Extended(80, cid(1), 60, 140), Extended(80, cid(2), 60, 140))
    )
    ticked(told, 81, 120).tell(Extended(120, cid(1), 120, 180), Extended(120, cid(2), 0, 120))
    assert ticked(told, 121, 200).at() == [(2, 121), (1, 180)]
