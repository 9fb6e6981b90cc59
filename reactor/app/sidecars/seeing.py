"""What whoever does something for tasks looks at: what is known by now, and whether anything may be done.

Nothing is done here. A step takes its time, so both are asked again right before it acts.
"""

from collections.abc import Callable

import trio

from reactor.app.monitor import Monitor
from reactor.core.container import ContainerId
from reactor.core.obeying import is_held
from reactor.core.provisions import Task
from reactor.core.state import Entry

SHOWN_WITHIN = 5.0
"""Seconds in which what was done is seen; if not, it is planned anew from what is known."""


class NotNow(Exception):
    """A step is not done, since the orders or its task are others by now. That is nobody's failure."""


class Sight:
    """The monitor, as those see it who work on tasks."""

    def __init__(self, monitor: Monitor) -> None:
        self.monitor = monitor
        self._changed = trio.Event()

    def changed(self) -> None:
        """Something was seen: whoever waits for it looks."""
        self._changed.set()
        self._changed = trio.Event()

    def may_act(self) -> bool:
        """Whether nobody ordered that nothing be done, and nothing is lost of what happened."""
        monitor = self.monitor
        dry = monitor.setup.dry_run or is_held(monitor.state, trio.current_time())
        return not dry and monitor.state.deaf is None

    def is_lived_for(self, task: Task) -> bool:
        """Whether a main of it lives still, and is not being ended."""
        found = (self.monitor.state.entries.get(main.run.id) for main in task.mains)
        return any(each is not None and each.alive and not each.ending for each in found)

    async def see(self, container: ContainerId, shows: Callable[[Entry | None], bool]) -> None:
        """Have it looked at, and wait until the look shows it; not for ever, since planning begins anew."""
        self.monitor.look(container)
        with trio.move_on_after(SHOWN_WITHIN):
            while not shows(self.monitor.state.entries.get(container)):
                await self._changed.wait()
