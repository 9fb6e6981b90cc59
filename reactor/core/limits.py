"""The limit of a rule: if more runs match it at once, it decides about none of them.

"At once" are those that match now, whether or not ``for`` is over, and those that it decided about
a moment ago: a bad rule would else end them one by one. Those that cannot be ended do not count.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from reactor.core.candidates import Candidate
from reactor.core.cautions import RuleHeld, RuleReleased
from reactor.core.container import ContainerId
from reactor.core.draft import Draft
from reactor.core.restraint import RECENT, Limited
from reactor.core.rules import Rule
from reactor.core.state import State


def within_limits(
    draft: Draft, matching: Sequence[Candidate], rules: Iterable[Rule], at: float
) -> list[Candidate]:
    """Those that may be decided about; says which rules hold back, and which no longer do."""
    passed = [each for each in matching if each.rule.limit is None]
    curbs = draft.state.curbs
    limited, recent = dict(curbs.limited), dict(curbs.recent)
    for rule in rules:
        if rule.limit is None:
            continue
        mine = [each for each in matching if each.rule.key == rule.key]
        recent[rule.key] = tuple(each for each in recent.get(rule.key, ()) if at - each[0] < RECENT)
        matched = {each.id for each in mine} | {container for _, container in recent[rule.key]}
        count = sum(not _is_vain(draft, key) for key in matched)
        if count <= rule.limit:
            passed += mine
            if limited.pop(rule.key, None) is not None:
                draft.notes.append(RuleReleased(at, rule.name, count, rule.limit))
            continue
        before = limited.get(rule.key)
        if before is None:
            draft.notes.append(RuleHeld(at, rule.name, count, rule.limit))
        limited[rule.key] = Limited(at if before is None else before.since, count, rule.limit)
    recent = {key: each for key, each in recent.items() if each}
    if (limited, recent) != (curbs.limited, curbs.recent):
        draft.state = replace(draft.state, curbs=replace(curbs, limited=limited, recent=recent))
    return passed


def _is_vain(draft: Draft, key: ContainerId) -> bool:
    """Whether it was tried to end it, in vain: such a one would match, and hold the rule, for ever."""
    entry = draft.entry(key)
    return entry is not None and entry.vain


def remember(state: State, decided: Sequence[Candidate], at: float) -> State:
    """The state that knows what rules with a limit have just decided."""
    recent = dict(state.curbs.recent)
    for each in decided:
        if each.rule.limit is not None:
            recent[each.rule.key] = (*recent.get(each.rule.key, ()), (at, each.id))
    return replace(state, curbs=replace(state.curbs, recent=recent)) if decided else state
