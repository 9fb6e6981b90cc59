"""How many containers each rule matches at one moment: counted, and put into lines or a document.

Where the state comes from is the business of ``against``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reactor.core.appraisal import NOT_SELECTED, appraise
from reactor.core.outlook import HOLDS, Stand
from reactor.core.rules import Rule
from reactor.core.sentences import WAITS
from reactor.core.state import Setup, State

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Count:
    """One rule against everybody: whom it matches now (name, numbers, summary), and how many it cannot judge.

    ``selected`` is how many living runs in scope it is for. ``waits`` counts those for whom its
    condition holds and its event is yet to come.
    """

    rule: Rule
    selected: int
    matches: tuple[tuple[str, str, str], ...]
    unknown: int
    waits: int


def count(setup: Setup, state: State, at: float) -> Iterator[Count]:
    """Each rule against all living runs in scope, at this moment."""
    governed = [entry for entry in state.living() if entry.governed]
    told = [(entry.container.name, appraise(setup, state, entry, at).rules) for entry in governed]
    for number, rule in enumerate(setup.rules.rules):
        each = [(name, rules[number]) for name, rules in told]
        yield Count(
            rule,
            selected=sum(one.stand != NOT_SELECTED for _, one in each),
            matches=tuple((name, one.said, one.summary) for name, one in each if one.stand in HOLDS),
            unknown=sum(one.stand == Stand.UNKNOWN for _, one in each),
            waits=sum(one.sentence == WAITS for _, one in each),
        )


def lines_of(counts: tuple[Count, ...] | None) -> Iterator[str]:
    """One line for each rule, and those that it matches below it."""
    if counts is None:
        return
    yield ""
    width = max((len(each.rule.name) for each in counts), default=0)
    for each in counts:
        more = [f"{each.unknown} unknown"] if each.unknown else []
        more += [f"{each.waits} wait for their event"] if each.waits else []
        said = f"{len(each.matches)} of {each.selected} match now"
        yield f"{each.rule.name:<{width}}  {', '.join([said, *more])}"
        for name, numbers, _ in each.matches[:MOST_NAMED]:
            yield f"{'':<{width}}    {name}: {numbers or 'on ' + str(each.rule.on)}"
        if len(each.matches) > MOST_NAMED:
            yield f"{'':<{width}}    and {len(each.matches) - MOST_NAMED} more"


def document(count: Count) -> dict[str, Any]:
    """What a machine may read; keys are only ever added."""
    return {
        "rule": count.rule.name,
        "level": count.rule.level,
        "selected": count.selected,
        "matches": [
            {"name": name, "said": said, "summary": summary} for name, said, summary in count.matches
        ],
        "unknown": count.unknown,
        "waits": count.waits,
    }
