"""Budgets: how many ends there may be in how much time, as buckets of tokens that fill up again.

Only the reckoning is here. Who draws on which budget is said in ``braking``.
"""

from dataclasses import dataclass

FEW = 1e-9
"""Less than this is rounding: a token that is all but there is there."""


@dataclass(frozen=True, slots=True)
class Budget:
    """``most`` tokens, which come back within ``per`` seconds: at once, or one by one."""

    most: int
    per: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many tokens were left at a moment."""

    left: float
    at: float


@dataclass(frozen=True, slots=True)
class BudgetTerms:
    """The budgets of what ends runs: each rule's, each owner's, the host's, and that of hard verdicts.

    Hard verdicts have a budget of their own and draw on no other: a wave of rules about time must not
    spend what a fork storm needs, and it may be spent faster.
    """

    rule: Budget = Budget(60, 60.0)
    owner: Budget = Budget(60, 60.0)
    host: Budget = Budget(120, 60.0)
    hard: Budget = Budget(200, 10.0)
    off: bool = False


def no_budgets() -> BudgetTerms:
    """Nobody waits for a token."""
    return BudgetTerms(off=True)


def left(budget: Budget, bucket: Bucket | None, at: float) -> float:
    """How many tokens there are now. A bucket that nobody drew on is full; time never takes one away."""
    if bucket is None:
        return float(budget.most)
    back = max(0.0, at - bucket.at) * budget.most / budget.per
    return min(float(budget.most), bucket.left + back)


def has_token(budget: Budget, bucket: Bucket | None, at: float) -> bool:
    """Whether one may go now."""
    return left(budget, bucket, at) >= 1.0 - FEW


def take(budget: Budget, bucket: Bucket | None, at: float) -> Bucket:
    """The bucket with one token less; nobody can owe more than none."""
    latest = at if bucket is None else max(at, bucket.at)
    return Bucket(max(0.0, left(budget, bucket, at) - 1.0), latest)


def is_full(budget: Budget, bucket: Bucket, at: float) -> bool:
    """Whether it need not be remembered any more."""
    return left(budget, bucket, at) >= budget.most
