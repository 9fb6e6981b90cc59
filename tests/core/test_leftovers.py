"""Leftovers: who is one, from exactly which moment, and all those who are none."""

from dataclasses import replace
from typing import Any

import pytest

from reactor.core.container import Container, Run, State
from reactor.core.decisions import Result, Why
from reactor.core.leftovers import AT_ONCE, RULE
from reactor.core.protection import Policy
from reactor.core.selector import Selector
from reactor.core.verbs import Action
from tests.core.build import Story, anew, box, cid, over, started, story

HOUR = 3600.0
DAY = 24 * HOUR


def waiting(after: float | None = DAY, **setup: Any) -> Story:
    return story(leftovers_after=after, **setup)


def ended(n: int, finished: float | None = -2 * DAY, **changes: Any) -> Container:
    """One that was over long before we came."""
    return over(box(n, finished=finished, **changes))


def created(n: int, at: float | None = -2 * DAY) -> Container:
    return box(n, run=Run(cid(n), ""), state=State.CREATED, created=at, born=None)


def test_one_whose_end_we_saw_goes_at_its_time_and_not_before() -> None:
    told = waiting().see(0, box(1), box(2)).see(100, over(box(1, finished=100.0)))
    assert told.tick(100 + DAY - 1).decisions == []
    told.tick(100 + DAY)
    (decision,) = told.decisions
    assert (decision.action, decision.rule, decision.reason) == (Action.REMOVE, RULE, "ended 24h ago")
    assert told.live() == [1]
    assert told.tick(101 + DAY).live() == [1], "once"


def test_the_engines_moment_counts_for_nothing_where_we_saw_the_end() -> None:
    """After a clock jump it may lie days back."""
    told = waiting().see(0, box(1)).see(100, over(box(1, finished=-9 * DAY)))
    assert told.tick(99 + DAY).decisions == []
    assert told.tick(100 + DAY).live() == [1]


@pytest.mark.parametrize(("after", "watched"), [(DAY, 600.0), (60.0, 60.0)])
@pytest.mark.parametrize("kind", [ended, created])
def test_one_that_was_over_before_us_is_watched_for_a_while(after: float, watched: float, kind: Any) -> None:
    told = waiting(after).see(5, kind(1))
    assert told.tick(4 + watched).decisions == []
    assert told.tick(5 + watched).live() == [1]


def test_what_was_created_shortly_before_or_ended_so_waits_for_its_time() -> None:
    told = waiting().see(0, ended(1, -DAY + 1000), created(2, -DAY + 2000))
    assert told.tick(999).decisions == []
    assert told.tick(1000).live() == [1]
    assert told.tick(1999).live() == [1]
    assert told.tick(2000).live() == [1, 2]


@pytest.mark.parametrize(
    "innocent",
    [
        box(1),
        box(1, state=State.PAUSED),
        box(1, state=State.RESTARTING),
        ended(1, None),
        created(1, None),
        ended(1, restart_policy="always"),
        ended(1, restart_policy="unless-stopped"),
        ended(1, restart_policy="on-failure"),
        replace(ended(1), state=State.REMOVING),
        ended(1, labels={}),
        ended(1, labels={"reactor.task": "t", "reactor.skip": ""}),
        ended(1, name="protected"),
    ],
    ids=lambda each: f"{each.state}-{each.restart_policy}-{each.finished}-{len(each.labels)}-{each.name}",
)
def test_innocents_stay_for_ever(innocent: Container) -> None:
    told = waiting(policy=Policy(protect=(Selector(name="protected"),))).see(0, innocent, ended(9))
    for day in range(1, 30):
        told.tick(day * DAY)
    assert told.live() == [9]


def test_off_by_default_and_only_said_when_dry() -> None:
    assert waiting(None).see(0, ended(1)).tick(DAY).decisions == []
    told = waiting(dry_run=True).see(0, ended(1)).tick(DAY).tick(DAY + 1)
    assert [each.dry_run for each in told.decisions] == [True]


def test_whoever_is_still_needed_stays() -> None:
    """A sidecar whose main lives, and a main whose network somebody alive has joined."""
    side = ended(2, labels={"reactor.sidecar-of": "t1"})
    joined, joiner = ended(3), box(4, joins=frozenset({cid(3)}))
    told = waiting().see(0, box(1), side, joined, joiner).tick(DAY)
    assert told.live() == []
    told.see(DAY, over(box(1)), over(joiner)).tick(DAY + 1)
    assert sorted(told.live()) == [2, 3]


def test_one_that_runs_again_is_none() -> None:
    told = waiting().see(0, ended(1)).see(500, anew(box(1), 40, 500)).tick(DAY)
    assert told.decisions == []
    told.see(DAY, over(anew(box(1), 40, 500)))
    assert told.tick(2 * DAY - 1).decisions == []
    assert told.tick(2 * DAY).live() == [1]


def test_a_crowd_goes_a_few_at_a_time_the_oldest_first() -> None:
    told = waiting().see(0, *(ended(n, -2 * DAY - n) for n in range(1, 12))).tick(DAY).tick(DAY + 1)
    assert told.live() == [11, 10, 9, 8][:AT_ONCE]
    told.outcome(DAY + 2, told.decisions[0], why=Why.GONE).vanish(DAY + 2, 11).tick(DAY + 3)
    assert told.live()[AT_ONCE:] == [7]


@pytest.mark.parametrize(
    ("result", "why", "again"),
    [
        (Result.FAILED, Why.FORBIDDEN, True),
        (Result.REFUSED, Why.PROTECTED, False),
    ],
)
def test_a_failure_is_tried_again_later_and_a_refusal_is_not(result: Result, why: Why, again: bool) -> None:
    told = waiting().see(0, ended(1)).tick(DAY)
    told.outcome(DAY + 1, told.decisions[0], result, why).tick(DAY + 60)
    assert told.live() == [1]
    assert told.tick(DAY + 61).live() == ([1, 1] if again else [1])
    assert len({each.id for each in told.decisions}) == len(told.decisions)


def test_an_end_that_we_brought_leaves_one_too() -> None:
    from_rule = box(1, name="bad")
    told = waiting().see(0, from_rule).see(50, over(from_rule, 137))
    assert told.tick(50 + DAY).live() == [1]
    assert started() == from_rule.run.started_at
