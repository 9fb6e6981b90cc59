"""Which mains wait for their sidecars, paused by us, and which of them go on.

Only that is planned here. What is made meanwhile is in ``providing``; whether a rule's condition has held is
another matter, in ``holding``.
"""

from collections.abc import Collection

from reactor.core.container import State
from reactor.core.provision_steps import Hold, Release, Table
from reactor.core.state import Entry

HELD_WITHIN = 30.0
"""Seconds after its start in which a main is still held; later it has long done without."""
LONGEST_HOLD = 600.0
"""Seconds for which a main is held at most, whatever becomes of its sidecars."""


def hold(table: Table, passed: Collection[str]) -> None:
    """Pause the mains that are to wait, and let those go on that have waited. ``passed`` are the templates
    for which nobody need wait."""
    for main in table.task.mains:
        since = table.memory.held.get(main.run)
        why = _why_released(table, main, since, passed)
        if since is None:
            if not why and _can_be_held(table, main):
                # It comes first: what is made then takes its time.
                table.steps.insert(0, Hold(main.run))
        elif main.run in table.memory.ruled:
            # A rule pauses it as well: when that is done it is the rule's, and not ours to let go on.
            continue
        elif why or not (main.container.state is State.PAUSED or main.unsure):
            table.steps.append(Release(main.run, why or "somebody else let it go on"))
        else:
            table.wait_until(since + LONGEST_HOLD)


def _can_be_held(table: Table, main: Entry) -> bool:
    if main.ending or main.container.state is State.PAUSED or main.run in table.memory.released:
        return False
    born = main.container.born
    return born is not None and table.at - born < HELD_WITHIN


def _why_released(table: Table, main: Entry, since: float | None, passed: Collection[str]) -> str:
    waits_for = table.wanted.held_for.get(main.run)
    if waits_for is None:
        return "it is not to be held any more"
    if waits_for <= frozenset(passed):
        return "all its sidecars are ready"
    if since is not None and table.at - since >= LONGEST_HOLD:
        return "it was held for too long"
    return ""
