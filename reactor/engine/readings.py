"""The stats streams: one for each run about which a rule wants to know, and for no other.

What a stream says is handed on as it comes; an end of any kind, and silence, lead to another try
while the run is still wanted. How a frame is read is the business of ``stats``.
"""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import trio

from reactor.core.container import Run
from reactor.core.facts import Sample
from reactor.core.ports import Engine, EngineError


@dataclass(frozen=True, slots=True)
class ReadingsStatistics:
    """Streams wanted, open and shed for want of room; frames with and without data; reconnects."""

    wanted: int = 0
    open: int = 0
    shed: int = 0
    samples: int = 0
    no_data: int = 0
    reconnects: int = 0


class Readings:
    """Keeps the stats streams of the wanted runs open."""

    def __init__(
        self,
        engine: Engine,
        feed: Callable[[Sample], None],
        nursery: trio.Nursery,
        *,
        most: int = 2000,
        backoff: tuple[float, float] = (0.1, 5.0),
        silence: float = 15.0,
        chance: random.Random | None = None,
    ) -> None:
        self._engine = engine
        self._feed = feed
        self._nursery = nursery
        self._most = most
        self._backoff = backoff
        self._silence = silence
        self._chance = chance or random.Random()  # noqa: S311 - Jitter needs no secrecy.
        self._streams: dict[Run, trio.CancelScope] = {}
        self._stats = ReadingsStatistics()

    def statistics(self) -> ReadingsStatistics:
        """The counters."""
        return self._stats

    def want(self, runs: frozenset[Run]) -> None:
        """Read these runs and no others from now on. What is beyond the limit is shed, and counted."""
        for run in self._streams.keys() - runs:
            self._streams.pop(run).cancel()
        room = max(0, self._most - len(self._streams))
        fresh = runs - self._streams.keys()
        # Where there is no room for anybody, thousands need not be put in order for it.
        for run in sorted(fresh)[:room] if room else ():
            self._streams[run] = trio.CancelScope()
            self._nursery.start_soon(self._read_for_ever, run, self._streams[run])
        self._stats = replace(self._stats, wanted=len(runs), shed=max(0, len(fresh) - room))

    async def _read_for_ever(self, run: Run, scope: trio.CancelScope) -> None:
        with scope:
            first, longest = self._backoff
            pause = first
            while True:
                began = trio.current_time()
                # Why it ended is of no use: the list says whether the run is still there.
                with suppress(EngineError):
                    await self._read(run)
                self._stats = replace(self._stats, reconnects=self._stats.reconnects + 1)
                if trio.current_time() - began >= longest:
                    pause = first
                await trio.sleep(pause * self._chance.uniform(0.5, 1.0))
                pause = min(longest, pause * 2)

    async def _read(self, run: Run) -> None:
        async with self._engine.open_stats(run) as frames:
            self._count(1)
            try:
                # An engine sends a frame every second or few, if only zeros: silence is a dead connection.
                with trio.move_on_after(self._silence) as patience:
                    async for sample in frames:
                        patience.deadline = trio.current_time() + self._silence
                        self._take(sample)
            finally:
                self._count(-1)

    def _count(self, change: int) -> None:
        self._stats = replace(self._stats, open=self._stats.open + change)

    def _take(self, sample: Sample | None) -> None:
        if sample is None:
            self._stats = replace(self._stats, no_data=self._stats.no_data + 1)
            return
        self._stats = replace(self._stats, samples=self._stats.samples + 1)
        self._feed(sample)
