"""An engine behind an endpoint: what it is asked, each question with a deadline of its own.

What is asked for is written here, and in ``acting`` what is done; how it gets there is in ``lanes``, and what
comes back is read in ``decode``, ``events`` and ``stats``. Whether a call is made again is decided by those
who know what it was for.
"""

import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

import trio

from reactor.core.container import Container, ContainerId, Listed, Run
from reactor.core.ports import Anchors, EngineError, EngineForbids, EngineInfo
from reactor.engine import decode, events, stats
from reactor.engine.acting import Acting, Spoken
from reactor.engine.ages import Ages, Clocks, NoAnchors
from reactor.engine.clocks import KernelClocks
from reactor.engine.deadlines import Deadlines
from reactor.engine.endpoint import Endpoint
from reactor.engine.holding import memory_held
from reactor.engine.identity import engine_info, is_podman
from reactor.engine.images import ImageLabels
from reactor.engine.lanes import Lanes
from reactor.engine.namings import Namings
from reactor.engine.times import header_seconds, seconds
from reactor.engine.versions import negotiate
from reactor.engine.wire import InfoBody, VersionBody, parse
from reactor.http.client import Response
from reactor.http.lines import Lines

NOBODY = "0" * 64
"""No container has this id; one may have it as its name, and would be told to change nothing."""
CLOCK_PAUSE = 5.0
"""How long an engine whose clock makes no sense is left alone before it is asked again, in seconds."""


@dataclass(frozen=True, slots=True)
class EngineStatistics:
    """Oddities so far: events too long to read, starts that two sources disagreed on, jumps of the engine's
    clock, and looks at images that came to nothing.
    """

    overlong_events: int = 0
    disputed_starts: int = 0
    clock_jumps: int = 0
    unreadable_images: int = 0


class DockerEngine(Acting):
    """An engine behind an endpoint, as ``core.ports.Engine`` wants it."""

    def __init__(
        self,
        endpoint: Endpoint,
        anchors: Anchors | None = None,
        *,
        deadlines: Deadlines | None = None,
        clocks: Clocks | None = None,
        watched_by: "DockerEngine | None" = None,
    ) -> None:
        self.endpoint = endpoint
        spoken: Spoken = watched_by._spoken if watched_by else Spoken()
        super().__init__(Lanes(endpoint.address), deadlines or Deadlines(), spoken)
        # Whoever measures layers waits long, and nobody else waits with him.
        self._layers = Lanes(endpoint.address)
        self._images: ImageLabels = (
            watched_by._images if watched_by else ImageLabels(self._ask_image, self._deadlines.image)
        )
        self._looks_aside = watched_by is None
        self.canaries: set[ContainerId] = watched_by.canaries if watched_by else set()
        """The containers that were made here to be ended; whoever makes one puts it in before its start."""
        self._clocks = clocks or KernelClocks()
        self._ages = Ages(anchors or NoAnchors(), self._clocks, local=endpoint.address.local)
        self._namings = Namings()
        self._memory = 0
        self._updates = True
        self._clock_asked = -math.inf
        self._asking_time = trio.Lock()
        self._overlong = 0
        self._listening: set[Lines] = set()
        self._jumps = 0

    def for_acting(self) -> "DockerEngine":
        """The same engine for those who act: own connections, and looks that ask nothing else.

        Such a look waits for no thread and for no clock. It knows the labels of the images that
        were read before, and no ages.
        """
        return DockerEngine(self.endpoint, deadlines=self._deadlines, watched_by=self)

    def statistics(self) -> EngineStatistics:
        """The counters."""
        overlong = self._overlong + sum(lines.dropped for lines in self._listening)
        return EngineStatistics(overlong, self._ages.disagreements, self._jumps, self._images.unreadable)

    async def identify(self) -> EngineInfo:
        """Say who you are; negotiates the API version anew, and asks for the time."""
        answer = await self._lanes.ask("/version", self._deadlines.identify)
        version = parse(answer.body, VersionBody, "/version")
        self._spoken.version = negotiate(version.api_version, version.oldest)
        if is_podman(version):
            self._updates = await self._has_updates()
        answer, info = await self._info(self._deadlines.identify)
        date, local = answer.headers.get("date", ""), self.endpoint.address.local
        found = engine_info(version, info, self._spoken.version, date, local=local, updates=self._updates)
        self._memory, self._spoken.cpus = found.memory, max(info.cpus, 0)
        self._spoken.takes_memory = found.cgroup_version == "2"
        return found

    async def _has_updates(self) -> bool:
        """Whether it has the call that changes limits: tried on nobody, with nothing to be changed.

        Whoever has it says in JSON that there is no such container. Where we may not call it, that is no lack
        of the engine's, and is told when it is needed.
        """
        path = f"/v{self._spoken.version}/containers/{NOBODY}/update"
        with suppress(EngineForbids):
            return await self._lanes.knows(path, self._deadlines.identify, b"{}")
        return True

    async def list(self) -> Sequence[Listed]:
        """List all containers, in every state."""
        answer = await self._lanes.ask(await self._path("/containers/json?all=1"), self._deadlines.list)
        return decode.listed(answer.body)

    async def inspect(self, container: ContainerId) -> Container:
        """Inspect one container, its image's labels included.

        The record carries the id that the engine answered with, which is another one if somebody named a
        container like this id.
        """
        path = await self._path(f"/containers/{decode.full_id(container)}/json")
        asked, since_boot = trio.current_time(), self._clocks.since_boot()
        answer = await self._lanes.ask(path, self._deadlines.inspect)
        body = decode.inspected(answer.body)
        self._namings.note(decode.run(body), body.state.pid if body.state else 0, since_boot)
        if not self._looks_aside:
            known = decode.Context(image=self._images.known(body.image))
            return self._marked(decode.container(body, known))
        await self._check_clock(answer, asked, trio.current_time())
        at, pid = trio.current_time(), body.state.pid if body.state else 0
        context = decode.Context(
            born=self._ages.born(decode.run(body), pid, at),
            created=self._ages.created(body.id, body.created, at),
            finished=self._ages.finished(decode.run(body), decode.finished_at(body), at),
            image=await self._images.find(body.image),
        )
        return self._marked(decode.container(body, context))

    def named(self, run: Run, pid: int) -> float | None:
        """When it had been asked that named this process of this run last, in seconds since boot."""
        return self._namings.asked(run, pid)

    def _marked(self, found: Container) -> Container:
        return replace(found, canary=True) if found.id in self.canaries else found

    async def layer_size(self, container: ContainerId) -> int | None:
        """Measure the container's own layer, in bytes; None if the engine does not say."""
        path = await self._path(f"/containers/{decode.full_id(container)}/json?size=1")
        answer = await self._layers.ask(path, self._deadlines.layer)
        return decode.layer_size(answer.body, container)

    @asynccontextmanager
    async def open_events(self, since: float | None) -> AsyncIterator[events.EventStream]:
        """Subscribe from ``since`` (engine's clock, seconds)."""
        path = await self._path(events.target(since))
        async with self._lanes.stream(path, self._deadlines.events) as answer:
            lines = answer.lines(events.LONGEST, drop=True)
            self._listening.add(lines)
            try:
                yield events.EventStream(lines)
            finally:
                self._listening.discard(lines)
                self._overlong += lines.dropped

    @asynccontextmanager
    async def open_stats(self, run: Run) -> AsyncIterator[stats.StatsStream]:
        """Stream readings of a run."""
        path = await self._path(f"/containers/{decode.full_id(run.id)}/stats?stream=true")
        async with self._lanes.stream(path, self._deadlines.stats) as answer:
            yield stats.StatsStream(answer.lines(stats.LONGEST), run, self._memory)

    async def _held(self, container: ContainerId) -> float:
        return await memory_held(self, container, self._deadlines.inspect)

    @property
    def cpus(self) -> int:
        """How many CPUs it has; 0 if it did not say, or was not asked yet."""
        return self._spoken.cpus

    async def versioned(self, path: str) -> str:
        """The path with the version that was agreed on."""
        return await self._path(path)

    async def _path(self, path: str) -> str:
        if not self._spoken.version:
            await self.identify()
        return f"/v{self._spoken.version}{path}"

    async def _info(self, within: float) -> tuple[Response, InfoBody]:
        """Ask the engine about itself, and take over what time it has."""
        self._clock_asked = asked = trio.current_time()
        answer = await self._lanes.ask(f"/v{self._spoken.version}/info", within)
        info = parse(answer.body, InfoBody, "/info")
        now = seconds(info.system_time)
        if now is not None:
            self._ages.engine.learn(now, asked, trio.current_time())
        return answer, info

    async def _check_clock(self, answer: Response, asked: float, answered: float) -> None:
        """Notice that the engine's clock was set, before an age is worked out with it."""
        said = header_seconds(answer.headers.get("date", ""))
        clock = self._ages.engine
        if said is None or clock.fits(said, asked, answered):
            return
        async with self._asking_time:
            if clock.fits(said, asked, answered) or answered - self._clock_asked < CLOCK_PAUSE:
                return  # Another inspect asked in the meantime, or asking does not help.
            self._jumps += clock.now(answered) is not None
            with suppress(EngineError):
                await self._info(self._deadlines.inspect)
            if not clock.fits(said, asked, trio.current_time()):
                # Without a clock a start is unknown, and that is reported as such.
                clock.forget()

    async def _ask_image(self, image: str) -> bytes:
        path = await self._path(f"/images/{image}/json")
        return (await self._lanes.ask(path, self._deadlines.image)).body
