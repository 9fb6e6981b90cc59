"""The step: a state and a fact give a new state, decisions and notes. Everything meets here.

It is a pure function: the same facts in the same order give the same decisions, whoever
calls it, whenever. It waits for nothing, asks nobody, and does not know what time it is.
"""

from collections.abc import Iterable
from dataclasses import replace

from reactor.core.adopting import see, vanish
from reactor.core.braking import count_in
from reactor.core.calm import caught_up, stays_calm
from reactor.core.cautions import AcknowledgementRefused
from reactor.core.commanding import end_as_ordered
from reactor.core.container import Run
from reactor.core.decisions import Decision
from reactor.core.defects import put_out_of_force
from reactor.core.draft import Draft
from reactor.core.dying import take_word
from reactor.core.ending import ended_note, was_starved
from reactor.core.extending import extend
from reactor.core.facts import (
    Acknowledged,
    Acted,
    Exited,
    Extended,
    Fact,
    Happened,
    Happening,
    HostSeen,
    LayerSized,
    Ordered,
    OwnersSeen,
    Parted,
    Reloaded,
    Sample,
    Seen,
    Snapshot,
    Still,
    Subscription,
    Tick,
    Vanished,
    Witness,
    ZombiesSeen,
)
from reactor.core.following import follow
from reactor.core.gate import objection, open_gate, start_counting
from reactor.core.judging import needs_samples, reads_zombies
from reactor.core.lasting import renewed, take_still
from reactor.core.layers import take_layer
from reactor.core.leases import count_containers, take_owners
from reactor.core.notes import OomSeen
from reactor.core.obeying import Order, obey, under_orders
from reactor.core.oomed import (
    is_of_a_later_run,
    is_of_an_earlier_run,
    keep_early,
    of_the_next,
    remember,
    take_oom,
)
from reactor.core.parting import part
from reactor.core.reconciling import ended_while_away, reconcile, report
from reactor.core.reloading import reload
from reactor.core.replaced import judge_replaced
from reactor.core.returning import notice
from reactor.core.rounds import put_judged
from reactor.core.sampling import take_sample, take_zombies
from reactor.core.state import Entry, Setup, State, Step
from reactor.core.swift import changed
from reactor.core.tick import may_change, tick
from reactor.core.verdicts import judge


def step(setup: Setup, state: State, fact: Fact) -> Step:
    """What this fact leads to."""
    if state.curbs.orders is not None:
        setup = under_orders(setup, state, fact.at)
    return notice(setup, _step(setup, state, fact), fact.at)


def _step(setup: Setup, state: State, fact: Fact) -> Step:
    match fact:
        case Sample() | LayerSized() | Still():
            return _read(setup, state, fact)
        case HostSeen() | ZombiesSeen() | OwnersSeen():
            return _of_the_kernel(setup, state, fact)
        case Tick():
            return tick(setup, state, fact.at)
        case Happened():
            return _happened(setup, state, fact)
        case Seen() | Vanished():
            return _looked(setup, state, fact)
        case Snapshot():
            return _snapped(setup, state, fact)
        case Exited():
            return _exited(state, fact)
        case Acted():
            draft = Draft(state)
            decisions = follow(setup, draft, fact.outcome, fact.at)
            return Step(draft.finish(), tuple(decisions), tuple(draft.notes))
        case _:
            return _of_our_own(setup, state, fact)


def _looked(setup: Setup, state: State, fact: Seen | Vanished) -> Step:
    """One container was asked for: it is there, or it is not any more."""
    draft = Draft(state)
    if isinstance(fact, Seen):
        see(setup, draft, fact.container, fact.at)
    else:
        vanish(draft, fact.id, fact.at)
    return _settle(setup, draft, fact.at, draft.changed.values())


def _of_the_kernel(setup: Setup, state: State, fact: HostSeen | ZombiesSeen | OwnersSeen) -> Step:
    """What the kernel of the host says, or whoever looks for owners, and no engine."""
    if isinstance(fact, OwnersSeen):
        # As below.
        return Step(take_owners(setup, state, fact))
    if isinstance(fact, HostSeen):
        # It is judged when time goes on, with everybody in view.
        return Step(replace(state, host=fact))
    draft = Draft(state)
    take_zombies(draft, fact)
    return _settle(setup, draft, fact.at, draft.changed.values())


def _of_our_own(
    setup: Setup,
    state: State,
    fact: Subscription | Reloaded | Acknowledged | Ordered | Parted | Extended | Order,
) -> Step:
    """Facts that are about this monitor and not about a container."""
    match fact:
        case Subscription():
            return Step(_heard(state, fact))
        case Reloaded():
            draft = reload(setup, state, fact.at)
            return Step(draft.finish(), (), tuple(draft.notes))
        case Extended():
            # The next tick judges by it.
            return Step(extend(state, fact))
        case Acknowledged():
            return _acknowledged(setup, state, fact)
        case Ordered():
            return end_as_ordered(setup, state, fact)
        case Parted():
            return part(setup, state, fact)
        case _:
            state, notes = obey(state, fact)
            return Step(state, (), tuple(notes))


def wanted_samples(state: State) -> frozenset[Run]:
    """The living runs about which a rule needs samples; for a total these are all in scope."""
    living = [entry for entry in state.living() if entry.governed]
    whole = any(rule.when and rule.when.total for entry in living for rule in entry.rules)
    return frozenset(entry.run for entry in living if whole or needs_samples(entry))


def wants_host(setup: Setup) -> bool:
    """Whether a rule in force asks what the host has left."""
    return any(rule.when and rule.when.total and rule.when.total.is_left for rule in setup.rules.rules)


def wanted_zombies(setup: Setup, state: State) -> frozenset[Run]:
    """The living runs of which a rule in force wants to know their zombies."""
    if not any(reads_zombies(rule) for rule in setup.rules.rules):
        return frozenset()
    living = [entry for entry in state.living() if entry.governed]
    # Nearly all have the very same rules.
    kinds = {id(entry.rules): entry.rules for entry in living}
    wants = {key: any(reads_zombies(rule) for rule in rules) for key, rules in kinds.items()}
    return frozenset(entry.run for entry in living if wants[id(entry.rules)])


def _settle(setup: Setup, draft: Draft, at: float, entries: Iterable[Entry]) -> Step:
    """Judge these entries and close the draft."""
    decisions: list[Decision] = []
    for each in list(entries):
        entry = caught_up(renewed(draft.state, each), draft.state.ticked)
        judged = judge(setup, draft.state, entry, at)
        if judged.entry is not each:
            draft.changed[entry.run.id] = judged.entry
        decisions += judged.decisions
        draft.state = count_in(setup, draft.state, judged.entry, judged.decisions, at)
        draft.notes += judged.notes
        put_out_of_force(draft, judged.entry, judged.broken, at)
    decisions += judge_replaced(setup, draft, at)
    return Step(draft.finish(), tuple(decisions), tuple(draft.notes))


def _read(setup: Setup, state: State, fact: Sample | LayerSized | Still) -> Step:
    if isinstance(fact, Still):
        # Who is calm stays so, and whoever is not is judged when time goes on.
        return Step(take_still(state, fact))
    return _sampled(setup, state, fact) if isinstance(fact, Sample) else _measured(setup, state, fact)


def _sampled(setup: Setup, state: State, sample: Sample) -> Step:
    entry = state.entries.get(sample.run.id)
    if entry is None or entry.run != sample.run or not entry.alive:
        return Step(state)
    entry = renewed(state, entry)
    if stays_calm(setup, state, entry, sample):
        entries = state.entries.put(sample.run.id, take_sample(setup, entry, sample), quiet=True)
        return Step(changed(state, entries=entries))
    old, entry = entry, take_sample(setup, caught_up(entry, state.ticked), sample)
    judged = judge(setup, state, entry, sample.at)
    if judged.broken:
        state = count_in(setup, state, judged.entry, judged.decisions, sample.at)
        draft = Draft(state, {sample.run.id: judged.entry}, list(judged.notes))
        put_out_of_force(draft, judged.entry, judged.broken, sample.at)
        return Step(draft.finish(), judged.decisions, tuple(draft.notes))
    if judged.decisions:
        state = count_in(setup, state, judged.entry, judged.decisions, sample.at)
    state = put_judged(setup, state, old, judged.entry, sample.at)
    return Step(state, judged.decisions, judged.notes)


def _measured(setup: Setup, state: State, fact: LayerSized) -> Step:
    entry = state.entries.get(fact.run.id)
    if entry is None or entry.run != fact.run or not entry.alive:
        return Step(state)
    draft = Draft(state, {fact.run.id: take_layer(entry, fact)})
    return _settle(setup, draft, fact.at, list(draft.changed.values()))


def _heard(state: State, fact: Subscription) -> State:
    if fact.up:
        if state.deaf is None:
            return state
        since = fact.at if state.unlisted is None else state.unlisted
        return replace(state, deaf=None, returned=fact.at, unlisted=since)
    return replace(state, deaf=fact.at if state.deaf is None else state.deaf)


def _acknowledged(setup: Setup, state: State, fact: Acknowledged) -> Step:
    """Let the gated rules through and judge at once; nobody can let through what was not counted yet."""
    if not state.curbs.gate.held:
        return Step(state)
    # What was read is compared with what is there at this moment, and not with the last count.
    counted = tick(setup, state, fact.at) if fact.token else Step(state)
    if not counted.state.curbs.gate.held:
        return counted
    why = objection(setup, counted.state, fact.token, fact.at) if fact.token else ""
    if why:
        return replace(counted, notes=(*counted.notes, AcknowledgementRefused(fact.at, fact.who, why)))
    state, note = open_gate(setup, counted.state, fact.at, fact.who, unread=fact.unread)
    result = tick(setup, state, fact.at)
    decisions = (*counted.decisions, *result.decisions)
    return replace(result, decisions=decisions, notes=(*counted.notes, note, *result.notes))


def _happened(setup: Setup, state: State, fact: Happened) -> Step:
    """An OOM says something by itself; all other events only make somebody look."""
    if fact.what in {Happening.KILL, Happening.DIE}:
        return take_word(state, fact)
    entry = state.entries.get(fact.id)
    if fact.what is not Happening.OOM:
        return Step(state)
    if entry is None:
        return Step(keep_early(state, fact))
    if is_of_an_earlier_run(entry.container, fact.time_nano, fact.by):
        return Step(replace(state, entries=state.entries.put(fact.id, remember(entry, fact))))
    if is_of_a_later_run(entry, fact):
        entry = of_the_next(entry, fact)
        return Step(replace(state, entries=state.entries.put(fact.id, entry)))
    return _oomed(setup, Draft(state), entry, fact)


def _oomed(setup: Setup, draft: Draft, before: Entry, fact: Happened) -> Step:
    entry = take_oom(before, fact)
    draft.changed[fact.id] = entry
    if entry.ooms > before.ooms or fact.by is Witness.HOST:
        draft.notes.append(OomSeen(fact.at, entry.run, fact.by))
    if before.ended_at is not None and was_starved(entry) and not was_starved(before):
        draft.notes.append(ended_note(entry, fact.at, again=True))
    return _settle(setup, draft, fact.at, [entry] if entry.ooms > before.ooms else [])


def _exited(state: State, fact: Exited) -> Step:
    entry = state.entries.get(fact.run.id)
    if entry is None or entry.run != fact.run:
        return Step(state)
    entry = replace(entry, last_exit=fact.exit_code)
    return Step(replace(state, entries=state.entries.put(fact.run.id, entry)))


def _snapped(setup: Setup, state: State, snapshot: Snapshot) -> Step:
    draft, changed = reconcile(setup, start_counting(state, snapshot.at), snapshot)
    draft.state = count_containers(setup, draft.state, snapshot)
    entries = (draft.entry(key) for key in changed)
    step = _settle(setup, draft, snapshot.at, [each for each in entries if each and may_change(each)])
    away = ended_while_away(setup, step.state, snapshot)
    note = report(setup, state, step.state, snapshot, len(step.decisions))
    return replace(step, notes=(*step.notes, *away, note))
