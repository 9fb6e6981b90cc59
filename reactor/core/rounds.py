"""Whose turn it is when time goes on: who was stirred, whose calm is over, and nobody else.

How long a calm lasts is found in ``calm``; what a turn consists of is in ``tick``. Here nobody is forgotten:
whoever is not stirred stands in the heap of deadlines with a moment not later than the end of his calm.
"""

from collections.abc import Iterable
from dataclasses import replace

from reactor.core.calm import LONGEST, is_same_weather, lasts_until, weather_of
from reactor.core.container import ContainerId
from reactor.core.draft import Draft
from reactor.core.state import Entry, Setup, State
from reactor.core.swift import changed


def begin_round(setup: Setup, state: State, at: float, *, gap: bool) -> tuple[State, list[Entry]]:
    """The state with a new round begun, and whose turn it is in it: after a ``gap`` everybody's."""
    waiting, deadlines = state.deadlines.due(at)
    turns = set(state.entries.stirred)
    for key in waiting:
        entry = state.entries.get(key)
        if entry is None or key in turns:
            continue
        until = lasts_until(state, entry, entry.calm) if entry.calm is not None else at
        if until > at:
            deadlines = deadlines.put(min(until, at + LONGEST), key)
        else:
            turns.add(key)
    same = is_same_weather(setup, state)
    entries = list(state.entries.among(turns) if same and not gap else state.entries.values())
    weather = state.weather if same else weather_of(setup, state)
    return changed(state, entries=state.entries.settled(), deadlines=deadlines, weather=weather), entries


def end_round(draft: Draft, turns: Iterable[Entry], at: float) -> None:
    """Let those rest who are calm now; the others have their turn again in the next round."""
    stirred = list[ContainerId]()
    for old in turns:
        key = old.run.id
        entry = draft.changed.get(key, old)
        if entry.calm is not None:
            draft.quiet[key] = draft.changed[key] = _awaits_turn(draft, old, entry, at)
        elif _is_awaited(entry):
            stirred.append(key)
    state = draft.state
    draft.state = changed(state, entries=state.entries.stir(stirred))


def put_judged(setup: Setup, state: State, old: Entry, entry: Entry, at: float) -> State:
    """The state with an entry that was judged for its own sake between two rounds."""
    if entry.calm is None or not is_same_weather(setup, state):
        return changed(state, entries=state.entries.put(entry.run.id, entry))
    draft = Draft(state)
    entry = _awaits_turn(draft, old, entry, at)
    return changed(draft.state, entries=state.entries.put(entry.run.id, entry, quiet=True))


def _awaits_turn(draft: Draft, old: Entry, entry: Entry, at: float) -> Entry:
    """The entry in the heap of deadlines; one that stands there for early enough stays where it is."""
    state, calm = draft.state, entry.calm
    if calm is None:
        return entry
    until = lasts_until(state, entry, calm)
    before = old.calm.turn if old.calm is not None else 0.0
    turn = min(until, at + LONGEST)
    if state.ticked is not None and state.ticked < before <= until:
        turn = before
    else:
        draft.state = changed(state, deadlines=state.deadlines.put(turn, entry.run.id))
    return changed(entry, calm=replace(calm, turn=turn))


def _is_awaited(entry: Entry) -> bool:
    """Whether time, or somebody who looks when it goes on, may have to do with it though it is not calm."""
    waits = bool(entry.rules) and (entry.alive or bool(entry.due))
    return waits or entry.alone is not None or entry.gone_at is not None
