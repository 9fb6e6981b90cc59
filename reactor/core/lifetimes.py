"""How long a container has lived: its present run, and its earlier runs where they are certain.

Ages of runs that go on are on our own clock, those of runs that are over are the difference of two
moments that the engine wrote. Only the sums belong here.
"""

from reactor.core.container import Container
from reactor.core.moments import nanoseconds
from reactor.core.state import Entry

PROMPT = 5.0
"""Seconds after its creation within which a first start is taken for the first one."""
PAUSE = 60.0
"""Seconds between two runs within which no third one can have mattered."""


def age_of(entry: Entry, at: float) -> float | None:
    """Seconds since this run started, as rules see them; unknown where its start is.

    An extension lessens them while it lasts, and then they are all there again.
    """
    if entry.container.born is None:
        return None
    return max(0.0, at - entry.container.born - given_to(entry, at))


def given_to(entry: Entry, at: float) -> float:
    """By how many seconds an extension lessens what rules see of its age at this moment."""
    extended = entry.extended
    return extended.seconds if extended is not None and at < extended.until else 0.0


def total_age(entry: Entry, at: float) -> float | None:
    """Seconds that all runs of the container lasted together; unknown unless all of them are known."""
    if entry.container.born is None or entry.past is None:
        return None
    return max(0.0, at - entry.container.born + entry.past - given_to(entry, at))


def past_of_first(container: Container) -> float | None:
    """What lies before the first run that is seen: nothing, if it can have had none before."""
    if not container.run.started_at:
        return 0.0
    if container.restarts != 0 or container.born is None or container.created is None:
        return None
    return 0.0 if container.born - container.created <= PROMPT else None


def past_of_next(old: Entry, container: Container) -> float | None:
    """What lies before the next run: the past of the last one, and how long that one lasted."""
    if old.past is None or not old.run.started_at:
        return old.past
    # The engine keeps the moment of the last end while the next run goes on.
    began, ended = nanoseconds(old.run.started_at), nanoseconds(container.finished_at)
    started = nanoseconds(container.run.started_at)
    if began is None or ended is None or started is None or not began <= ended <= started:
        return None
    if not _next_of(old.container, container) or started - ended > PAUSE * 1e9:
        return None
    return old.past + (ended - began) / 1e9


def _next_of(old: Container, new: Container) -> bool:
    """Whether the engine's count has no room for a run between these two; a start by hand sets it back."""
    if old.restarts is None or new.restarts is None:
        return False
    return new.restarts in {0, old.restarts, old.restarts + 1}
