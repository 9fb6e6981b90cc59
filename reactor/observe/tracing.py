"""Sending the traces of decisions: a line of bounded length, and a thread that empties it from time to time.

Whoever puts something in never waits. What finds no room, or does not get through, is counted and gone: a
certificate in the journal says the same, and lasts. What a trace consists of is in ``spans``.
"""

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from math import inf
from time import perf_counter
from typing import TYPE_CHECKING

import trio

from reactor.observe.otel import TraceSettings
from reactor.observe.spans import Trail, spans_of
from reactor.observe.tally import Tally

if TYPE_CHECKING:
    from reactor.observe.otlp_spans import SpanSink

log = logging.getLogger(__name__)

LAST_WORDS = 1.0
"""For how many seconds, at the end, what still waits is sent."""


class Trails:
    """The line. ``most`` spans are in it at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._line: deque[Trail] = deque()
        self._wake = trio.Event()
        self.queued = 0
        self.dropped = 0

    def put(self, trail: Trail, enough: float = inf) -> None:
        """Add one, if there is room; whoever waits is woken when there are ``enough`` spans."""
        if self.queued + trail.size > self._most:
            self.dropped += trail.size
            return
        self._line.append(trail)
        self.queued += trail.size
        if self.queued >= enough:
            self._wake.set()

    def take(self, most: int) -> tuple[Trail, ...]:
        """The first of them, of about so many spans together, and one at least."""
        taken: list[Trail] = []
        room = most
        while self._line and (not taken or self._line[0].size <= room):
            trail = self._line.popleft()
            room -= trail.size
            self.queued -= trail.size
            taken.append(trail)
        return tuple(taken)

    async def wait(self, seconds: float) -> None:
        """Wait so long, or until there are enough."""
        with trio.move_on_after(seconds):
            await self._wake.wait()
        self._wake = trio.Event()


class TraceSender:
    """Sends what is in the line, again and again. ``identity`` are resource attributes."""

    def __init__(
        self, settings: TraceSettings, identity: Mapping[str, str], trails: Trails, tally: Tally
    ) -> None:
        self._settings = settings
        self._identity = identity
        self._trails = trails
        self._tally = tally
        self._limiter = trio.CapacityLimiter(1)
        self._sink: SpanSink | None = None
        self._failing = False
        for result in ("ok", "failed"):  # the first failure is an increase only if there was a zero before
            tally.count("reactor_exports_total", 0, signal="traces", result=result)
        for result in ("sent", "failed", "dropped"):
            tally.count("reactor_spans_total", 0, result=result)

    async def run(self) -> None:
        """Send for ever; at the end, what there still is, for a moment."""
        try:
            while True:
                await self._trails.wait(self._settings.delay)
                await self.send_all()
        finally:
            with trio.move_on_after(LAST_WORDS, shield=True):
                await self.send_all()
            self.close()

    def close(self) -> None:
        """Let go of the receiver, and of a thread that still waits for it."""
        if self._sink is not None:
            self._sink.close()
            self._sink = None

    async def send_all(self) -> None:
        """Send what is in the line now, batch by batch."""
        while trails := self._trails.take(self._settings.batch):
            await self._send_batch(trails)
        self._tally.reach("reactor_spans_total", self._trails.dropped, result="dropped")

    async def _send_batch(self, trails: Sequence[Trail]) -> None:
        began, told = perf_counter(), None
        # Whoever ends us lets what is under way have its last words: it is in the line no more.
        scope = trio.CancelScope(shield=True)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_hurry, scope)
            with scope:
                told = await trio.to_thread.run_sync(
                    self._send, trails, limiter=self._limiter, abandon_on_cancel=True
                )
            nursery.cancel_scope.cancel()
        why, count = told or ("the monitor stopped", sum(trail.size for trail in trails))
        self._tally.observe("reactor_rendering_duration_seconds", perf_counter() - began, export="traces")
        self._tally.count("reactor_exports_total", signal="traces", result="failed" if why else "ok")
        self._tally.count("reactor_spans_total", count, result="failed" if why else "sent")
        self._tell(why)

    def _send(self, trails: Sequence[Trail]) -> tuple[str, int]:
        from reactor.observe.otlp_spans import SpanSink  # noqa: PLC0415 - heavy, and in the thread
        from reactor.observe.otlp_wire import NotDelivered  # noqa: PLC0415 - as above

        spans = [span for trail in trails for span in spans_of(trail)]
        try:
            if self._sink is None:
                self._sink = SpanSink(self._settings.endpoint, self._identity)
            self._sink.send(spans)
        except NotDelivered as error:
            return str(error), len(spans)
        return "", len(spans)

    def _tell(self, why: str) -> None:
        if bool(why) is self._failing:
            return
        self._failing = bool(why)
        receiver = self._settings.receiver
        if why:
            log.warning("traces do not get through", extra={"receiver": receiver, "why": why})
        else:
            log.info("traces get through again", extra={"receiver": receiver})


async def _hurry(scope: trio.CancelScope) -> None:
    """From the moment at which we are ended there is not much time."""
    try:
        await trio.sleep_forever()
    finally:
        scope.deadline = trio.current_time() + LAST_WORDS
