"""The token bucket: never more than is due in any stretch of time, and never less for having waited."""

from hypothesis import given
from hypothesis import strategies as st

from reactor.core.budgets import Bucket, Budget, has_token, is_full, left, take

BUDGETS = st.builds(Budget, st.integers(1, 50), st.floats(0.5, 600, allow_nan=False))
STEPS = st.lists(st.floats(0, 100, allow_nan=False), max_size=60)


def _spend(budget: Budget, steps: list[float]) -> list[float]:
    """The moments at which somebody who always wants one gets one, asked at these moments."""
    bucket: Bucket | None = None
    at, taken = 0.0, []
    for wait in steps:
        at += wait
        while has_token(budget, bucket, at):
            bucket = take(budget, bucket, at)
            taken.append(at)
    return taken


@given(budget=BUDGETS, steps=STEPS)
def test_in_no_stretch_of_time_are_there_more_than_its_due(budget: Budget, steps: list[float]) -> None:
    taken = _spend(budget, steps)
    for first, begin in enumerate(taken):
        for last in range(first, len(taken)):
            due = budget.most + (taken[last] - begin) * budget.most / budget.per
            assert last - first + 1 <= due + 1e-3


@given(budget=BUDGETS, steps=STEPS)
def test_whoever_waits_long_enough_gets_one(budget: Budget, steps: list[float]) -> None:
    bucket: Bucket | None = None
    at = 0.0
    for wait in steps:
        at += wait
        if has_token(budget, bucket, at):
            bucket = take(budget, bucket, at)
        else:
            assert has_token(budget, bucket, at + budget.per / budget.most + 1e-6)
        assert 0 <= left(budget, bucket, at) <= budget.most


@given(budget=BUDGETS, back=st.floats(0, 1e6, allow_nan=False))
def test_time_never_takes_a_token_away(budget: Budget, back: float) -> None:
    bucket = take(budget, None, 1e6)
    assert left(budget, bucket, 1e6 - back) == left(budget, bucket, 1e6)


def test_one_comes_back_at_its_moment() -> None:
    budget = Budget(2, 10.0)
    bucket = take(budget, take(budget, None, 100), 100)
    assert not has_token(budget, bucket, 104.9)
    assert has_token(budget, bucket, 105)
    assert not is_full(budget, bucket, 109.9)
    assert is_full(budget, bucket, 110)
