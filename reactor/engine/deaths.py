"""A death that was reported: its exit code, and looking until the engine's own record shows it.

An engine may report a death before its list and its inspect say so; and an event's exit code
can be overwritten by a container's label, so that it counts only where there is no such label.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

import trio

from reactor.core.container import Container, ContainerId, Run, State
from reactor.core.facts import Exited, Fact, Seen
from reactor.core.moments import nanoseconds
from reactor.core.ports import Event
from reactor.engine.inspecting import Inspector
from reactor.engine.picture import Picture

PAUSES = (0.02, 0.05, 0.1, 0.25, 0.6)
"""Seconds between the looks at a run that was reported dead and is still shown running."""
UNPLACED = 1000
"""Containers whose reported deaths are kept until a look tells of which run they were."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """A run whose death was reported, how often it was looked at, and when the next look is due."""

    run: Run
    tries: int = 0
    due: float = float("inf")


class Deaths:
    """Follows reported deaths until they can be seen."""

    def __init__(self, picture: Picture, inspector: Inspector, feed: Callable[[Fact], None]) -> None:
        self._picture = picture
        self._inspector = inspector
        self._feed = feed
        self._awaited: dict[ContainerId, Awaited] = {}
        self._unplaced: OrderedDict[ContainerId, tuple[Event, ...]] = OrderedDict()
        self._wake = trio.Event()

    def heard(self, event: Event, now: float) -> bool:
        """Take in a die event; True if the container must not be inspected for it."""
        container = self._picture.get(event.id)
        if container is None or not container.alive or self._inspector.is_pending(event.id):
            # The run that died may be a later one than the one that was seen last.
            self._keep(event)
            return False
        if event.time_nano < (nanoseconds(container.run.started_at) or 0):
            # A new subscription repeats the death of the run before; this one lives.
            self._keep(event)
            return False
        code = event.exit_code if "exitCode" not in container.labels else None
        if container.auto_remove:
            # An inspect that races the removal can make the engine stumble over its own record.
            over = replace(container, state=State.EXITED, exit_code=code, health="")
            self._picture.saw(over, now)
            self._feed(Seen(now, over))
            return True
        if code is not None:
            self._feed(Exited(now, container.run, code))
        self._awaited[event.id] = Awaited(container.run)
        return False

    def looked(self, before: Container | None, container: Container, now: float) -> None:
        """Take in a look; if the death does not show yet, another one follows."""
        self._place(before, container, now)
        awaited = self._awaited.get(container.id)
        if awaited is None or before is None:
            return
        if not container.alive or container.run != awaited.run or awaited.tries >= len(PAUSES):
            del self._awaited[container.id]
            return
        due = now + PAUSES[awaited.tries]
        self._awaited[container.id] = Awaited(awaited.run, awaited.tries + 1, due)
        self._wake.set()

    def gone(self, container: ContainerId) -> None:
        """The engine knows the container no more: nothing will show its death."""
        self._awaited.pop(container, None)
        self._unplaced.pop(container, None)

    def _keep(self, event: Event) -> None:
        self._unplaced[event.id] = (*self._unplaced.pop(event.id, ())[-3:], event)
        if len(self._unplaced) > UNPLACED:
            self._unplaced.popitem(last=False)

    def _place(self, before: Container | None, container: Container, now: float) -> None:
        """A run that the next one followed before anybody looked: the first death between the two starts."""
        latest = nanoseconds(container.run.started_at)
        if latest is None:
            return
        deaths = self._unplaced.pop(container.id, ())
        began = nanoseconds(before.run.started_at) if before is not None else None
        if before is not None and began is not None and "exitCode" not in container.labels:
            codes = [event.exit_code for event in deaths if began < event.time_nano < latest]
            if codes and codes[0] is not None:
                self._feed(Exited(now, before.run, codes[0]))
        # The code of a run that is over stands in the engine's own record.
        left = tuple(event for event in deaths if event.time_nano >= latest and container.alive)
        if left:
            self._unplaced[container.id] = left

    async def watch(self) -> None:
        """Ask for the looks that are due, for ever."""
        while True:
            due = min((awaited.due for awaited in self._awaited.values()), default=float("inf"))
            with trio.move_on_at(due):
                await self._wake.wait()
            self._wake = trio.Event()
            now = trio.current_time()
            for key, awaited in list(self._awaited.items()):
                if awaited.due <= now:
                    self._awaited[key] = replace(awaited, due=float("inf"))
                    self._inspector.ask_nowait(key)
