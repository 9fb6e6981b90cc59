"""The subscription to the engine's events: opened, kept, lost, opened again.

Every way in which a stream can end means the same here: say so, wait a little, subscribe
with an overlap in the engine's own clock. Whoever listens is told of each opening, each
event and each loss, and whether that was a mere end of what had come until then; what they
mean is decided in ``watch``.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import trio

from reactor.core.ports import Engine, EngineError, EngineInfo, Event, StreamEnded

TOLD_ONCE = frozenset({"oom"})
"""The events that nothing shows afterwards while their container runs on."""


@dataclass(frozen=True, slots=True)
class HearingStatistics:
    """How the subscription has fared; ``last_event_at`` is on our monotonic clock."""

    subscribed: bool = False
    subscriptions: int = 0
    events: int = 0
    last_event_at: float | None = None


class Hearing:
    """Listens to one engine for ever."""

    def __init__(
        self,
        engine: Engine,
        *,
        overlap: float,
        before_us: float,
        backoff: tuple[float, float],
        chance: random.Random,
        on_open: Callable[[EngineInfo], None],
        on_event: Callable[[Event], None],
        on_lost: Callable[[str, bool], None],
    ) -> None:
        self._engine = engine
        self._overlap = overlap
        self._before_us = before_us
        self._old = 0
        self._backoff = backoff
        self._chance = chance
        self._on_open = on_open
        self._on_event = on_event
        self._on_lost = on_lost
        self._stats = HearingStatistics()
        self._last: Event | None = None
        self._continuous = trio.Event()
        self._scope = trio.CancelScope()
        self._dropped = ""

    def statistics(self) -> HearingStatistics:
        """The counters."""
        return self._stats

    @property
    def is_continuous(self) -> bool:
        """Whether the present subscription repeated the last event of the one before: nothing was lost."""
        return self._continuous.is_set()

    async def wait_continuous(self) -> None:
        """Wait until that is so; where events were lost, it never is, so give it a deadline."""
        await self._continuous.wait()

    def drop(self, why: str) -> None:
        """Give this subscription up and make a new one."""
        self._dropped = why
        self._scope.cancel()

    async def listen(self) -> None:
        """Subscribe again and again."""
        first, longest = self._backoff
        pause = first
        while True:
            began = trio.current_time()
            why, ended = await self._subscribe_once()
            # Each opening has everything looked at, so one that did not last is no reason for haste.
            if self._stats.subscribed and trio.current_time() - began >= longest:
                pause = first
            self._stats = replace(self._stats, subscribed=False)
            self._on_lost(why, ended)
            await trio.sleep(pause * self._chance.uniform(0.5, 1.0))
            pause = min(longest, pause * 2)

    async def _subscribe_once(self) -> tuple[str, bool]:
        """Why it is over, and whether it was up and merely ended, as where a proxy cuts what is quiet."""
        try:
            await self._subscribe()
        except StreamEnded as error:
            return str(error), self._stats.subscribed
        except EngineError as error:
            return str(error), False
        return self._dropped, False

    async def _subscribe(self) -> None:
        info = await self._engine.identify()
        since = self._begin(info)
        before, self._continuous = self._last, trio.Event()
        with trio.CancelScope() as self._scope:
            async with self._engine.open_events(since) as events:
                self._stats = replace(
                    self._stats, subscribed=True, subscriptions=self._stats.subscriptions + 1
                )
                self._on_open(info)
                async for event in events:
                    self._hear(event, before)

    def _begin(self, info: EngineInfo) -> float:
        """From where on to listen. The engine's clock alone says that; ours may be minutes away from it."""
        if self._last is not None:
            return self._last.time_nano / 1e9 - self._overlap
        self._old = round((info.now - self._overlap) * 1e9)
        return info.now - max(self._overlap, self._before_us)

    def _hear(self, event: Event, before: Event | None) -> None:
        if event == before:
            self._continuous.set()
        # After a clock that was set back, the newest word counts and not the latest time.
        self._last = event
        if event.time_nano < self._old and event.action not in TOLD_ONCE:
            # From before our time; the first list shows what came of it.
            return
        self._stats = replace(self._stats, events=self._stats.events + 1, last_event_at=trio.current_time())
        self._on_event(event)
