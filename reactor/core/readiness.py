"""Whether a run may be judged as one that is ready: what its own health check has said of it so far.

Only this one answer is here. That a container has become unhealthy is a trigger, and noticed in
``noticing``.
"""

from dataclasses import replace

from reactor.core.container import State
from reactor.core.state import Entry

STARTING, HEALTHY = "starting", "healthy"


def take_readiness(entry: Entry) -> Entry:
    """The entry with what this look tells of its readiness; once healthy, it stays ready for the run."""
    said = {HEALTHY: True, STARTING: False}.get(entry.container.health)
    if said is None or entry.came_up or said is entry.came_up:
        return entry
    return replace(entry, came_up=said)


def is_ready(entry: Entry) -> bool | None:
    """Whether the run is through with its start; None is unknown.

    Ill health later on is no start, so it does not take readiness back: a rule that waits for readiness
    must not be kept from a container by its being ill. What was unhealthy before we came may or may not have
    been healthy in this run.
    """
    container = entry.container
    if not entry.alive or container.state is not State.RUNNING:
        return None
    if container.health_check is not True:
        return True if container.health_check is False else None
    return entry.came_up if entry.came_up or container.health else None
