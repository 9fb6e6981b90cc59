"""Taking in what is kept over time: the readings of a run, and how often its container was restarted.

What a window is and what can be read from it is in ``windows``; which windows are kept is said by the
rules of an entry. The readings belong to one run, the restarts to the container.
"""

from collections.abc import Sequence
from dataclasses import replace

from reactor.core.draft import Draft
from reactor.core.facts import Sample, ZombiesSeen
from reactor.core.language.windows import Track, Tracks, Window, no_tracks
from reactor.core.lasting import ZOMBIES_FRESH
from reactor.core.recent import longer
from reactor.core.rules import Rule
from reactor.core.state import Entry, Freed, Setup, Zombies
from reactor.core.swift import changed

RESTARTS = "restarts"
METERED_OVER = 0.1
"""Seconds that lie between two samples at least for their difference to be a rate."""
_BEYOND = 2**63
"""No reading is as large as this; what is, is a mistake of whoever sent it."""


def take_sample(setup: Setup, entry: Entry, sample: Sample) -> Entry:
    """The entry with this sample as its last one."""
    cores, metered = _cores(entry, sample, setup.stale_after)
    wanted = _windows(entry.rules)
    heard = sample.at if tells(sample) else entry.heard
    recent = longer(entry.recent, sample)
    if not wanted:
        return changed(
            entry, sample=sample, told=sample.at, cores=cores, metered=metered, heard=heard, recent=recent
        )
    values = {"cpu": cores, "memory": sample.memory, "pids": sample.pids}
    series = {
        window: _longer(entry.series.get(window), window, sample.at, values.get(window.field), setup)
        for window in wanted
        if window.field != RESTARTS
    }
    series |= without_samples(entry.series)
    return changed(
        entry,
        sample=sample,
        told=sample.at,
        cores=cores,
        metered=metered,
        series=series,
        heard=heard,
        recent=recent,
    )


def tells(sample: Sample) -> bool:
    """Whether it is more than a frame without data."""
    return sample.pids is not None or sample.memory is not None or sample.cpu is not None


def take_zombies(draft: Draft, seen: ZombiesSeen) -> None:
    """Put on record who has how many zombies; who was not seen this time is unknown from now on.

    Nearly always nobody's count is another, and then nobody need be judged: see ``core.lasting``.
    """
    stale = draft.state.counted is None or seen.began - draft.state.counted > ZOMBIES_FRESH
    draft.state = changed(draft.state, counted=seen.began)
    for entry in draft.state.living():
        count, before = seen.counts.get(entry.run), entry.zombies
        if before is not None and before.count == count and not stale:
            continue
        if count is not None:
            draft.changed[entry.run.id] = replace(entry, zombies=Zombies(seen.began, count))
        elif before is not None:
            draft.changed[entry.run.id] = replace(entry, zombies=None)


def freed_by(setup: Setup, entry: Entry, at: float) -> Freed | None:
    """What this run gave back by its end: its last reading, if that was evidence when it ended."""
    sample, ended = entry.sample, at if entry.ended_at is None else entry.ended_at
    if sample is None or sample.run != entry.run or sample.memory is None:
        return None
    return Freed(ended, sample.memory) if ended - sample.at <= setup.stale_after else None


def take_look(entry: Entry, at: float) -> Entry:
    """The entry with the engine's count of restarts put on record, where a rule asks for it."""
    count = entry.container.restarts
    wanted = [window for window in _windows(entry.rules) if window.field == RESTARTS]
    if not wanted or count is None:
        return entry
    series = {window: _counted(entry, window, at, count) for window in wanted}
    return entry if _same(entry.series, series) else replace(entry, series={**entry.series, **series})


def without_samples(series: Tracks) -> Tracks:
    """What is still evidence when the samples are not, or belong to another run."""
    if not series:
        return no_tracks()
    return {window: track for window, track in series.items() if window.field == RESTARTS}


def _windows(rules: Sequence[Rule]) -> frozenset[Window]:
    # Most rules have none, and this is asked with every sample.
    having = [rule.when.windows for rule in rules if rule.when is not None and rule.when.windows]
    return frozenset().union(*having) if having else frozenset()


def _longer(track: Track | None, window: Window, at: float, value: float | None, setup: Setup) -> Track:
    # What was not looked at for so long may have been anything.
    if track is None or at - track.ended() > setup.stale_after:
        track = Track(window.seconds)
    return track if value is None or not 0 <= value < _BEYOND else track.add(at, value)


def _cores(entry: Entry, sample: Sample, stale_after: float) -> tuple[float | None, Sample | None]:
    """Processor time used a second, and the sample from which the next one is to be reckoned.

    It is unknown where the earlier sample is missing, too old or makes no sense. The moment of a sample and
    that of its processor time are not quite the same, so two that are close together say nothing: they come
    so where a run passes what a rule asks for, and what was used before counts on.
    """
    before = entry.metered
    if sample.cpu is None:
        return None, before
    if before is None or before.run != sample.run or before.cpu is None:
        return None, sample
    took, used = sample.at - before.at, sample.cpu - before.cpu
    if 0 <= took < METERED_OVER:
        return entry.cores, before
    known = 0 < took <= stale_after or (
        took > 0 and bool(before.by) and _is_kept_up(entry, sample, stale_after)
    )
    return (used / took if known and used >= 0 else None), sample


def _is_kept_up(entry: Entry, sample: Sample, stale_after: float) -> bool:
    """Whether somebody answered for the last sample until now: its counter may be as old as that."""
    last = entry.sample
    return last is not None and last.run == sample.run and sample.at - last.at <= stale_after


def _counted(entry: Entry, window: Window, at: float, count: int) -> Track:
    track, created = entry.series.get(window), entry.container.created
    if track is None:
        track = Track(window.seconds)
        if created is not None and at - window.seconds <= created < at:
            # When it was created it had not been restarted: nothing of this window is missing.
            track = replace(track.add(created, 0), whole=True)
    # A count that stays is no news, and its last change must not be pushed out.
    return track if track.buckets and track.buckets[-1].last == count else track.add(at, count)


def _same(series: Tracks, other: Tracks) -> bool:
    return all(series.get(window) is track for window, track in other.items())
