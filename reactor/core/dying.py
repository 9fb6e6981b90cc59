"""What events tell of the end of a run before anybody looks: the signal that was sent, and the death.

Both only say how an end came about, for the record. That a run is over is found out by looking, and
nothing is decided on these.
"""

from dataclasses import replace

from reactor.core.container import Container
from reactor.core.draft import Draft
from reactor.core.ending import ended_note
from reactor.core.facts import Happened, Happening
from reactor.core.moments import is_before, nanoseconds
from reactor.core.oomed import LATE, is_of_a_later_run
from reactor.core.state import State, Step

MOST_WORDS = 256
"""Words that are kept until their containers have been seen; a start is told of so many at most."""


def words_before(state: State, container: Container) -> tuple[float | None, float | None]:
    """When this run was struck and when it died, by words that came before anybody had seen the container."""
    struck, died = None, None
    finished = nanoseconds(container.finished_at) if not container.alive else None
    for word in state.words:
        if word.id != container.id or is_before(word.time_nano, container.run.started_at) or died is not None:
            continue
        if finished is not None and word.time_nano > finished + LATE:
            break
        if word.what is Happening.DIE:
            died = word.at
        else:
            struck = word.at
    return struck, died


def take_word(state: State, fact: Happened) -> Step:
    """Keep when a run was struck, and when it died; a death that is known has only its cause told better."""
    entry = state.entries.get(fact.id)
    if entry is None:
        return Step(replace(state, words=(*state.words[1 - MOST_WORDS :], fact)))
    if not entry.run.started_at or is_before(fact.time_nano, entry.run.started_at):
        return Step(state)
    if entry.died is not None or is_of_a_later_run(entry, fact):
        # The run that this is about may be the next one already, which nobody has looked at yet.
        return Step(state)
    told = replace(entry, died=fact.at) if fact.what is Happening.DIE else replace(entry, struck=fact.at)
    draft = Draft(state, {fact.id: told})
    if entry.ended_at is not None:
        before, after = ended_note(entry, fact.at), ended_note(told, fact.at, again=True)
        if (before.cause, before.basis) != (after.cause, after.basis) or told.died is not None:
            draft.notes.append(after)
    return Step(draft.finish(), (), tuple(draft.notes))
