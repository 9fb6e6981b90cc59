"""Containers that somebody lets live longer than the rules about age say.

Only the keeping is here; how it changes what rules see is in ``lifetimes``. An extension is a container's,
over all of its runs, and one that is given anew takes the place of the one before.
"""

from dataclasses import replace

from reactor.core.facts import Extended
from reactor.core.state import State

LONGEST = 7 * 86_400.0
"""Seconds that can be given at once."""


def extend(state: State, fact: Extended) -> State:
    """The state with an extension in force, or taken back."""
    running = {key: each for key, each in state.extensions.items() if fact.at < each.until}
    given = fact if fact.seconds > 0 and fact.at < fact.until else None
    running.pop(fact.id, None)
    if given is not None:
        running[fact.id] = given
    entry = state.entries.get(fact.id)
    if entry is not None:
        state = replace(state, entries=state.entries.put(fact.id, replace(entry, extended=given)))
    return replace(state, extensions=running)


def in_force(state: State, at: float) -> tuple[Extended, ...]:
    """The extensions that last at this moment, those that end first before others."""
    return tuple(sorted((each for each in state.extensions.values() if at < each.until), key=_ending))


def _ending(extended: Extended) -> tuple[float, str]:
    return extended.until, extended.id
