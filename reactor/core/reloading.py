"""Other rules from now on: what is kept of those that were not changed, and what begins anew.

Only what is remembered of rules is here. Whether new ones may act at once is up to the gate.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from reactor.core.draft import Draft
from reactor.core.gate import start_counting
from reactor.core.restraint import Curbs
from reactor.core.selecting import LABEL_SAID, select
from reactor.core.state import Entry, Setup, State

V = TypeVar("V")


def reload(setup: Setup, state: State, at: float) -> Draft:
    """The state under the rules of this setup. A rule with the same key is the same rule."""
    keys = frozenset(rule.key for rule in setup.rules.rules)
    curbs = _kept_curbs(state.curbs, keys)
    wholes = {place: each for place, each in state.wholes.items() if place.rule in keys}
    state = replace(state, curbs=curbs, wholes=wholes)
    if state.snapshots:
        state = start_counting(state, at, anew=True)
    draft = Draft(state)
    for entry in state.entries.values():
        selected, notes = select(setup, _kept(entry, keys), at)
        draft.changed[entry.run.id] = selected
        draft.notes += notes
    return draft


def _kept(entry: Entry, keys: frozenset[str]) -> Entry:
    """The entry without what it remembers of rules that are in force no more."""
    old = frozenset(rule.key for rule in entry.rules) - keys
    if not old:
        return entry
    earlier = entry.earlier
    return replace(
        entry,
        holding=_without(entry.holding, old),
        latched=entry.latched - old,
        said=entry.said - old - {LABEL_SAID + key for key in old},
        earlier=replace(earlier, cooling=_without(earlier.cooling, old), disabled=earlier.disabled - old),
    )


def _kept_curbs(curbs: Curbs, keys: frozenset[str]) -> Curbs:
    return replace(
        curbs,
        limited=_only(curbs.limited, keys),
        recent=_only(curbs.recent, keys),
        broken=_only(curbs.broken, keys),
        sums={place: each for place, each in curbs.sums.items() if place.rule in keys},
    )


def _without(things: Mapping[str, V], keys: frozenset[str]) -> Mapping[str, V]:
    return {key: each for key, each in things.items() if key not in keys} if things else things


def _only(things: Mapping[str, V], keys: frozenset[str]) -> Mapping[str, V]:
    return {key: each for key, each in things.items() if key in keys} if things else things
