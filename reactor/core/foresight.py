"""In how many seconds a rule would act on a run if nothing changes: only what time alone brings about.

It is never said too early: where somebody else's turn, or an operator, decides when it goes, it is unknown,
or the later bound is told.
"""

from dataclasses import replace

from reactor.core.accounts import account_of
from reactor.core.braking import budgets_of, is_braked, is_hard
from reactor.core.budgets import FEW, Budget, left
from reactor.core.gate import is_gated
from reactor.core.language.distance import Distance
from reactor.core.lifetimes import given_to
from reactor.core.orders import Silence
from reactor.core.outlook import Outlook, Stand
from reactor.core.returning import waits_until
from reactor.core.rules import Rule, View
from reactor.core.state import Entry, Setup, State


def due_in(
    setup: Setup,
    state: State,
    entry: Entry,
    outlook: Outlook,
    far: tuple[Distance, ...],
    view: View,
    at: float,
) -> float | None:
    """When it acts if nothing changes; ``setup`` is as the orders leave it. None if nobody can know."""
    rule = outlook.rule
    soonest = _soonest(entry, outlook, far, view, at)
    if soonest is None or is_gated(setup, state, rule) or rule.key in state.curbs.limited:
        return None
    soonest = max(soonest, _silent_for(setup.silences, entry, rule, at))
    if not is_braked(setup, rule):
        return soonest
    return _braked(setup, state, entry, rule, soonest, at)


def _soonest(
    entry: Entry, outlook: Outlook, far: tuple[Distance, ...], view: View, at: float
) -> float | None:
    rule = outlook.rule
    if outlook.next_at is not None:
        return outlook.next_at - at
    if outlook.stand is not Stand.WITHIN or rule.on is not None or outlook.not_before is None:
        return None
    reached = _reached(entry, rule, far, view, at)
    if reached is None:
        return None
    return max(max(0.0, reached) + rule.hold, outlook.not_before - at)


def _reached(entry: Entry, rule: Rule, far: tuple[Distance, ...], view: View, at: float) -> float | None:
    """When the first of its bounds is passed by which the whole condition holds."""
    bounds = [each.reached_in for each in far if each.reached_in is not None]
    moments = sorted(_passed(entry, each, at) for each in bounds)
    return next((seconds for seconds, more in moments if _holds_later(rule, view, more)), None)


def _passed(entry: Entry, bound: float, at: float) -> tuple[float, float]:
    """In how many seconds a bound of an age is passed, and by how much rules see it older by then.

    An age that was lessened to nothing stays there for a while; and when the extension is over, what it took
    away is there again, all at once.
    """
    given, extended, born = given_to(entry, at), entry.extended, entry.container.born
    if not given or extended is None or born is None:
        return bound, bound
    stays, lasts = max(0.0, given - (at - born)), extended.until - at
    if bound + stays < lasts:
        return bound + stays, bound
    seconds = max(lasts, bound + stays - given)
    return seconds, seconds - stays + given


def _holds_later(rule: Rule, view: View, seconds: float) -> bool:
    """Whether it holds once the ages are more by so much and a moment, and nothing else is another then.

    A part that is false or unknown now stays so: then the bound is reached, and nothing happens.
    """
    if rule.when is None or view.age is None:
        return False
    more = seconds + 1.0
    total = None if view.total_age is None else view.total_age + more
    return rule.when.test(replace(view, age=view.age + more, total_age=total)) is True


def _silent_for(silences: tuple[Silence, ...], entry: Entry, rule: Rule, at: float) -> float:
    """For how long somebody keeps this rule from saying anything about this run."""
    return max(
        (each.until - at for each in silences if each.covers(entry.run.id, rule.name, at)), default=0.0
    )


def _braked(setup: Setup, state: State, entry: Entry, rule: Rule, soonest: float, at: float) -> float | None:
    """Behind all who wait for the same tokens by now; while a breaker is open nobody knows for how long."""
    brakes, owner = state.curbs.brakes, account_of(setup.policy, entry)
    is_open = "" in brakes.opens or (owner and owner in brakes.opens)
    if is_open and not is_hard(rule) and entry.run not in brakes.released:
        return None
    due = None if is_hard(rule) else waits_until(setup, state, entry, rule, at)
    if due is not None:
        soonest = max(soonest, due - at)
    if setup.budgets.off:
        return soonest
    waits = entry.run.id in brakes.waiting
    for name, budget in budgets_of(setup.budgets, rule, owner).items():
        before = brakes.short.get(name, 0)
        needed = max(before, 1) if waits else before + 1
        soonest = max(soonest, _until(budget, left(budget, brakes.buckets.get(name), at), needed))
    return soonest


def _until(budget: Budget, there: float, needed: int) -> float:
    """How long until there have been so many tokens."""
    return max(0.0, needed - there - FEW) * budget.per / budget.most
