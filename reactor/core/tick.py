"""Time goes on: every run is judged, and those rules decide that have to look at all of them first.

What comes due by itself, orphans, and the rules that are held back meet here; a single fact about
a single run is judged in ``step``.
"""

from collections.abc import Sequence

from reactor.core.braking import begin, in_turn, is_braked, is_hard
from reactor.core.calm import caught_up, is_gap
from reactor.core.candidates import Candidate
from reactor.core.deciding import applies, conclude, may_decide
from reactor.core.decisions import Decision
from reactor.core.defects import put_out_of_force
from reactor.core.draft import Draft
from reactor.core.following import forget
from reactor.core.gate import gated_rules, is_gated, is_partly_seen, review
from reactor.core.groups import Groups
from reactor.core.lasting import is_lull, is_uncounted, renewed
from reactor.core.leases import judge_owned
from reactor.core.leftovers import clear_up
from reactor.core.limits import remember, within_limits
from reactor.core.made import living_made, waits_for_others
from reactor.core.obeying import expire
from reactor.core.orphans import judge_orphan, met
from reactor.core.parting import is_spared
from reactor.core.rounds import begin_round, end_round
from reactor.core.rules import Rule
from reactor.core.state import Entry, Setup, State, Step
from reactor.core.swift import changed
from reactor.core.topology import living_by_task, needed
from reactor.core.verbs import Action
from reactor.core.verdicts import judge
from reactor.core.whole import Taken, is_still_needed, take_victims


def tick(setup: Setup, state: State, at: float) -> Step:
    """What comes due at this moment."""
    state, notes = expire(forget(setup, state, at), at)
    before, gap = state.ticked, is_gap(state, at)
    state, turns = begin_round(setup, _went_on(setup, state, at), at, gap=gap)
    draft = Draft(state, notes=notes)
    for entry in turns:
        now = renewed(state, entry)
        if now.calm is not None:
            now = caught_up(now, before)
        if now is not entry:
            draft.changed[entry.run.id] = now
    decisions = _judge_lonely(setup, draft, [draft.now(each) for each in turns], at)
    decisions += judge_owned(setup, draft, at)
    candidates = _judge_all(setup, draft, turns, at, decisions)
    end_round(draft, turns, at)
    draft.state, draft.changed = draft.finish(), {}
    victims = take_victims(setup, draft, at)
    decisions += _resolve(setup, draft, [*candidates, *victims], Taken(victims), at)
    decisions += clear_up(setup, draft, at)
    return Step(draft.finish(), tuple(decisions), tuple(draft.notes))


def _went_on(setup: Setup, state: State, at: float) -> State:
    broken = state.ticked is None or at - state.ticked > setup.stale_after
    awake = at if broken and state.ticked is not None else state.awake
    return changed(state, ticked=at, awake=awake, lull=is_lull(state, at), uncounted=is_uncounted(state, at))


def may_change(entry: Entry) -> bool:
    """Whether time, or a look, can change what the rules say of it."""
    return bool(entry.rules) and (entry.alive or bool(entry.due))


def _judge_lonely(setup: Setup, draft: Draft, turns: Sequence[Entry], at: float) -> list[Decision]:
    # Whoever is alone is never calm, so that it is always his turn.
    lonely = [entry for entry in turns if entry.alive and entry.alone is not None]
    tasks = living_by_task(draft.state) if lonely else {}
    made = living_made(setup.policy, draft.state) if lonely else {}
    decisions = []
    for entry in lonely:
        if needed(draft.state, entry, tasks=tasks):
            draft.changed[entry.run.id] = met(entry)
            continue
        others = [each for each in made.get(entry.serves, ()) if not is_spared(setup, each, at)]
        if waits_for_others(entry, others):
            continue
        judged, decision = judge_orphan(setup, entry, at)
        if judged is not entry:
            draft.changed[entry.run.id] = judged
        if decision is not None:
            decisions.append(decision)
    return decisions


def _judge_all(
    setup: Setup, draft: Draft, turns: Sequence[Entry], at: float, decisions: list[Decision]
) -> list[Candidate]:
    groups = Groups(draft.state, at)
    candidates: list[Candidate] = []
    for entry in [draft.entry(each.run.id) or each for each in turns if may_change(each)]:
        judged = judge(setup, draft.state, entry, at, groups)
        if judged.entry is not entry:
            draft.changed[entry.run.id] = judged.entry
        decisions += judged.decisions
        draft.notes += judged.notes
        candidates += judged.candidates
        put_out_of_force(draft, judged.entry, judged.broken, at)
    return candidates


def _resolve(
    setup: Setup, draft: Draft, candidates: Sequence[Candidate], taken: Taken, at: float
) -> list[Decision]:
    """Let the held-back rules decide, all of them knowing of all that they match."""
    passed = _passed(setup, draft, candidates, at)
    braking = begin(setup, draft, [each for each in passed if _may(setup, draft, each, at)], at)
    decided: list[Candidate] = []
    decisions: list[Decision] = []
    for each in _in_order(setup, draft, passed):
        entry = draft.entry(each.id)
        if entry is None or not _may(setup, draft, each, at):
            continue
        # What was decided a moment ago may have been enough: not one more goes.
        if not taken.is_next(each) and not is_still_needed(setup, draft, each, at):
            continue
        if not braking.lets(each):
            continue
        entry, decision = conclude(
            setup,
            entry,
            each.rule,
            each.reason,
            each.since,
            at,
            only_said=each.only_said,
            summary=each.summary,
        )
        draft.changed[each.id] = entry
        taken.decided(each, ends=not decision.dry_run and decision.ends)
        decided.append(each)
        decisions.append(decision)
    braking.close()
    draft.state = remember(draft.state, decided, at)
    return decisions


def _passed(setup: Setup, draft: Draft, candidates: Sequence[Candidate], at: float) -> list[Candidate]:
    """Who is left when gate and limits have been asked, and what has to see everybody waits for that."""
    open_ = [each for each in candidates if not is_gated(setup, draft.state, each.rule)]
    if len(open_) < len(candidates) or gated_rules(setup, draft.state):
        shut = [each for each in candidates if is_gated(setup, draft.state, each.rule)]
        if review(setup, draft, [each for each in shut if _may(setup, draft, each, at)], at):
            open_ += shut
    passed = within_limits(draft, open_, setup.rules.rules, at)
    if is_partly_seen(setup, draft.state, at):
        passed = [each for each in passed if not _looks_at_all(each.rule)]
    if _is_unlisted(setup, draft.state, at):
        passed = [each for each in passed if not _waits_for_all(setup, each.rule)]
    return [each for each in passed if each.ready]


def _in_order(setup: Setup, draft: Draft, passed: Sequence[Candidate]) -> Sequence[Candidate]:
    ranked = sorted(passed, key=_rank)
    return ranked if setup.budgets.off and setup.breaker.off else in_turn(setup, draft, ranked)


def _rank(each: Candidate) -> tuple[bool, bool]:
    """The strongest come first, and of those who are as strong the rules about the whole come last."""
    whole = each.rule.when is not None and each.rule.when.total is not None
    return each.rule.pace is not Action.KILL, whole


def _looks_at_all(rule: Rule) -> bool:
    """Whether what it does to one depends on the readings of others."""
    return rule.when is not None and (rule.limit is not None or rule.when.total is not None)


def _is_unlisted(setup: Setup, state: State, at: float) -> bool:
    """Whether those who are there are only being met, one by one, and the list that has them all is to come.

    So it is at first, and when events are back after a time without them: an engine that was started again
    may have started everybody. A list that does not come is not waited for longer than readings are good,
    however often events are lost again.
    """
    if not state.snapshots:
        return True
    return state.unlisted is not None and at - state.unlisted <= setup.stale_after


def _waits_for_all(setup: Setup, rule: Rule) -> bool:
    """Whether it waits for the list: of the few seen before, nobody knows how many they are."""
    return _looks_at_all(rule) or (is_braked(setup, rule) and not is_hard(rule))


def _may(setup: Setup, draft: Draft, each: Candidate, at: float) -> bool:
    entry = draft.entry(each.id)
    if entry is None or entry.run != each.run:
        return False
    return applies(setup, entry, each.rule, at) and may_decide(setup, entry, each.rule, at)
