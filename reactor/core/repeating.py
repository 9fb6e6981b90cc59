"""What an earlier monitor has done to runs that it left alive, so that this one does not do it again.

A rule that leaves its run alive speaks once for as long as its condition holds; a new monitor would take the
first look for the first time. Triggers are not here: each of their times is one of its own.
"""

from reactor.core.rules import Rule, rules_of
from reactor.core.state import Entry, Setup
from reactor.core.verbs import Action


def done_before(setup: Setup, entry: Entry) -> frozenset[str]:
    """The keys of the rules that have spoken about this run, and did not change since."""
    return frozenset(
        rule.key
        for done in setup.done.get(entry.run, ())
        for rule in rules_of(entry.rules, done.rule, done.level)
        if _is_same(setup, rule) and (done.certain or _runs_program(rule))
    )


def _is_same(setup: Setup, rule: Rule) -> bool:
    return not rule.ends and rule.on is None and not setup.runs_dry(rule) and rule.digest in setup.proven


def _runs_program(rule: Rule) -> bool:
    """Whether it must not be begun a second time: nobody knows what an operator's program has done."""
    return rule.action is Action.EXEC or any(stage.action is Action.EXEC for stage in rule.then)
