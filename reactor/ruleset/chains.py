"""What the entries of ``then:`` mean together: an order that makes sense, and at most one end.

Asked is what a rule does in the end, after its group's defaults and later files have had their say.
"""

from collections.abc import Iterator, Sequence

from reactor.core.rules import Trigger
from reactor.core.stages import Stage, principal
from reactor.core.verbs import ENDING, Action
from reactor.ruleset.actions import USUAL
from reactor.ruleset.drafts import Given
from reactor.ruleset.errors import RuleError
from reactor.ruleset.sayings import Saying

STRENGTH = {Action.RESTART: 1, Action.STOP: 2, Action.KILL: 3, Action.REMOVE: 4}
"""Which of two ends is the stronger; what leaves the run alive is the mildest."""
_ON_THE_RUN = frozenset({Action.PAUSE, Action.LIMIT})
"""What can only be done to a run that is alive."""


def chain_of(saying: Saying) -> Sequence[Given]:
    """The entries; a kill where nothing is said."""
    return saying.given["then"].value if "then" in saying.given else (Given(USUAL, saying.spot),)


def strength(saying: Saying) -> tuple[int, Given]:
    """How strong a chain is, and the entry that makes it so."""
    chain = chain_of(saying)
    main = principal(each.value for each in chain)
    given = next(each for each in chain if each.value is main)
    return STRENGTH.get(given.value.action, 0), given


def complaints(saying: Saying) -> Iterator[RuleError]:
    """All that is wrong with a chain."""
    chain = chain_of(saying)
    yield from _ends(chain)
    yield from _twice(chain)
    if saying.when is not None and saying.when.total is not None and not any(map(_is_end, chain)):
        message = "a condition about the whole ends its victims: add kill, stop or restart"
        yield chain[0].spot.at_value(message)
    if saying.on is Trigger.DIE:
        for each in chain:
            if each.value.action in _ON_THE_RUN:
                message = f"'on: die' is about a run that is over: there is nothing to {each.value.action}"
                yield each.spot.at_value(message)


def _ends(chain: Sequence[Given]) -> Iterator[RuleError]:
    ends = [each for each in chain if _is_end(each)]
    for surplus in ends[1:]:
        yield surplus.spot.at_value("a rule ends a container in one way: leave one of the actions out")
    behind = chain[chain.index(ends[0]) + 1 :] if ends else ()
    for each in behind:
        if each.value.action in _ON_THE_RUN or each.value.action is Action.NOTICE:
            late, end = each.value.action, ends[0].value.action
            yield each.spot.at_value(f"'{late}' comes too late behind '{end}': write it before that")


def _twice(chain: Sequence[Given]) -> Iterator[RuleError]:
    seen: set[Stage] = set()
    for each in chain:
        if each.value in seen and not _is_end(each):
            yield each.spot.at_value(f"'{each.value.action}' stands here twice: leave one out")
        seen.add(each.value)


def _is_end(given: Given) -> bool:
    return given.value.action in ENDING
