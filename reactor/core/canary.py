"""The rule that is for canaries alone: containers that we send out ourselves, to see them ended.

Which container is one is known by its id, from whoever made it (``Container.canary``), and from nothing that
it says of itself. It is under this rule and no other: no rule of people counts it, it draws on no budget, and
no gate, breaker, owner or sidecar has to do with it. When one is sent is not decided here.
"""

from reactor.core.language.conditions import compile_condition
from reactor.core.language.tree import Compare, Kind, Literal, Name
from reactor.core.rules import Rule, Severity

RULE = "canary"
"""What stands in the place of a rule's name; those of people have a slash."""
MOST_PIDS = 20
"""What a canary may have at most: it has more as soon as it lives."""


def _rule() -> Rule:
    when = compile_condition(Compare(">", Name("pids"), Literal(Kind.COUNT, MOST_PIDS, str(MOST_PIDS))))
    return Rule(RULE, "", when=when, severity=Severity.INFO, summary="a canary, sent to be ended")


CANARY_RULE = _rule()
"""The rule, as one of people's would be."""
