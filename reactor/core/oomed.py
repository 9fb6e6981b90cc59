"""OOM kills and the runs they belong to: word can come before the run was seen, or after its end.

Only the assignment by the engine's own moments is here, and that one kill counts once though the kernel and
the engine both tell of it; what an OOM leads to is in ``verdicts``.
"""

from dataclasses import replace

from reactor.core.container import Container
from reactor.core.container import State as ContainerState
from reactor.core.facts import Happened, Witness
from reactor.core.meant import KILLED
from reactor.core.moments import is_before, nanoseconds
from reactor.core.rules import Trigger
from reactor.core.state import Entry, OomsTold, State

LATE = 5_000_000_000
"""Nanoseconds after a run's end within which an OOM event may still be about it."""
LATE_BY_KERNEL = 1_000_000_000
"""The same for what the kernel tells: its moment is that of the kill, and a run's end comes after it."""
SAME = 5_000_000_000
"""Nanoseconds between two words of different witnesses that are taken to be about one kill.

The kernel's word has the moment of the kill itself; the engine's comes through its shim, a few milliseconds
later as a rule, and seconds later on a machine whose processors are all taken. A kill that is taken for an
earlier one is counted too little, and what an OOM leads to has been led to by that one: so this is rather
long.
"""
MOST_EARLY = 256
"""OOM events that are kept until their containers have been seen."""
_OVER = frozenset({ContainerState.EXITED, ContainerState.DEAD})


def keep_early(state: State, fact: Happened) -> State:
    """Keep an event for a container that nobody has seen yet."""
    return replace(state, early=(*state.early[1 - MOST_EARLY :], fact))


def early_of(state: State, container: Container) -> list[Happened]:
    """The kept events of this container's run."""
    return [
        fact
        for fact in state.early
        if fact.id == container.id and not is_of_an_earlier_run(container, fact.time_nano, fact.by)
    ]


def is_of_an_earlier_run(container: Container, time_nano: int, by: Witness = Witness.ENGINE) -> bool:
    """Whether a kill came so long before the start of this run that it was another one's.

    An engine that is busy writes a start down late: after a kill in that run, and even after the end that
    came of it. (Seen with Docker 20.10: an end 53 ms before the start; and a run of 8 ms by its record, while
    its neighbours took 200 ms at least, whose kill was not taken for its own.)
    """
    if not is_before(time_nano, container.run.started_at):
        return False
    started, finished = nanoseconds(container.run.started_at), nanoseconds(container.finished_at)
    if started is None or _is_late_stamp(container, time_nano, started, finished):
        return False
    is_exact = by is Witness.LOG and time_nano >= started - LATE_BY_KERNEL
    return not (is_exact and _is_without_another(container, started, finished))


def _is_late_stamp(container: Container, time_nano: int, started: int, finished: int | None) -> bool:
    """Whether this run is over, its start was written down after its end, and the kill came just before."""
    is_over = container.state in _OVER
    return is_over and finished is not None and finished < started and time_nano >= finished - LATE_BY_KERNEL


def _is_without_another(container: Container, started: int, finished: int | None) -> bool:
    """Whether there was no other run in which a process could have been killed.

    While a run lasts the engine's last end is the one of the run before; without any this is the first run.
    Of one that is over there is no such word: whoever died of the signal of such a kill, and was not begun
    anew by the engine, is taken to have run once. Where there was a run before, the moments are not asked
    which of the two it was: the log's may come out late, and this one would be ended for what that one did.
    """
    if finished is None:
        # Only the engine's "never" says that there was none: what cannot be read says nothing.
        return container.alive and not container.finished_at
    is_own = container.state in _OVER and finished >= started
    return is_own and container.restarts == 0 and container.exit_code == KILLED


def remember(entry: Entry, fact: Happened) -> Entry:
    """The entry of a run that seems not to have begun then: its end may show that it had."""
    return replace(entry, last_oom=max(entry.last_oom, fact.time_nano)) if fact.by is Witness.LOG else entry


def began_unseen(entry: Entry) -> bool:
    """Whether such a kill was in this run after all, by the record of its end."""
    container, kill = entry.container, entry.last_oom
    # Asked with each reading of each container: nearly all have no such kill, and no moment is parsed.
    if not kill or container.alive or not is_before(kill, container.run.started_at):
        return False
    finished = nanoseconds(container.finished_at)
    return (
        finished is not None
        and kill <= finished + LATE_BY_KERNEL
        and not is_of_an_earlier_run(container, kill)
    )


def is_of_a_later_run(entry: Entry, fact: Happened) -> bool:
    """Whether an event came so long after the end of this run that another one must have begun."""
    finished = nanoseconds(entry.container.finished_at) if entry.ended_at is not None else None
    late = LATE if fact.by is Witness.ENGINE else LATE_BY_KERNEL
    return finished is not None and fact.time_nano > finished + late


def of_the_next(entry: Entry, fact: Happened) -> Entry:
    """The entry of a run that is over, with word of a kill in the next one, which nobody has seen yet."""
    if fact.by is Witness.HOST:
        return entry
    return replace(entry, last_oom=fact.time_nano, ooms_told=_heard(entry.ooms_told, fact, known=False))


def take_oom(entry: Entry, fact: Happened) -> Entry:
    """The entry with this word of an OOM kill taken in; one that was known already is not counted again."""
    told = entry.ooms_told
    if fact.by is Witness.HOST:
        # The container itself had memory left: nothing is due, and it may still be what ended the run.
        return replace(entry, ooms_told=replace(told, kernel=max(told.kernel, fact.time_nano), host=True))
    if is_known(told, fact):
        return replace(entry, ooms_told=_heard(told, fact, known=True))
    return replace(
        entry,
        ooms=entry.ooms + 1,
        due=entry.due | {Trigger.OOM},
        last_oom=fact.time_nano,
        ooms_told=_heard(told, fact, known=False),
    )


def is_known(told: OomsTold, fact: Happened) -> bool:
    """Whether this word is about a kill that another witness told of before.

    The kernel's log has every kill once, so two words of it are two kills. The engine may tell of one kill
    twice, and a counter tells of all since it was read last: beside the log these add nothing.
    """
    match fact.by:
        case Witness.ENGINE:
            return _is_near(told.kernel, fact)
        case Witness.COUNTER:
            return _is_near(told.kernel, fact) or _is_near(told.engine, fact)
        case _:
            return told.unpaired > 0 and _is_near(told.engine, fact)


def _heard(told: OomsTold, fact: Happened, *, known: bool) -> OomsTold:
    if fact.by is Witness.ENGINE:
        # One that has waited in vain for the kernel's word was not in its log.
        waiting = told.unpaired if _is_near(told.engine, fact) else 0
        unpaired = waiting + (not known)
        return replace(told, engine=max(told.engine, fact.time_nano), unpaired=unpaired)
    unpaired = told.unpaired - 1 if known and fact.by is Witness.LOG else told.unpaired
    return replace(told, kernel=max(told.kernel, fact.time_nano), unpaired=unpaired)


def _is_near(moment: int, fact: Happened) -> bool:
    return bool(moment) and abs(fact.time_nano - moment) <= SAME


def came_before_the_look(old: Entry, container: Container) -> bool:
    """Whether the last event is of this run, which was not seen when it came: beyond doubt only."""
    started, finished = nanoseconds(container.run.started_at), nanoseconds(old.container.finished_at)
    if started is None or not old.last_oom or is_of_an_earlier_run(container, old.last_oom):
        return False
    return finished is None or old.last_oom > finished
