"""For how long nothing can be said of a run that was not said already: who need not be judged at each tick.

Rules are judged whenever something was learned of a run, and when time goes on. But most runs are far from
everything: time changes what their rules say only at moments that can be told in advance, and a reading
only when it passes a number that a rule compares it with. Here these moments and numbers are found. Where
they cannot be told, there is no calm, and the run is judged each time: a shortcut may cost work, and must
never change a verdict. ``tests/core/test_calm_properties.py`` holds it against judging everybody always.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

from reactor.core.exempting import exempted
from reactor.core.facts import Sample
from reactor.core.holding import Holding
from reactor.core.judging import SAMPLED
from reactor.core.lasting import LULL, is_vouched, sample_of
from reactor.core.layers import PERIODS, READ
from reactor.core.leases import owner_of
from reactor.core.ranges import NOWHERE, between
from reactor.core.rules import GROUPED, Rule, Trigger
from reactor.core.state import SELDOM, Calm, Entry, Setup, State, Weather
from reactor.core.swift import changed, shared

MARGIN = 0.001
"""Seconds around a moment that are not trusted: it is a sum of numbers that were rounded."""
LONGEST = 60.0
"""Seconds after which everybody has his turn again, so that nobody stands in the heap for longer."""
_AGES = frozenset({"age", "total_age"})

Verdicts = Iterable[tuple[Rule, bool | None]]


def weather_of(setup: Setup, state: State) -> Weather:
    """What matters to all at once, and is no one's own: a change of it has everybody judged."""
    return Weather(setup, state.curbs.broken, state.deaf, state.awake, state.lull, state.uncounted)


def is_gap(state: State, at: float, looked: float = -math.inf) -> bool:
    """Whether nobody has looked for so long that what was so need not have lasted: we stood still."""
    return at - max(looked, -math.inf if state.ticked is None else state.ticked) > SELDOM


def is_same_weather(setup: Setup, state: State) -> bool:
    """Whether it is what it was when time last went on."""
    was, curbs = state.weather, state.curbs
    if was is None or (was.deaf, was.awake) != (state.deaf, state.awake):
        return False
    if (was.lull, was.uncounted) != (state.lull, state.uncounted):
        return False
    # Asked with every sample: the usual answer is that they are the very same.
    return (was.setup is setup or was.setup == setup) and was.broken == curbs.broken


def calm_of(setup: Setup, state: State, entry: Entry, verdicts: Verdicts, at: float) -> Calm | None:
    """The calm after this judgement, whose verdicts these are; None if nobody can promise any."""
    if entry.due or entry.alone is not None or entry.extended is not None or not entry.alive:
        return None
    sampled: list[Rule] = []
    moving, resting = set[str](), set[str]()
    for rule, verdict in verdicts:
        if not _is_settled(setup, entry, rule, verdict):
            return None
        if _is_sampled(rule):
            sampled.append(rule)
        if verdict:
            (resting if _is_sampled(rule) else moving).add(rule.key)
    until = min(_moments(setup, state, entry, at), default=math.inf)
    if until <= at:
        return None
    pids, memory = _ranges(entry, sampled)
    return Calm(
        at,
        until,
        pids,
        memory,
        fresh=tuple(sorted({setup.fresh_for(rule) for rule in sampled})),
        asked=tuple(rule for rule in sampled if rule.when is not None and rule.when.marks is None),
        moving=shared(frozenset(moving)),
        resting=shared(frozenset(resting)),
    )


def _is_settled(setup: Setup, entry: Entry, rule: Rule, verdict: bool | None) -> bool:
    """Whether the same verdict, once more, leads to nothing, and it stays the same until a known moment."""
    when = rule.when
    if rule.on is Trigger.OWNER_GONE and owner_of(setup.policy, entry.container) is not None:
        return False
    if when is not None and when.reads & GROUPED:
        return False
    if when is not None and when.reads & _AGES and when.ages is None:
        return False
    if verdict is False:
        return rule.key not in entry.holding
    if rule.on is not None:
        # What is given now can be over with the next reading, whatever that reading is.
        return False
    if verdict is None:
        return True
    if when is None or (when.reads & SAMPLED and not when.reads <= SAMPLED):
        return False
    spoken = rule.key in entry.latched or exempted(setup.policy, rule, entry.container) is not None
    return spoken and rule.key in entry.holding and entry.holding[rule.key].broken is None


def _is_sampled(rule: Rule) -> bool:
    when = rule.when
    return when is not None and when.total is None and bool(when.reads & SAMPLED)


def _moments(setup: Setup, state: State, entry: Entry, at: float) -> Iterator[float]:
    """When time alone changes what a rule reads, the age of the last sample aside; ``at`` for at once."""
    for moment in _changes(setup, state, entry):
        if moment > at - MARGIN:
            yield max(at, moment - MARGIN) if moment >= at + MARGIN else at


def _changes(setup: Setup, state: State, entry: Entry) -> Iterator[float]:
    for rule in entry.rules:
        when = rule.when
        if rule.on is Trigger.BLIND:
            yield from _blind(setup, state, entry, rule)
        if when is None or when.total is not None:
            continue
        if when.ages:
            yield from _ages(entry, when.ages)
        if READ in when.reads and entry.layer is not None:
            yield entry.layer.at + PERIODS * setup.layer_every
    for track in entry.series.values():
        if track.buckets:
            first = track.buckets[0].began
            yield from (first + track.seconds / 2, first + track.seconds)
            yield from (bucket.ended + track.seconds for bucket in track.buckets)


def _ages(entry: Entry, ages: Iterable[tuple[str, float]]) -> Iterator[float]:
    born, past = entry.container.born, entry.past
    for name, bound in ages:
        if born is not None and name == "age":
            yield born + bound
        elif born is not None and past is not None:
            yield born - past + bound


def _blind(setup: Setup, state: State, entry: Entry, rule: Rule) -> Iterator[float]:
    """When this rule has been told of nothing for so long as it allows."""
    known = (
        [each for each in (entry.asked, entry.heard) if each is not None] if entry.asked is not None else []
    )
    since = max(known, default=None)
    if state.deaf is not None:
        since = state.deaf if since is None else min(since, state.deaf)
    if since is not None:
        since = since if state.awake is None else max(since, state.awake)
        allowed = max(rule.hold, setup.fresh_for(rule))
        if not (state.deaf is None and _is_left_to_lull(state, entry, allowed)):
            yield since + allowed


def _is_left_to_lull(state: State, entry: Entry, seconds: float) -> bool:
    """Whether its last sample cannot be so old before there is a lull, which is weather."""
    return seconds > LULL and not state.lull and is_vouched(state, entry)


def _ranges(entry: Entry, rules: Iterable[Rule]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Between which numbers the readings may move without passing one that a rule compares them with."""
    sample = entry.sample
    if sample is None or sample.run != entry.run:
        return NOWHERE, NOWHERE
    marks = [mark for rule in rules if rule.when is not None and rule.when.marks for mark in rule.when.marks]
    return (
        between(sample.pids, sample.pids_limit, [mark for mark in marks if mark.field == "pids"]),
        between(sample.memory, sample.memory_limit, [mark for mark in marks if mark.field == "memory"]),
    )


def lasts_until(state: State, entry: Entry, calm: Calm) -> float:
    """Until when it lasts if nothing more is learned, the age of the last sample included."""
    sample = sample_of(state, entry)
    until = calm.until
    if sample is None:
        return until
    for fresh in calm.fresh:
        if _is_left_to_lull(state, entry, fresh):
            continue
        stale = sample.at + fresh
        if calm.at - MARGIN < stale < until + MARGIN:
            until = stale - MARGIN
    return until


def stays_calm(setup: Setup, state: State, entry: Entry, sample: Sample) -> bool:
    """Whether this sample can change nothing but the last reading of this run.

    The lowest number that anybody compares it with comes first; expressions are left to the judgement.
    """
    calm, before = entry.calm, entry.sample
    if calm is None or before is None or before.run != sample.run or calm.asked:
        return False
    if before.by != sample.by:
        # What this calm waits for was found for a reader who vouches for it, or for one who does not.
        return False
    # What was found of a reading that was too old for somebody says nothing of a new one.
    until = min(calm.until, before.at + min(calm.fresh, default=math.inf) - MARGIN)
    looked = max(calm.at, before.at)
    if not looked <= sample.at < until or (calm.moving and is_gap(state, sample.at, looked)):
        return False
    if (sample.pids_limit, sample.memory_limit) != (before.pids_limit, before.memory_limit):
        return False
    # Whoever asks for more of a sample than this wants to be asked with every one.
    if not _is_within(calm.pids, sample.pids, before.pids):
        return False
    return _is_within(calm.memory, sample.memory, before.memory) and is_same_weather(setup, state)


def _is_within(room: tuple[int, int], value: int | None, before: int | None) -> bool:
    if value is None or before is None:
        return value is before
    return room[0] <= value <= room[1]


def caught_up(entry: Entry, ticked: float | None) -> Entry:
    """The entry as if it had been judged at each tick of its calm: up to when there is evidence that holds.

    It ends the calm: whoever asks for this is about to change something.
    """
    calm = entry.calm
    if calm is None:
        return entry
    if not entry.holding:
        return changed(entry, calm=None)
    read = entry.sample.at if entry.sample is not None else calm.at
    proofs = dict.fromkeys(calm.moving, read if ticked is None else max(ticked, read))
    proofs |= dict.fromkeys(calm.resting, read)
    holding = {key: _up_to(held, proofs.get(key, held.last)) for key, held in entry.holding.items()}
    return changed(entry, holding=holding, calm=None)


def _up_to(held: Holding, proof: float) -> Holding:
    return held if proof <= held.last else replace(held, last=proof)
