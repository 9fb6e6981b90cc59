"""Looking at containers one by one: who is to be inspected, by how many at once, and what came of it.

Wishes are keyed by container, so they cannot pile up: a container that is asked for again
while it waits is inspected once. When too many wait because of events, they are all let go and
the whole engine is listed instead; what a list asks for is bounded by the list, and is done.
What an inspect means is decided elsewhere.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import trio

from reactor.core.container import Container, ContainerId
from reactor.core.ports import DeadlinePassed, Engine, EngineError, NoSuchContainer

MOST_WAITING = 10_000


@dataclass(frozen=True, slots=True)
class Look:
    """What an inspect came to: a container, or none because the engine knows it not, or an error."""

    id: ContainerId
    at: float
    container: Container | None = None
    error: str = ""


class Lane:
    """A queue of containers to be inspected, and who waits for it."""

    def __init__(self) -> None:
        self._waiting: deque[ContainerId] = deque()
        self._idle = trio.lowlevel.ParkingLot()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, container: ContainerId) -> None:
        """Queue one."""
        self._waiting.append(container)
        self._idle.unpark()

    def drop(self, containers: set[ContainerId]) -> None:
        """Let these go."""
        self._waiting = deque(each for each in self._waiting if each not in containers)

    async def wait_next(self) -> ContainerId:
        """Wait for the next one."""
        while not self._waiting:
            await self._idle.park()
        return self._waiting.popleft()


class Inspector:
    """A bounded number of workers who inspect what they are asked to.

    A container whose inspect hung is looked at in a lane of its own from then on, until it
    answers: however many are wedged, the others are seen in time.
    """

    def __init__(
        self, engine: Engine, on_look: Callable[[Look], None], on_overflow: Callable[[], None]
    ) -> None:
        self._engine = engine
        self._on_look = on_look
        self._on_overflow = on_overflow
        self._prompt = Lane()
        self._slow = Lane()
        self._wanted: set[ContainerId] = set()
        self._by_event: set[ContainerId] = set()
        self._busy: set[ContainerId] = set()
        self._again: set[ContainerId] = set()
        self._hung: set[ContainerId] = set()
        self._settled = trio.Event()

    def ask_nowait(self, container: ContainerId) -> None:
        """Have this container inspected soon; from the moment of this call on, not of an earlier one."""
        if container in self._wanted:
            return
        if container in self._busy:
            self._again.add(container)
            return
        if len(self._by_event) >= MOST_WAITING:
            self._let_all_go()
            return
        self._by_event.add(container)
        self._queue(container)

    def ask_all_nowait(self, containers: Iterable[ContainerId]) -> None:
        """Have all of these inspected, however many: none of them is let go for want of room."""
        for container in containers:
            self._by_event.discard(container)
            if container in self._busy:
                self._again.add(container)
            elif container not in self._wanted:
                self._queue(container)

    def _queue(self, container: ContainerId) -> None:
        self._wanted.add(container)
        (self._slow if container in self._hung else self._prompt).put(container)

    def _let_all_go(self) -> None:
        self._prompt.drop(self._by_event)
        self._slow.drop(self._by_event)
        self._wanted -= self._by_event
        self._by_event.clear()
        self._tell_settled()
        self._on_overflow()

    def is_pending(self, container: ContainerId) -> bool:
        """Whether a look at this container is still to come."""
        return container in self._wanted or container in self._busy

    async def wait_settled(self, containers: Iterable[ContainerId], patience: float) -> set[ContainerId]:
        """Wait until none of these is pending, at most ``patience`` seconds; returns those that still are."""
        open_ = {container for container in containers if self.is_pending(container)}
        with trio.move_on_after(patience):
            while open_:
                await self._settled.wait()
                open_ = {container for container in open_ if self.is_pending(container)}
        return open_

    async def work(self, *, slow: bool = False) -> None:
        """One worker; start as many as there may be inspects at once, and one or two slow ones."""
        lane = self._slow if slow else self._prompt
        while True:
            container = await lane.wait_next()
            self._wanted.discard(container)
            self._by_event.discard(container)
            self._busy.add(container)
            try:
                look = await self._look(container)
            finally:
                self._busy.discard(container)
            if container in self._again:
                self._again.discard(container)
                self._queue(container)
            self._on_look(look)
            self._tell_settled()

    async def _look(self, container: ContainerId) -> Look:
        try:
            found = await self._engine.inspect(container)
        except NoSuchContainer:
            found = None
        except EngineError as error:
            if isinstance(error, DeadlinePassed):
                self._hung.add(container)
            return Look(container, trio.current_time(), error=str(error))
        self._hung.discard(container)
        if found is not None and found.id != container:
            # A container that is named like another one's id answers in its place.
            found = None
        return Look(container, trio.current_time(), found)

    def _tell_settled(self) -> None:
        self._settled.set()
        self._settled = trio.Event()
