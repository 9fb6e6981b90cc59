"""The part of the configuration that is about brakes: gate, budgets, breaker, comebacks. Shape only."""

from reactor.app.configvalues import Count, LongestWait, Rate, Share
from reactor.core.breaker import BreakerTerms
from reactor.core.budgets import BudgetTerms
from reactor.core.comebacks import ComebackTerms
from reactor.core.restraint import GateTerms
from reactor.ruleset.models import Duration, Strict


class GateText(Strict):
    """``gate``: how much rules that were never in force before may do at once."""

    most: Count = GateTerms().most
    share: Share = GateTerms().share
    at_least: Count = GateTerms().at_least
    off: bool = False


class BudgetsText(Strict):
    """``budgets``: how many runs may be ended in how much time."""

    rule: Rate = BudgetTerms().rule
    owner: Rate = BudgetTerms().owner
    host: Rate = BudgetTerms().host
    hard: Rate = BudgetTerms().hard
    off: bool = False


class BreakerText(Strict):
    """``breaker``: when so many match within a while that only hard verdicts go on."""

    at_least: Count = BreakerTerms().at_least
    share: Share = BreakerTerms().share
    within: Duration = BreakerTerms().within
    off: bool = False


class ComebacksText(Strict):
    """``comebacks``: how far apart the ends of a service are that is brought back whenever it is ended."""

    at_least: Count = ComebackTerms().at_least
    back_within: Duration = ComebackTerms().back_within
    window: Duration = ComebackTerms().window
    first: Duration = ComebackTerms().first
    longest: LongestWait = ComebackTerms().longest
    off: bool = False
