"""OOM events and the runs they belong to: an event can come before the run was seen, or after its end.

Only the assignment by the engine's own moments is here; what an OOM leads to is in ``verdicts``.
"""

from dataclasses import replace

from reactor.core.container import Container
from reactor.core.facts import Happened
from reactor.core.moments import is_before, nanoseconds
from reactor.core.state import Entry, State

LATE = 5_000_000_000
"""Nanoseconds after a run's end within which an OOM event may still be about it."""
MOST_EARLY = 256
"""OOM events that are kept until their containers have been seen."""


def keep_early(state: State, fact: Happened) -> State:
    """Keep an event for a container that nobody has seen yet."""
    return replace(state, early=(*state.early[1 - MOST_EARLY :], fact))


def early_of(state: State, container: Container) -> list[int]:
    """The moments of the kept events of this container's run."""
    return [
        fact.time_nano
        for fact in state.early
        if fact.id == container.id and not is_before(fact.time_nano, container.run.started_at)
    ]


def is_of_a_later_run(entry: Entry, fact: Happened) -> bool:
    """Whether an event came so long after the end of this run that another one must have begun."""
    finished = nanoseconds(entry.container.finished_at) if entry.ended_at is not None else None
    return finished is not None and fact.time_nano > finished + LATE


def came_before_the_look(old: Entry, container: Container) -> bool:
    """Whether the last event is of this run, which was not seen when it came: beyond doubt only."""
    started, finished = nanoseconds(container.run.started_at), nanoseconds(old.container.finished_at)
    if started is None or not old.last_oom or is_before(old.last_oom, container.run.started_at):
        return False
    return finished is None or old.last_oom > finished
