"""The world as an engine without a socket: what ``core.ports.Engine`` asks, for virtual time.

Only the translation from the world to the core's records belongs here, with the faults
that a stream can have; those of calls are in ``faults``, what does something is in ``direct_acting``, and
what makes something in ``direct_making``.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from reactor.core.container import Container, ContainerId, Listed, Run
from reactor.core.facts import Sample
from reactor.core.ports import EngineInfo, Event, StreamEnded
from reactor.testing.box import Box
from reactor.testing.clock import SECOND
from reactor.testing.direct_acting import BY, check_id
from reactor.testing.direct_making import DirectMaking
from reactor.testing.direct_records import (
    FULL_ID,
    container_record,
    event_record,
    listed_record,
    sample_record,
)
from reactor.testing.events import Subscription
from reactor.testing.faults import Kind
from reactor.testing.gauge import read, wait_sweep
from reactor.testing.world import World

__all__ = ["BY", "DirectEngine"]


class DirectEngine(DirectMaking):
    """An engine in this process. ``script`` says what goes wrong; ``world.history`` is the truth."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.forget_starts = False
        self._births: dict[Run, float] = {}
        self._moments: dict[tuple[ContainerId, int], float] = {}

    async def identify(self) -> EngineInfo:
        """Say who it is, by its own clock."""

        async def answer() -> EngineInfo:
            self._reach()
            now = self.world.clock.nanos() / SECOND
            memory = self.world.ground.host_memory
            return EngineInfo(
                self.world.ground.seed,
                "embedded",
                "20.10.24",
                "1.41",
                now,
                memory,
                "1",
                "cgroupfs",
                kernel=self.world.ground.host_kernel,
                local=True,
            )

        return await self.script.run(Kind.IDENTIFY, answer)

    async def list(self) -> tuple[Listed, ...]:
        """List all containers as the list has them, which can lag behind."""

        async def answer() -> tuple[Listed, ...]:
            self._reach()
            # The youngest first, as an engine lists them.
            return tuple(listed_record(box) for box in reversed(self.world.boxes))

        return await self.script.run(Kind.LIST, answer)

    async def inspect(self, container: ContainerId) -> Container:
        """Inspect one container by its full id, its image's labels included."""
        check_id(container)

        async def answer() -> Container:
            box = self._find(container)
            while box.wedged is not None and box.inspect_hangs:
                await box.wedged.wait()
            finished = self._moment(box, box.finished) if box.finished else None
            created = self._moment(box, box.created)
            return container_record(self.world, box, self._born(box), created, finished)

        return await self.script.run(Kind.INSPECT, answer)

    async def layer_size(self, container: ContainerId) -> int | None:
        """Say how much stands in its own layer."""
        check_id(container)

        async def answer() -> int | None:
            box = self._find(container)
            return box.layer if box.id == container else None

        return await self.script.run(Kind.LAYER, answer)

    def _born(self, box: Box) -> float | None:
        """When the run began: kept from the first look, so that a jump of the clock changes no age."""
        if not box.started or self.forget_starts:
            return None
        known = self._births.get(box.run)
        if known is None:
            self._births = {run: born for run, born in self._births.items() if run.id != box.id}
            known = self._births[box.run] = self.world.clock.at(box.started)
        return known

    def _moment(self, box: Box, nanos: int) -> float:
        """When something was on our clock: kept likewise, for as long as the world."""
        return self._moments.setdefault((box.id, nanos), self.world.clock.at(nanos))

    @asynccontextmanager
    async def open_events(self, since: float | None) -> AsyncIterator[AsyncGenerator[Event, None]]:
        """Subscribe; ``since`` is the engine's clock in seconds and includes its own moment."""

        async def subscribe() -> Subscription:
            self._reach()
            return self.world.events.subscribe(None if since is None else round(since * SECOND))

        subscription = await self.script.run(Kind.EVENTS, subscribe)
        try:
            async with aclosing(_events(subscription)) as events:
                yield events
        finally:
            self.world.events.unsubscribe(subscription)

    @asynccontextmanager
    async def open_stats(self, run: Run) -> AsyncIterator[AsyncGenerator[Sample | None, None]]:
        """Stream readings once a second, until the container is removed.

        Like an engine's, the stream belongs to the container and goes on through a restart:
        whoever reads it has to end it with the run.
        """
        check_id(run.id)

        async def subscribe() -> Box:
            return self._find(run.id)

        box = await self.script.run(Kind.STATS, subscribe)
        async with aclosing(self._samples(box, run)) as samples:
            yield samples

    async def _samples(self, box: Box, run: Run) -> AsyncGenerator[Sample | None, None]:
        fell = self.world.ground.fell
        while await wait_sweep(self.world.ground, box):
            if fell.is_set():
                raise StreamEnded("the connection was reset")
            yield sample_record(read(self.world.ground, box), box, run)
        raise StreamEnded("the engine ended the stream")

    def end_events(self, how: str = "the connection was reset") -> None:
        """End every event stream."""
        self.world.events.end_all(how)

    def deafen_events(self) -> None:
        """Let every open event stream fall silent, for ever."""
        for listener in self.world.events.listeners:
            listener.deaf = True


async def _events(subscription: Subscription) -> AsyncGenerator[Event, None]:
    async for message in subscription:
        if message.type == "container" and message.scope == "local" and FULL_ID.fullmatch(message.id):
            yield event_record(message)
    raise StreamEnded(subscription.ending or "the engine ended the stream")
