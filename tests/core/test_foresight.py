"""In how many seconds a rule acts: too late at worst, never too early, and unknown where nobody knows."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.core.appraisal import appraise
from reactor.core.breaker import BreakerTerms
from reactor.core.budgets import Budget, BudgetTerms
from reactor.core.facts import Extended, Held, Silenced
from reactor.core.orders import Hold, Silence
from reactor.core.restraint import GateTerms
from reactor.core.rules import Rule
from tests.core.build import Story, box, cid, pids_over, story
from tests.core.written import condition

AGED = Rule("g/age", "f:1", when=condition("age > 100s"))
WIDE = Budget(1000, 1.0)


def due(told: Story, n: int, at: float) -> float | None:
    """What is said of the first rule."""
    return appraise(told.setup, told.state, told.entry(n), at).rules[0].due_in


@settings(max_examples=25, deadline=None)
@given(count=st.integers(1, 6), most=st.integers(1, 3), each=st.integers(1, 5), asked=st.integers(1, 12))
def test_whoever_waits_for_a_token_goes_no_later_than_was_said(
    count: int, most: int, each: int, asked: int
) -> None:
    """If nobody new comes; a token is drawn at the first tick after it is there."""
    terms = BudgetTerms(Budget(most, float(most * each)), WIDE, WIDE, WIDE)
    told = story(AGED, budgets=terms).see(0, *(box(n, born=-200.0) for n in range(1, count + 1)))
    for at in range(1, asked + 1):
        told.tick(at)
    waiting = {int(run, 16) for run in told.state.curbs.brakes.waiting}
    announced = {n: due(told, n, float(asked)) for n in waiting}
    for at in range(asked + 1, asked + 35):
        told.tick(at)
    went = dict(told.at())
    assert len(went) == count
    for n, seconds in announced.items():
        assert seconds is not None
        assert seconds > 0
        assert went[n] <= asked + seconds + 1.0
    if announced:
        # The last of them shows that the bound is one that is reached.
        assert max(went.values()) >= asked + max(each or 0.0 for each in announced.values()) - 1e-6


def test_behind_those_who_wait_it_is_the_later_bound() -> None:
    terms = BudgetTerms(Budget(1, 10.0), WIDE, WIDE, WIDE)
    told = story(AGED, budgets=terms).see(0, *(box(n, born=-200.0) for n in (1, 2, 3)), box(4, born=-90.0))
    told.tick(1)
    assert [n for n, _ in told.at()] == [1]
    assert [due(told, n, 1.0) for n in (2, 3)] == [pytest.approx(20.0)] * 2, "who of them goes first is open"
    assert due(told, 4, 1.0) == pytest.approx(30.0), "in 9 s it is old enough, and two stand before it"
    unarmed = story(AGED).see(0, box(4, born=-90.0)).tick(1)
    assert due(unarmed, 4, 1.0) == pytest.approx(9.0)


def test_while_a_breaker_is_open_nobody_knows() -> None:
    hard = Rule("g/pids", "f:2", when=pids_over(200), hold=5.0)
    told = story(AGED, hard, breaker=BreakerTerms())
    told.see(0, *(box(n, born=-200.0) for n in range(1, 13))).tick(1)
    assert told.decisions == []
    assert due(told, 1, 1.0) is None
    told.sample(1, box(1), pids=201)
    assert appraise(told.setup, told.state, told.entry(1), 1.0).rules[1].due_in == 5.0, (
        "a hard verdict goes on"
    )


@pytest.mark.parametrize(
    ("since", "lasts", "seconds", "expected"),
    [
        (0.0, 1000.0, 50.0, 140.0),  # it is reached while the extension lasts
        (0.0, 30.0, 500.0, 90.0),  # over before it matters: its age is that of before
        (0.0, 95.0, 500.0, 95.0),  # over when it matters: all of it comes back at once
        (0.0, 120.0, 40.0, 120.0),
    ],
)
def test_an_extension_counts_for_as_long_as_it_lasts(
    since: float, lasts: float, seconds: float, expected: float
) -> None:
    told = story(AGED).see(0, box(1, born=-10.0))
    told.tell(Extended(since, cid(1), seconds, since + lasts)).tick(0)
    found = due(told, 1, 0.0)
    assert found == pytest.approx(expected)
    for at in range(1, 145):
        told.tick(at)
    ((_, went),) = told.at()
    assert went == pytest.approx(expected, abs=1.01)


def test_a_silence_puts_it_off_and_a_hold_only_makes_it_words() -> None:
    told = story(AGED).see(0, box(1, born=-80.0), box(2, born=-90.0))
    told.tell(Silenced(0.0, Silence("s", 0.0, 60.0, "ada", "x", container=cid(1), name="c1"))).tick(0)
    assert due(told, 1, 0.0) == 60.0
    assert due(told, 2, 0.0) == pytest.approx(10.0)
    told.tell(Held(1.0, Hold("h", 1.0, "ada", "x")))
    rule = appraise(told.setup, told.state, told.entry(2), 1.0).rules[0]
    assert rule.dry_run
    assert rule.due_in == pytest.approx(9.0)


def test_a_gate_or_a_limit_in_the_way_makes_it_unknown() -> None:
    gated = story(AGED, gate=GateTerms(shortest=5.0))
    gated.snapshot(0, box(1, born=-90.0)).tick(1)
    assert due(gated, 1, 1.0) is None
    limited = story(replace(AGED, limit=1))
    limited.see(0, box(1, born=-200.0), box(2, born=-200.0), box(3, born=-90.0)).tick(1)
    assert [due(limited, n, 1.0) for n in (1, 3)] == [None, None]
