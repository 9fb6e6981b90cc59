"""Budgets and breaker at exact moments: who goes, who waits, and for what."""

from dataclasses import replace

import pytest

from reactor.core.braking import is_hard
from reactor.core.breaker import BreakerTerms, no_breaker
from reactor.core.budgets import Budget, BudgetTerms, no_budgets
from reactor.core.cautions import BreakerClosed, BreakerOpened, BudgetBack, BudgetSpent
from reactor.core.container import Container
from reactor.core.decisions import Result, Why
from reactor.core.facts import Released, Seen, Subscription
from reactor.core.rules import Level, Rule, Trigger
from tests.core.build import (
    Story,
    age_over,
    box,
    condition,
    memory_over,
    pids_over,
    story,
    total_over,
)

AGE = Rule("g/age", "f:1", when=age_over(100))
PIDS = Rule("g/pids", "f:2", when=pids_over(200))
WIDE = Budget(1000, 1.0)
FREE = BudgetTerms(WIDE, WIDE, WIDE, WIDE)


def _boxes(old: int, young: int, **changes: object) -> list[Container]:
    """``old`` of them are beyond 100 s at 0, the others one second short of it at 200."""
    return [box(n, born=-200.0, **changes) for n in range(1, old + 1)] + [
        box(n, born=101.0, **changes) for n in range(old + 1, old + young + 1)
    ]


def _told(*boxes: Container, rules: tuple[Rule, ...] = (AGE, PIDS), **setup: object) -> Story:
    armed: dict[str, object] = {"budgets": no_budgets(), "breaker": no_breaker(), **setup}
    return story(*rules, **armed).see(0, *boxes)


def _owned(owner: str, first: int, count: int, born: float) -> list[Container]:
    labels = {"reactor.owner": owner}
    return [
        box(n, born=born, labels={"reactor.task": f"t{n}", **labels}, image_labels={})
        for n in range(first, first + count)
    ]


@pytest.mark.parametrize(
    ("rule", "hard"),
    [
        (PIDS, True),
        (Rule("g/m", "f", when=memory_over(80)), True),
        (Rule("g/o", "f", on=Trigger.OOM), True),
        (replace(AGE, level=Level.HARD), True),
        (replace(PIDS, level=Level.SOFT), False),
        (AGE, False),
        (Rule("g/mixed", "f", when=condition(lambda _: True, "pids", "age")), False),
        (Rule("g/all", "f", when=condition(lambda _: True)), False),
        (Rule("g/total", "f", when=total_over(9)), False),
        (Rule("g/die", "f", on=Trigger.DIE), False),
    ],
)
def test_what_a_hard_verdict_is(rule: Rule, *, hard: bool) -> None:
    assert is_hard(rule) is hard


def test_twelve_of_thirty_open_it_and_none_of_them_goes() -> None:
    told = _told(*_boxes(12, 18), breaker=BreakerTerms(), budgets=FREE).tick(1).tick(2)
    assert told.decisions == []
    assert told.said(BreakerOpened) == [BreakerOpened(1, "", 12, 30)]
    assert len(told.state.curbs.brakes.waiting) == 12


@pytest.mark.parametrize(("old", "young"), [(9, 3), (10, 21), (12, 25)])
def test_fewer_than_ten_or_than_a_third_go(old: int, young: int) -> None:
    told = _told(*_boxes(old, young), breaker=BreakerTerms(), budgets=FREE).tick(1)
    assert told.live() == list(range(1, old + 1))
    assert told.said(BreakerOpened) == []


def test_those_that_come_one_by_one_are_counted_together() -> None:
    boxes = [box(n, born=float(n)) for n in range(1, 31)]
    told = _told(*boxes, breaker=BreakerTerms(), budgets=FREE)
    for at in range(100, 140):
        told.tick(at + 0.5)
    assert told.live() == list(range(1, 10)), "the tenth opens it"
    assert told.said(BreakerOpened) == [BreakerOpened(110.5, "", 10, 30)]


def test_matches_far_enough_apart_are_no_storm() -> None:
    boxes = [box(n, born=n * 10.0) for n in range(1, 13)]
    told = _told(*boxes, breaker=BreakerTerms(), budgets=FREE)
    for at in range(100, 240):
        told.tick(at + 0.5)
    assert told.live() == list(range(1, 13))


def test_hard_verdicts_go_on_at_their_rate_while_it_is_open() -> None:
    boxes = _boxes(12, 24)
    terms = replace(FREE, hard=Budget(2, 1.0))
    told = _told(*boxes, breaker=BreakerTerms(), budgets=terms).tick(1)
    assert told.decisions == []
    for n in range(13, 20):
        told.sample(1.25, boxes[n - 1], pids=201)
    told.sample(1.25, boxes[19], pids=200)
    assert told.at() == [(13, 1.25), (14, 1.25)]
    for at in (2, 3, 4, 5):
        told.tick(at)
    assert told.at()[2:] == [(15, 2), (16, 3), (17, 3), (18, 4), (19, 4)]
    assert told.said(BudgetSpent) == [BudgetSpent(2, "hard", 4)]
    assert told.said(BudgetBack) == [BudgetBack(4, "hard")]


def test_a_hard_verdict_does_not_go_before_those_who_wait() -> None:
    boxes = _boxes(0, 4)
    told = _told(*boxes, budgets=replace(FREE, hard=Budget(1, 1.0)))
    told.sample(1, boxes[0], pids=201).sample(1.1, boxes[1], pids=201).tick(1.5)
    told.sample(2.2, boxes[2], pids=201)
    assert told.at() == [(1, 1)], "a token is there, and it is the second one's"
    told.tick(2.5).tick(3.5)
    assert told.at() == [(1, 1), (2, 2.5), (3, 3.5)]


def test_one_that_no_longer_matches_while_it_waits_is_left_alone() -> None:
    boxes = _boxes(0, 4)
    told = _told(*boxes, budgets=replace(FREE, hard=Budget(1, 10.0)))
    for each in boxes[:3]:
        told.sample(1, each, pids=201)
    told.tick(2).sample(3, boxes[1], pids=200)
    for at in range(4, 12):
        told.sample(at, boxes[2], pids=201).tick(at)
    assert told.at() == [(1, 1), (3, 11)]


def test_it_closes_by_itself_when_nothing_matches_for_the_window() -> None:
    boxes = _boxes(12, 18)
    told = _told(*boxes, breaker=BreakerTerms(), budgets=FREE).tick(1)
    for n in range(1, 13):
        told.vanish(2, n)
    told.tick(30.9)
    assert told.said(BreakerClosed) == []
    told.tick(31)
    assert told.said(BreakerClosed) == [BreakerClosed(31, "", 0)]
    assert told.decisions == []


def test_released_they_go_and_those_who_come_later_are_counted_anew() -> None:
    boxes = _boxes(12, 24)
    told = _told(*boxes, breaker=BreakerTerms(), budgets=FREE).tick(1).tell(Released(2, "ada"))
    assert told.said(BreakerClosed) == [BreakerClosed(2, "", 12, "ada")]
    told.tick(3)
    assert told.live() == list(range(1, 13))
    told.tick(202)
    assert len(told.decisions) == 12, "24 more match at once"
    assert len(told.said(BreakerOpened)) == 2


def test_one_tenant_opens_it_for_itself_alone() -> None:
    a = _owned("a", 1, 12, -200.0)
    b = [*_owned("b", 13, 2, -200.0), *_owned("b", 15, 3, 500.0)]
    told = _told(*a, *b, box(18, born=-200.0), box(19, born=500.0), breaker=BreakerTerms(), budgets=FREE)
    told.tick(1)
    assert sorted(told.live()) == [13, 14, 18]
    assert told.said(BreakerOpened) == [BreakerOpened(1, "a", 12, 12)]


def test_of_the_few_who_are_seen_before_the_first_list_only_hard_verdicts_go() -> None:
    """They are looked at one by one: four of the twelve would be too few for the breaker, and have budget."""
    boxes = _boxes(12, 18)
    told = story(AGE, PIDS, breaker=BreakerTerms(), budgets=FREE)
    told.tell(*(Seen(0.5, each) for each in boxes[:4])).sample(0.6, boxes[0], pids=201).tick(1)
    assert [decision.rule for decision in told.decisions] == ["g/pids"]
    told.snapshot(1.5, *boxes).tick(2)
    assert [decision.rule for decision in told.decisions] == ["g/pids"]
    assert told.said(BreakerOpened) == [BreakerOpened(2, "", 12, 30)]


def test_so_it_is_when_events_are_back_until_all_are_listed() -> None:
    """An engine that was started again may have started everybody, and tells of them one by one."""
    boxes = _boxes(12, 18)
    told = story(AGE, PIDS, breaker=BreakerTerms(), budgets=FREE).snapshot(1)
    told.tell(Subscription(2, up=False), Subscription(9, up=True), *(Seen(9.1, each) for each in boxes[:4]))
    told.sample(9.2, boxes[0], pids=201).tick(10)
    assert [decision.rule for decision in told.decisions] == ["g/pids"]
    told.snapshot(10.5, *boxes, began=8.9).tick(11)
    assert [decision.rule for decision in told.decisions] == ["g/pids"], "this list began too early"
    told.snapshot(11.5, *boxes).tick(12)
    assert [decision.rule for decision in told.decisions] == ["g/pids"]
    assert len(told.said(BreakerOpened)) == 1


def test_a_list_that_never_comes_is_not_waited_for_for_ever() -> None:
    four = (Seen(9.1, each) for each in _boxes(4, 18))
    told = story(AGE, breaker=BreakerTerms(), budgets=FREE, stale_after=10.0).snapshot(1)
    told.tell(Subscription(2, up=False), Subscription(9, up=True), *four)
    told.tick(10).tick(19)
    assert not told.decisions
    told.tick(19.5)
    assert len(told.decisions) == 4


def test_events_that_are_lost_again_and_again_do_not_begin_that_anew() -> None:
    """An engine that has too much to do loses them before it has listed all."""
    told = story(AGE, breaker=BreakerTerms(), budgets=FREE, stale_after=10.0).snapshot(1)
    told.tell(Subscription(2, up=False), Subscription(3, up=True), Seen(3.1, _boxes(1, 0)[0]))
    for at in range(4, 40, 4):
        told.tick(at).snapshot(at + 0.1, *_boxes(1, 0), began=at - 3.5)
        told.tell(Subscription(at + 1, up=False), Subscription(at + 1.5, up=True)).tick(at + 2)
    assert [decision.at for decision in told.decisions] == [14]


def test_many_tenants_together_open_it_for_all() -> None:
    crowd = [each for n in range(4) for each in _owned(f"o{n}", 1 + 5 * n, 3, -200.0)]
    calm = [each for n in range(4) for each in _owned(f"o{n}", 4 + 5 * n, 2, 500.0)]
    told = _told(*crowd, *calm, breaker=BreakerTerms(), budgets=FREE).tick(1)
    assert told.decisions == []
    assert told.said(BreakerOpened) == [BreakerOpened(1, "", 12, 20)]


def test_those_who_cannot_be_ended_do_not_keep_it_open() -> None:
    boxes = _boxes(9, 10)
    told = _told(*boxes, breaker=BreakerTerms(), budgets=FREE, again_after=5).tick(1)
    for at in range(2, 60):
        for decision in told.decisions[-9:]:
            told.outcome(at, decision, Result.FAILED, Why.WEDGED)
        told.tick(at + 0.5)
    assert len(told.decisions) > 50, "they are tried again and again"
    told.see(60, box(40, born=-40.0)).tick(61)
    assert 40 in told.live()
    assert told.said(BreakerOpened) == []


def test_dry_and_gated_rules_never_count() -> None:
    told = _told(
        *_boxes(12, 6), rules=(replace(AGE, dry_run=True),), breaker=BreakerTerms(), budgets=FREE
    ).tick(1)
    assert len(told.decisions) == 12
    assert told.said(BreakerOpened) == []


def test_each_budget_bounds_what_is_its_own() -> None:
    terms = replace(FREE, rule=Budget(3, 60.0))
    told = _told(*_boxes(5, 5), budgets=terms).tick(1)
    assert told.live() == [1, 2, 3]
    assert told.said(BudgetSpent) == [BudgetSpent(1, "rule g/age", 2)]
    told.tick(20.9)
    assert len(told.decisions) == 3
    told.tick(21).tick(40.9)
    assert told.live() == [1, 2, 3, 4]
    told.tick(41).tick(42)
    assert told.live() == [1, 2, 3, 4, 5]
    assert told.said(BudgetBack) == [BudgetBack(41, "rule g/age")]
    assert told.state.curbs.brakes.waiting == {}


def test_an_owner_who_is_out_of_tokens_does_not_stand_before_others() -> None:
    boxes = [*_owned("a", 1, 6, -200.0), *_owned("b", 7, 2, -200.0), *_owned("b", 9, 2, 500.0)]
    told = _told(*boxes, budgets=replace(FREE, owner=Budget(2, 60.0))).tick(1)
    assert sorted(told.live()) == [1, 2, 7, 8]
    told = _told(*boxes, budgets=replace(FREE, host=Budget(4, 60.0))).tick(1)
    assert told.live() == [1, 7, 2, 8]


def test_a_fork_storm_of_two_hundred_is_ended_at_once_by_the_usual_budgets() -> None:
    boxes = _boxes(0, 1000)
    told = _told(*boxes, budgets=BudgetTerms(), breaker=BreakerTerms())
    for each in boxes[:200]:
        told.sample(1, each, pids=201)
    assert told.live() == list(range(1, 201))


def test_a_thousand_runaways_are_over_in_less_than_a_minute() -> None:
    boxes = _boxes(0, 1000)
    told = _told(*boxes, budgets=BudgetTerms(), breaker=BreakerTerms(), stale_after=1e6)
    for each in boxes:
        told.sample(1, each, pids=201)
    at = 1
    while len(told.decisions) < 1000:
        at += 1
        told.tick(at)
    assert at == 41
    assert len(set(told.live())) == 1000
