"""What is ended for the sake of sidecars, by no rule of a file: a made sidecar whose task is over, or that
does not get ready, and a main that cannot have what it needs.

Who that is, is found in ``planning``. Here it becomes a decision like any other, if it still holds: held
back, run dry, carried out, verified and written down the same way. Those of one task go one after the other,
the last started first.
"""

from collections.abc import Iterable
from dataclasses import replace

from reactor.core.accounts import account_of
from reactor.core.braking import budgets_of
from reactor.core.budgets import has_token, take
from reactor.core.deciding import begin, decide
from reactor.core.decisions import Decision
from reactor.core.draft import Draft
from reactor.core.facts import Parted, Parting
from reactor.core.made import grace_of, living_made, made_of
from reactor.core.orders import silence_of
from reactor.core.protection import Standing
from reactor.core.rules import Rule
from reactor.core.state import Entry, Setup, State, Step
from reactor.core.topology import needed
from reactor.core.verbs import Action

TASK_OVER, NOT_READY, UNPROVIDED = (each.value for each in Parting)
PARTINGS = frozenset(each.value for each in Parting)
"""What stands in the place of a rule's name."""
OF_SIDECARS = frozenset({TASK_OVER, NOT_READY})
_UNPROVIDED = Rule(UNPROVIDED, "")
"""As a rule of people's would be that draws on the same budgets."""


def part(setup: Setup, state: State, fact: Parted) -> Step:
    """Decide about this run, if it still is as it was found, and nothing stands in the way."""
    entry = state.entries.get(fact.run.id)
    if entry is None or entry.run != fact.run or not _may_go(setup, state, entry, fact):
        return Step(state)
    if fact.why is Parting.UNPROVIDED and not setup.dry_run:
        paid = _drawn(setup, state, entry, fact.at)
        if paid is None:
            # It is found again in a while; by then there may be a token.
            return Step(state)
        state = paid
    decision = decide(
        entry,
        Action.STOP,
        fact.why.value,
        fact.reason,
        fact.at,
        grace=grace_of(setup, entry),
        cause=fact.cause,
        dry_run=setup.dry_run,
    )
    entry = replace(entry, decided=entry.decided + 1)
    if setup.dry_run:
        entry = replace(entry, latched=entry.latched | {fact.why.value})
    else:
        entry = begin(entry, decision)
    return Step(replace(state, entries=state.entries.put(fact.run.id, entry)), (decision,))


def _may_go(setup: Setup, state: State, entry: Entry, fact: Parted) -> bool:
    if not entry.alive or entry.unsure or entry.ending or fact.at < entry.quiet_until:
        return False
    if not entry.governed or fact.why.value in entry.latched:
        return False
    if silence_of(setup.silences, entry.run.id, fact.why.value, fact.at) is not None:
        return False
    made = made_of(setup.policy, entry.container) is not None
    if fact.why is Parting.UNPROVIDED:
        return entry.standing is Standing.MAIN and not made
    return made and (fact.why is Parting.NOT_READY or not needed(state, entry))


def _drawn(setup: Setup, state: State, entry: Entry, at: float) -> State | None:
    """The state with a token drawn from each budget that a rule would draw on; None if one has none."""
    terms, brakes = setup.budgets, state.curbs.brakes
    if terms.off:
        return state
    names = budgets_of(terms, _UNPROVIDED, account_of(setup.policy, entry))
    if not all(has_token(budget, brakes.buckets.get(name), at) for name, budget in names.items()):
        return None
    drawn = {name: take(budget, brakes.buckets.get(name), at) for name, budget in names.items()}
    brakes = replace(brakes, buckets={**brakes.buckets, **drawn})
    return replace(state, curbs=replace(state.curbs, brakes=brakes))


def the_next(setup: Setup, draft: Draft, over: Entry, decision: Decision, at: float) -> list[Decision]:
    """Whoever of the same task is to go now that this one is over: by the same rule, for the same cause."""
    made = made_of(setup.policy, over.container)
    if made is None or setup.dry_run or not (decision.cause or decision.rule == TASK_OVER):
        return []
    for each in living_made(setup.policy, draft.state).get(made.task, ()):
        if each.run == over.run or stays(setup, each, at):
            continue
        if each.ending or needed(draft.state, each):
            return []
        taken = decide(
            each,
            Action.STOP,
            decision.rule,
            decision.reason,
            at,
            grace=grace_of(setup, each),
            cause=decision.cause,
            level=decision.level,
        )
        draft.changed[each.run.id] = replace(begin(each, taken), decided=each.decided + 1)
        return [taken]
    return []


def in_turn(setup: Setup, sidecars: Iterable[Entry]) -> list[Entry]:
    """Of these, which are the last started first, those that may go now: of what was made for one task only
    one at a time, and the others when it is over."""
    found: list[Entry] = []
    tasks: set[str] = set()
    for each in sidecars:
        made = made_of(setup.policy, each.container) if each.serves else None
        if made is None or each.vain:
            found.append(each)
        elif made.task not in tasks:
            tasks.add(made.task)
            found.append(each)
    return found


def stays(setup: Setup, sidecar: Entry, at: float) -> bool:
    """Whether it stays for now although its task is over: nobody waits for it, and the others go."""
    refused = TASK_OVER in sidecar.latched or not sidecar.governed
    return refused or sidecar.vain or sidecar.unsure or is_spared(setup, sidecar, at)


def is_spared(setup: Setup, sidecar: Entry, at: float) -> bool:
    """Whether somebody spared this very container; a silent rule still takes its sidecars along."""
    return any(each.container and each.covers(sidecar.run.id, each.rule, at) for each in setup.silences)
