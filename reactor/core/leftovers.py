"""What is left lying about: containers in scope whose run is long over, or never began. Their data stays.

Off unless a time is set. An engine's moment can be wrong after a clock jumped, so for a while each is also
watched by this very monitor. Whoever may come back by himself, or is still needed, is none.
"""

from collections.abc import Iterator
from dataclasses import replace

from reactor.core.container import Container, State
from reactor.core.deciding import decide
from reactor.core.decisions import Decision, Outcome, Result, Why
from reactor.core.draft import Draft
from reactor.core.language.units import say_duration
from reactor.core.orders import silence_of
from reactor.core.state import Entry, Setup
from reactor.core.state import State as CoreState
from reactor.core.topology import needed
from reactor.core.verbs import Action

RULE = "leftovers"
"""What stands in the place of a rule's name."""
REFUSED = "leftovers/refused"
WATCHED_FOR = 600.0
"""Seconds for which a monitor must itself have seen it over, if the time that is set is not shorter."""
AT_ONCE = 4
"""How many removals are under way together: a stop that waits in the same line is more urgent."""
OVER = frozenset({State.CREATED, State.EXITED, State.DEAD})
_NEVER = frozenset({"", "no"})


def may_be_left(container: Container) -> bool:
    """Whether it is over, and nothing brings it back by itself."""
    return container.state in OVER and container.restart_policy in _NEVER


def clear_up(setup: Setup, draft: Draft, at: float) -> list[Decision]:
    """Decide about the oldest leftovers, as many as may be under way at once."""
    if setup.leftovers_after is None:
        return []
    known = [draft.changed.get(each.run.id, each) for each in draft.state.entries.values()]
    busy = 0 if setup.dry_run else sum(RULE in each.latched and each.gone_at is None for each in known)
    found = sorted(_left(setup, draft.state, known, at), key=lambda pair: (pair[0], pair[1].run.id))
    decisions = []
    for since, entry in found[: max(0, AT_ONCE - busy)]:
        decision = decide(
            entry,
            Action.REMOVE,
            RULE,
            f"{_words(entry.container.state)} {say_duration(round(at - since))} ago",
            at,
            dry_run=setup.dry_run,
        )
        draft.changed[entry.run.id] = replace(
            entry, decided=entry.decided + 1, latched=entry.latched | {RULE}
        )
        decisions.append(decision)
    return decisions


def _left(setup: Setup, state: CoreState, known: list[Entry], at: float) -> Iterator[tuple[float, Entry]]:
    """Who is one, and since when."""
    after = setup.leftovers_after
    joined = {other for each in known if each.alive for other in each.container.joins | each.mains}
    for entry in known:
        since = _since(entry)
        if after is None or since is None or at - since < after or not _is_free(entry, at):
            continue
        if at - _watched_since(entry) < min(after, WATCHED_FOR) or entry.run.id in joined:
            continue
        if silence_of(setup.silences, entry.run.id, RULE, at) is not None:
            continue
        if not (entry.is_sidecar and needed(state, entry)):
            yield since, entry


def _is_free(entry: Entry, at: float) -> bool:
    if not entry.governed or entry.unsure or entry.gone_at is not None or at < entry.quiet_until:
        return False
    busy = bool(entry.ending) and not entry.settled
    return not busy and not entry.latched & {RULE, REFUSED} and may_be_left(entry.container)


def _since(entry: Entry) -> float | None:
    """Since when it has been over: by our own eyes, else by the engine's word; None if nobody knows."""
    if entry.ended_at is not None and entry.ended_at > entry.adopted_at:
        return entry.ended_at
    if entry.container.state is State.CREATED:
        return entry.container.created
    return entry.container.finished


def _watched_since(entry: Entry) -> float:
    return entry.adopted_at if entry.ended_at is None else entry.ended_at


def _words(state: State) -> str:
    return {State.CREATED: "created and never started", State.DEAD: "dead since an end"}.get(state, "ended")


def rest(setup: Setup, entry: Entry, outcome: Outcome, at: float, *, spared: bool = False) -> Entry:
    """What came of a removal: one that failed, or was ``spared`` for a time, is tried again later, one
    that was refused is not."""
    if outcome.result is Result.DONE:
        return entry
    if outcome.why is Why.PROTECTED and not spared:
        return replace(entry, latched=entry.latched - {RULE} | {REFUSED})
    return replace(entry, latched=entry.latched - {RULE}, quiet_until=at + setup.again_after)
