"""Rules that fail by a defect: out of force for that container, and after some of these altogether.

Nothing else stops because of one. Where the defect shows itself it is caught in ``verdicts``.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

from reactor.core.cautions import RuleBroken
from reactor.core.container import ContainerId
from reactor.core.draft import Draft
from reactor.core.restraint import Curbs
from reactor.core.rules import Rule
from reactor.core.state import Entry


def put_out_of_force(draft: Draft, entry: Entry, broken: Iterable[tuple[Rule, str]], at: float) -> None:
    """Put these rules out of force for this container, and say so."""
    for rule, error in broken:
        curbs = draft.state.curbs
        where = curbs.broken.get(rule.key, frozenset()) | {entry.run.id}
        curbs = replace(curbs, broken={**curbs.broken, rule.key: where})
        draft.state = replace(draft.state, curbs=curbs)
        disabled = entry.earlier.disabled | {rule.key}
        holding = {key: each for key, each in entry.holding.items() if key != rule.key}
        entry = replace(entry, holding=holding, earlier=replace(entry.earlier, disabled=disabled))
        draft.changed[entry.run.id] = entry
        name = entry.container.name
        draft.notes.append(
            RuleBroken(at, entry.run, name, rule.name, error, altogether=curbs.is_off(rule.key))
        )


def forget_broken(curbs: Curbs, gone: Collection[ContainerId]) -> Curbs:
    """The curbs without containers that are gone; a rule that is out of force altogether stays so."""
    if not curbs.broken:
        return curbs
    left = {
        key: where if curbs.is_off(key) else where.difference(gone) for key, where in curbs.broken.items()
    }
    return replace(curbs, broken={key: where for key, where in left.items() if where})
