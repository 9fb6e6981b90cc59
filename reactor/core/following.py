"""What follows from an outcome: the run is over, the sidecars go, or the decision rests.

Only outcomes are taken in here. A cascade begins when its main's end has come off.
"""

from dataclasses import replace

from reactor.core.calm import caught_up
from reactor.core.commanding import ALONE
from reactor.core.deciding import begin, decide
from reactor.core.decisions import Decision, Outcome, Result, Why
from reactor.core.defects import forget_broken
from reactor.core.draft import Draft
from reactor.core.ending import ended_note
from reactor.core.exempting import exempted
from reactor.core.lasting import renewed
from reactor.core.leases import RULE as OWNER_GONE
from reactor.core.leases import is_gone, is_of_owners
from reactor.core.leftovers import RULE as LEFTOVERS
from reactor.core.leftovers import rest
from reactor.core.made import grace_of
from reactor.core.notes import CascadeHeld, MainTold
from reactor.core.obeying import may_act
from reactor.core.orphans import is_of_orphans
from reactor.core.parting import OF_SIDECARS, in_turn, is_spared, the_next
from reactor.core.rules import Rule, rules_of
from reactor.core.state import Entry, Setup, State
from reactor.core.topology import cascade, mains_of
from reactor.core.verbs import Action

NOT_OF_THIS_MONITOR = frozenset({Why.DRY_RUN, Why.NO_RULE})
"""Outcomes of what nobody waits for: said only, or an earlier monitor's."""


def follow(setup: Setup, draft: Draft, outcome: Outcome, at: float) -> list[Decision]:
    """Take in an outcome; returns the decisions about the sidecars, in order."""
    entry = draft.entry(outcome.decision.run.id)
    if entry is None or entry.run != outcome.decision.run or outcome.decision.dry_run:
        # Nothing follows from what was only said.
        return []
    if not outcome.final:
        if outcome.why is Why.WEDGED and outcome.decision.ends and not entry.vain:
            draft.changed[entry.run.id] = replace(entry, vain=True)
        return []
    if outcome.decision.rule == LEFTOVERS:
        spared = _was_ordered(draft.state, outcome, at)
        draft.changed[entry.run.id] = rest(setup, entry, outcome, at, spared=spared)
        return []
    if not outcome.decision.ends:
        failed = outcome.result is Result.FAILED and outcome.why is not Why.INTERRUPTED
        if failed or _was_ordered(draft.state, outcome, at):
            # Once its cooldown is over, or the order, it is tried again.
            rules = rules_of(entry.rules, outcome.decision.rule, outcome.decision.level)
            keys = frozenset(rule.key for rule in rules)
            # It may speak again with the next reading already, which is not to be passed over.
            awake = caught_up(renewed(draft.state, entry), draft.state.ticked)
            draft.changed[entry.run.id] = replace(awake, latched=entry.latched - keys)
        return []
    if outcome.result is Result.DONE:
        return _done(setup, draft, entry, outcome, at)
    # Of two decisions about one run and action only one is carried out, and its outcome is that of both.
    if entry.ending and outcome.why not in NOT_OF_THIS_MONITOR:
        draft.changed[entry.run.id] = _rest(setup, draft.state, entry, outcome, at)
    _note_held(draft, entry, outcome, at)
    return []


def _done(setup: Setup, draft: Draft, entry: Entry, outcome: Outcome, at: float) -> list[Decision]:
    before, was_settled = ended_note(entry, at), entry.settled
    # ``ending`` stays set: until the run is seen to be over, nothing more is decided about it.
    killed, contained = entry.killed or outcome.why is Why.ENDED, entry.contained or outcome.contained
    entry = replace(entry, settled=True, killed=killed, contained=contained)
    after = ended_note(entry, at, again=True)
    if entry.ended_at is not None and (after.cause, after.basis) != (before.cause, before.basis):
        draft.notes.append(after)
    draft.changed[entry.run.id] = entry
    if was_settled:
        # A hard level overtook a soft one: both have come off, and the sidecars go once.
        return []
    _tell_main(draft, entry, outcome.decision, at)
    if outcome.decision.action is Action.RESTART or outcome.decision.rule == ALONE:
        # The task goes on, and so do those that live for it; or they were not meant.
        return []
    draft.state = draft.finish()
    draft.changed = {}
    if more := the_next(setup, draft, entry, outcome.decision, at):
        return more
    if outcome.decision.cause or setup.dry_run:
        # An earlier monitor's decision can come off under one that runs dry.
        return []
    return _take_sidecars(setup, draft, entry, outcome.decision, at)


def _take_sidecars(setup: Setup, draft: Draft, main: Entry, decision: Decision, at: float) -> list[Decision]:
    decisions = []
    along = cascade(draft.state, main)
    going = [each for each in along if not (each.unsure or is_spared(setup, each, at))]
    for sidecar in in_turn(setup, going):
        if sidecar.ending:
            continue
        taken = decide(
            sidecar,
            Action.STOP,
            decision.rule,
            f"sidecar of {main.container.name}, which was ended: {decision.reason}",
            at,
            grace=grace_of(setup, sidecar),
            cause=decision.id,
            level=decision.level,
        )
        draft.changed[sidecar.run.id] = replace(begin(sidecar, taken), decided=sidecar.decided + 1)
        decisions.append(taken)
    return decisions


def _was_ordered(state: State, outcome: Outcome, at: float) -> bool:
    """Whether an order that came in between has spared it: as long as that lasts, and judged anew then."""
    return outcome.why is Why.PROTECTED and not may_act(state, outcome.decision, at)


def _rest(setup: Setup, state: State, entry: Entry, outcome: Outcome, at: float) -> Entry:
    """A refusal holds for this run; a failure rests for a while; a stale run waits to be seen again."""
    rule, level = outcome.decision.rule, outcome.decision.level
    overtaken = bool(entry.preempted) and outcome.decision.pace is not entry.under_way
    if overtaken:
        entry = replace(entry, preempted="")
    else:
        # What it overtook is under way still.
        milder = Action.STOP if entry.preempted else None
        entry = replace(entry, ending=entry.preempted, under_way=milder, preempted="")
    if _was_ordered(state, outcome, at):
        return entry
    if outcome.why is Why.PROTECTED and is_of_orphans(entry.rules, rule, level):
        # Its main was back at the last look; should that one go as well, it is counted from there.
        return replace(entry, alone=None)
    if outcome.why is Why.PROTECTED and rule in OF_SIDECARS:
        # It is needed again, or was spared: should it be found so once more, that is judged anew.
        return entry
    of_owners = rule == OWNER_GONE or is_of_owners(entry.rules, rule, level)
    if outcome.why is Why.PROTECTED and of_owners and not is_gone(setup, state, entry.container, at):
        # Its owner was back at the last look; should it go again, that is judged anew.
        return entry
    if outcome.why is Why.PROTECTED:
        # Where the level is meant no more, another one may be; else it is the container that is protected.
        meant = any(_is_meant(setup, entry, each) for each in rules_of(entry.rules, rule, level))
        refused = {each.key for each in rules_of(entry.rules, rule, "" if meant else level)}
        return replace(entry, latched=entry.latched | {rule} | refused)
    if outcome.why in {Why.STALE, Why.IMPOSTOR}:
        return replace(entry, unsure=True)
    vain = entry.vain or outcome.result is Result.FAILED
    return replace(entry, quiet_until=at + setup.again_after, vain=vain)


def _is_meant(setup: Setup, entry: Entry, rule: Rule) -> bool:
    return not setup.runs_dry(rule) and exempted(setup.policy, rule, entry.container) is None


def _note_held(draft: Draft, entry: Entry, outcome: Outcome, at: float) -> None:
    if outcome.why is Why.DRY_RUN or outcome.decision.cause:
        return
    now = draft.entry(entry.run.id)
    if now is not None and now.ending:
        return
    sidecars = len(cascade(draft.state, entry))
    if sidecars:
        draft.notes.append(CascadeHeld(at, entry.run, outcome.why, sidecars))


def _tell_main(draft: Draft, entry: Entry, decision: Decision, at: float) -> None:
    if not entry.is_sidecar or decision.cause:
        return
    for main in mains_of(draft.state, entry):
        draft.notes.append(MainTold(at, main.run, entry.run, decision.rule))


def forget(setup: Setup, state: State, at: float) -> State:
    """Drop the entries of what has left the engine and can have no late news any more."""
    old = [
        entry.run.id
        for entry in state.entries.among(state.entries.stirred)
        if entry.gone_at is not None and at - entry.gone_at >= setup.keep
    ]
    entries = state.entries
    for key in old:
        entries = entries.drop(key)
    return replace(state, entries=entries, curbs=forget_broken(state.curbs, old)) if old else state
