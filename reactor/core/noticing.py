"""What a look tells beside who is there: started, created, become unhealthy, ended again and again.

Only the noticing of triggers is here, by comparing two looks: an event may get lost, the looks do
not. When a trigger counts is in ``triggers``.
"""

from dataclasses import replace

from reactor.core.container import Container
from reactor.core.deciding import speaks_again
from reactor.core.earlier import counted, is_looping
from reactor.core.readiness import take_readiness
from reactor.core.rules import Trigger
from reactor.core.state import Entry, Setup, State
from reactor.core.swift import shared

UNHEALTHY = "unhealthy"


def take_notice(setup: Setup, state: State, old: Entry | None, entry: Entry, at: float) -> Entry:
    """The entry with the triggers that lie between the last look and this one."""
    if old is None:
        entry = replace(entry, due=shared(entry.due | _arrived(state, entry.container)))
    elif entry.run != old.run and entry.run.started_at:
        entry = replace(entry, due=entry.due | {Trigger.START})
    return _notice_loop(setup, state, old, take_readiness(_notice_health(old, entry)), at)


def came_later(state: State, container: Container) -> bool:
    """Whether it was created after our first list: then it is none of those that were over before."""
    return state.began is not None and container.created is not None and container.created > state.began


def handed_on(old: Entry, *, first: bool, oomed: bool) -> frozenset[Trigger]:
    """The triggers of what was no run yet are those of the first run."""
    due = old.due if first else frozenset()
    return due | {Trigger.OOM} if oomed else due


def _arrived(state: State, container: Container) -> frozenset[Trigger]:
    due = {Trigger.CREATE} if came_later(state, container) else set()
    born = container.born if container.born is not None else container.created
    if container.alive and state.began is not None and born is not None and born > state.began:
        due.add(Trigger.START)
    return frozenset(due)


def _notice_health(old: Entry | None, entry: Entry) -> Entry:
    if entry.container.health != UNHEALTHY or not entry.alive:
        due = entry.due - {Trigger.UNHEALTHY}
        return replace(entry, due=due) if due != entry.due else entry
    if old is not None and old.run == entry.run and old.alive and old.container.health == UNHEALTHY:
        return entry
    latched = speaks_again(entry, Trigger.UNHEALTHY)
    return replace(entry, due=entry.due | {Trigger.UNHEALTHY}, latched=latched)


def _notice_loop(setup: Setup, state: State, old: Entry | None, entry: Entry, at: float) -> Entry:
    ends = _ends(state, old, entry)
    earlier = counted(entry.earlier, entry.container.restarts, at, setup.crash_ends, ends)
    another = earlier.known != entry.earlier.known or (old is not None and entry.run != old.run)
    if earlier is not entry.earlier:
        entry = replace(entry, earlier=earlier)
    if not another or not is_looping(earlier, at, setup.crash_ends, setup.crash_within):
        return entry
    # What was said of a loop holds for all runs of it.
    loops = {rule.key for rule in entry.rules if rule.on is Trigger.CRASH_LOOP}
    latched = entry.latched | (old.latched & loops if old is not None else frozenset())
    due = entry.due | {Trigger.CRASH_LOOP} if entry.alive else entry.due
    return replace(entry, latched=latched, due=due)


def _ends(state: State, old: Entry | None, entry: Entry) -> int:
    """How many ends this look was the first to show."""
    over = entry.ended_at is not None
    if old is None:
        return int(over and came_later(state, entry.container))
    if old.run == entry.run or not old.run.started_at:
        return int(over and old.ended_at is None)
    return int(old.ended_at is None) + int(over)
