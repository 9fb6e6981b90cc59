"""The step: a state and a fact give a new state, decisions and notes. Everything meets here.

It is a pure function: the same facts in the same order give the same decisions, whoever
calls it, whenever. It waits for nothing, asks nobody, and does not know what time it is.
"""

from collections.abc import Iterable
from dataclasses import replace

from reactor.core.adopting import see, vanish
from reactor.core.container import Run
from reactor.core.decisions import Decision
from reactor.core.draft import Draft
from reactor.core.ending import ended_note
from reactor.core.facts import (
    Acted,
    Exited,
    Fact,
    Happened,
    Happening,
    Sample,
    Seen,
    Snapshot,
    Tick,
    Vanished,
)
from reactor.core.following import follow, forget
from reactor.core.judging import judge, needs_samples
from reactor.core.moments import is_before
from reactor.core.notes import OomSeen
from reactor.core.oomed import is_of_a_later_run, keep_early
from reactor.core.orphans import judge_orphan, met
from reactor.core.reconciling import ended_while_away, reconcile, report
from reactor.core.sampling import take_sample
from reactor.core.state import Entry, Setup, State, Step
from reactor.core.topology import living_by_task, needed


def step(setup: Setup, state: State, fact: Fact) -> Step:
    """What this fact leads to."""
    match fact:
        case Sample():
            return _sampled(setup, state, fact)
        case Tick():
            return _ticked(setup, state, fact.at)
        case Happened():
            return _happened(setup, state, fact)
        case Seen():
            draft = Draft(state)
            see(setup, draft, fact.container, fact.at)
            return _settle(setup, draft, fact.at, draft.changed.values())
        case Snapshot():
            return _snapped(setup, state, fact)
        case Exited():
            return _exited(state, fact)
        case Vanished():
            draft = Draft(state)
            vanish(draft, fact.id, fact.at)
            return _settle(setup, draft, fact.at, draft.changed.values())
        case Acted():
            draft = Draft(state)
            decisions = follow(setup, draft, fact.outcome, fact.at)
            return Step(draft.finish(), tuple(decisions), tuple(draft.notes))


def wanted_samples(state: State) -> frozenset[Run]:
    """The living runs about which a rule needs samples."""
    return frozenset(entry.run for entry in state.living() if needs_samples(entry))


def _settle(setup: Setup, draft: Draft, at: float, entries: Iterable[Entry]) -> Step:
    """Judge these entries and close the draft."""
    decisions: list[Decision] = []
    for entry in list(entries):
        judged = judge(setup, entry, at)
        if judged.entry is not entry:
            draft.changed[entry.run.id] = judged.entry
        decisions += judged.decisions
        draft.notes += judged.notes
    return Step(draft.finish(), tuple(decisions), tuple(draft.notes))


def _sampled(setup: Setup, state: State, sample: Sample) -> Step:
    entry = state.entries.get(sample.run.id)
    if entry is None or entry.run != sample.run or not entry.alive:
        return Step(state)
    judged = judge(setup, take_sample(setup, entry, sample), sample.at)
    entries = state.entries.put(sample.run.id, judged.entry)
    return Step(replace(state, entries=entries), judged.decisions, judged.notes)


def _ticked(setup: Setup, state: State, at: float) -> Step:
    state = forget(setup, state, at)
    draft = Draft(state)
    orphaned = _judge_lonely(setup, draft, at)
    waiting = (draft.entry(entry.run.id) or entry for entry in state.entries.values() if _may_change(entry))
    step = _settle(setup, draft, at, waiting)
    return replace(step, decisions=(*orphaned, *step.decisions))


def _judge_lonely(setup: Setup, draft: Draft, at: float) -> list[Decision]:
    lonely = [entry for entry in draft.state.living() if entry.alone is not None]
    tasks = living_by_task(draft.state) if lonely else {}
    decisions = []
    for entry in lonely:
        if needed(draft.state, entry, tasks=tasks):
            draft.changed[entry.run.id] = met(entry)
            continue
        judged, decision = judge_orphan(setup, entry, at)
        if decision is not None:
            draft.changed[entry.run.id] = judged
            decisions.append(decision)
    return decisions


def _may_change(entry: Entry) -> bool:
    return bool(entry.rules) and (entry.alive or entry.oom_due)


def _happened(setup: Setup, state: State, fact: Happened) -> Step:
    """An OOM says something by itself; all other events only make somebody look."""
    entry = state.entries.get(fact.id)
    if fact.what is not Happening.OOM:
        return Step(state)
    if entry is None:
        return Step(keep_early(state, fact))
    if is_before(fact.time_nano, entry.run.started_at):
        return Step(state)
    if is_of_a_later_run(entry, fact):
        entry = replace(entry, last_oom=fact.time_nano)
        return Step(replace(state, entries=state.entries.put(fact.id, entry)))
    draft = Draft(state)
    before = ended_note(entry, fact.at) if entry.ended_at is not None else None
    entry = replace(entry, ooms=entry.ooms + 1, oom_due=True, last_oom=fact.time_nano)
    draft.changed[fact.id] = entry
    draft.notes.append(OomSeen(fact.at, entry.run))
    if before is not None and not before.oom:
        draft.notes.append(ended_note(entry, fact.at, again=True))
    return _settle(setup, draft, fact.at, [entry])


def _exited(state: State, fact: Exited) -> Step:
    entry = state.entries.get(fact.run.id)
    if entry is None or entry.run != fact.run:
        return Step(state)
    entry = replace(entry, last_exit=fact.exit_code)
    return Step(replace(state, entries=state.entries.put(fact.run.id, entry)))


def _snapped(setup: Setup, state: State, snapshot: Snapshot) -> Step:
    draft, changed = reconcile(setup, state, snapshot)
    entries = (draft.entry(key) for key in changed)
    step = _settle(setup, draft, snapshot.at, [each for each in entries if each and _may_change(each)])
    away = ended_while_away(setup, step.state, snapshot)
    note = report(setup, state, step.state, snapshot, len(step.decisions))
    return replace(step, notes=(*step.notes, *away, note))
