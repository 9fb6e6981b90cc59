"""Readings that last: a reader who goes on looking tells only what is another, and vouches for all the rest.

To tell of ten thousand runs every few seconds that they are as they were costs more than all else. So one
fact, ``Still``, says it of all whose last sample is by that reader. It is not carried over to their entries:
whoever looks at an entry takes it as it is by now (``renewed``), and is told by it what a sample of that
moment would have told him. ``tests/core/test_lasting.py`` holds it against carrying it over each time.
"""

import math
from typing import Final

from reactor.core.facts import Sample, Still
from reactor.core.state import Entry, State, Vouched, Zombies
from reactor.core.swift import changed

LULL: Final = 8.0
"""Seconds without a word after which nobody relies on it: all are judged, and have moments of their own."""

ZOMBIES_FRESH: Final = 45.0
"""For how many seconds a count of zombies is evidence: processes are looked at every 15 to 30 seconds."""


def is_vouched(state: State, entry: Entry) -> bool:
    """Whether the last sample is one that lasts, as long as its reader says so."""
    sample, vouched = entry.sample, state.vouched
    if sample is None or vouched is None or sample.by != vouched.by:
        return False
    return sample.run is entry.container.run or sample.run == entry.container.run


def sample_of(state: State, entry: Entry) -> Sample | None:
    """The last sample, as of the moment up to which it is evidence."""
    sample, vouched = entry.sample, state.vouched
    if sample is None or vouched is None or vouched.as_of <= sample.at or not is_vouched(state, entry):
        return sample
    return changed(sample, at=vouched.as_of)


def known_until(state: State, entry: Entry) -> float:
    """Up to when the last sample is evidence; for ever ago if there is none."""
    sample, vouched = entry.sample, state.vouched
    if sample is None:
        return -math.inf
    return max(sample.at, vouched.as_of) if vouched is not None and is_vouched(state, entry) else sample.at


def renewed(state: State, entry: Entry) -> Entry:
    """The entry as if its reader had told the same again when he vouched for it, and its zombies, too."""
    sample, zombies = sample_of(state, entry), _zombies_of(state, entry)
    if sample is entry.sample and zombies is entry.zombies:
        return entry
    heard = entry.heard
    if sample is not None and heard is not None:
        heard = max(heard, sample.at)
    return changed(entry, sample=sample, heard=heard, zombies=zombies)


def _zombies_of(state: State, entry: Entry) -> Zombies | None:
    """Who has some has as many at each look, until it is said that there are others."""
    seen, counted = entry.zombies, state.counted
    if seen is None or counted is None or counted <= seen.at or entry.ended_at is not None:
        return seen
    return changed(seen, at=counted)


def is_lull(state: State, at: float) -> bool:
    """Whether it is long ago that somebody vouched for what he had told."""
    return state.vouched is not None and at - state.vouched.as_of > LULL


def is_uncounted(state: State, at: float) -> bool:
    """Whether it is long ago that somebody counted zombies."""
    return state.counted is not None and at - state.counted > ZOMBIES_FRESH


def take_still(state: State, fact: Still) -> State:
    """Keep what a reader says, and settle those of whom it is not true, or that are another reader's."""
    old = state.vouched
    others = old is not None and old.by != fact.by
    found = list(state.entries.values()) if others else []
    mine = (state.entries.get(run.id) for run in sorted(fact.lapsed, key=lambda run: run.id))
    settled = {entry.run.id: _settled(state, entry) for entry in found if _is_of_another(entry, fact.by)}
    settled |= {
        entry.run.id: _settled(state, entry)
        for entry in mine
        if entry is not None and entry.sample is not None and entry.sample.run in fact.lapsed
    }
    as_of = min(fact.at, fact.as_of)
    if old is not None and not others:
        as_of = max(old.as_of, as_of)
    return changed(state, entries=state.entries.put_all(settled), vouched=Vouched(fact.by, as_of))


def _is_of_another(entry: Entry, by: int) -> bool:
    return entry.sample is not None and entry.sample.by not in {0, by}


def _settled(state: State, entry: Entry) -> Entry:
    """The entry with what is known by now, which does not last any more."""
    entry = renewed(state, entry)
    return entry if entry.sample is None else changed(entry, sample=changed(entry.sample, by=0))
