"""What all in scope use together, kept from one tick to the next: only what changed is looked at anew.

Adding ten thousand up in every second, mostly to find what was found a second ago, would cost more than
all else that a tick does. What belongs here is the keeping; what follows from a sum is in ``amounts`` and
``whole``. ``tests/core/test_together.py`` holds it against adding everybody up.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from reactor.core.columns import PARTS, Column, Value, column
from reactor.core.container import ContainerId
from reactor.core.shelf import Shelf
from reactor.core.state import Entry, Together

LOOKED_THROUGH: Final = 3.0
"""Seconds by which the oldest reading is behind before it is looked whether there still is one as old."""


def brought_up(old: Together | None, entries: Shelf[Entry], keys: frozenset[str]) -> Together:
    """All of these added up. ``keys`` are of the rules about the whole: who has spoken is kept for those."""
    if old is None or old.keys != keys:
        old = Together(keys=keys, spoken=dict.fromkeys(keys, frozenset()))
    changes = dict(entries.since(old.entries))
    if not changes:
        return old
    here = {key: entry for key, entry in changes.items() if entry is not None and _is_in(entry)}
    return Together(
        entries,
        keys,
        _moved(old.members, changes, here),
        _moved(old.sidecars, changes, [key for key, each in here.items() if each.is_sidecar]),
        {part: _turned(old.columns[part], part, changes, here) for part in PARTS},
        _moved(old.ending, changes, [key for key, each in here.items() if each.ending]),
        {rule: _moved(old.spoken[rule], changes, _of(rule, here)) for rule in keys},
        _moved(old.back, changes, [key for key, each in changes.items() if each and gave_back(each)]),
    )


def value_of(entry: Entry, part: str) -> Value | None:
    """What is known of one run: nothing where it is not certain which run it is, or that it was read."""
    sample = entry.sample
    if sample is None or entry.unsure:
        return None
    amount, run = sample.pids if part == "pids" else sample.memory, entry.container.run
    if amount is None or not (sample.run is run or sample.run == run):
        return None
    return Value(amount, sample.at, sample.by)


def column_of(members: Iterable[Entry], part: str) -> Column:
    """What is known of these, added up now."""
    found = ((each.container.run.id, value_of(each, part)) for each in members)
    return column({key: value for key, value in found if value is not None})


def gave_back(entry: Entry) -> bool:
    """Whether a run of it is over, so that there may be something that came back."""
    return entry.freed is not None or entry.ended_at is not None


def _is_in(entry: Entry) -> bool:
    return entry.alive and entry.governed


def _of(rule: str, here: Mapping[ContainerId, Entry]) -> list[ContainerId]:
    return [key for key, entry in here.items() if rule in entry.latched]


def _moved(
    old: frozenset[ContainerId],
    changes: Mapping[ContainerId, Entry | None],
    now: Collection[ContainerId],
) -> frozenset[ContainerId]:
    """The set with those who changed in it if they are among ``now``; the same one if nobody moved."""
    was = old.intersection(changes) if old else old
    return old if len(was) == len(now) and was.issuperset(now) else (old - was).union(now)


def _turned(
    old: Column, part: str, changes: Mapping[ContainerId, Entry | None], here: Mapping[ContainerId, Entry]
) -> Column:
    values, total, oldest = dict(old.values), old.total, dict(old.oldest)
    newest = 0.0
    for key in changes:
        entry = here.get(key)
        now, was = value_of(entry, part) if entry is not None else None, values.get(key)
        if was is not None:
            total -= was.amount
        if now is not None:
            total += now.amount
            values[key], newest = now, max(newest, now.at)
            oldest[now.by] = min(oldest.get(now.by, now.at), now.at)
        elif was is not None:
            del values[key]
    if newest - oldest.get(0, newest) > LOOKED_THROUGH:
        return column(values, total)
    # To look for the oldest of ten thousand whenever one of them was told would cost more than all else here.
    return Column(values, total, oldest)
