"""One signal on its way out by OTLP: a thread that sends, what comes of it, and the last words at the end.

What is sent, and when, is known to ``push`` and ``batches``. A receiver that is slow, gone or hostile, and an
exporter that breaks, cost one thread and one log line, and disturb nothing else.
"""

import logging
from collections.abc import Awaitable, Callable
from math import inf
from time import perf_counter
from typing import Generic, Protocol, TypeVar

import trio

from reactor.observe.tally import Tally
from reactor.observe.text import plain

log = logging.getLogger(__name__)

LAST_WORDS = 1.5
"""For how many seconds, at the end, what is under way and what still waits is sent, all together."""
LONGEST_REASON = 300

Sent = TypeVar("Sent")
Taken_contra = TypeVar("Taken_contra", contravariant=True)


class NotDelivered(Exception):
    """The receiver did not take what was sent; the text is the exporter's reason."""


class Sink(Protocol[Taken_contra]):
    """What sends to one receiver. Blocking: used in a thread."""

    def send(self, what: Taken_contra, /) -> None:
        """Send it. Raises NotDelivered."""
        ...

    def close(self) -> None:
        """Give up what is under way, from any thread."""
        ...


class Sender(Generic[Sent]):
    """Sends one ``signal``. ``open_sink`` is called in the thread, since it imports what is heavy.

    Whether it comes off is counted each time, and logged when it changes.
    """

    def __init__(self, signal: str, receiver: str, open_sink: Callable[[], Sink[Sent]], tally: Tally) -> None:
        self._signal = signal
        self._receiver = receiver
        self._open = open_sink
        self._tally = tally
        self._limiter = trio.CapacityLimiter(1)
        self._sink: Sink[Sent] | None = None
        self._failing = False
        self._until = inf
        for result in ("ok", "failed"):  # the first failure is an increase only if there was a zero before
            tally.count("reactor_exports_total", 0, signal=signal, result=result)

    async def run(self, wait: Callable[[], Awaitable[None]], send: Callable[[], Awaitable[object]]) -> None:
        """Send whenever a wait is over, for ever; and once more at the end, if there is time."""
        try:
            while True:
                await wait()
                await self._to_its_end(send)
        finally:
            until = min(self._until, trio.current_time() + LAST_WORDS)
            with trio.CancelScope(deadline=until, shield=True):
                await send()
            self.close()

    async def send(self, make: Callable[[], Sent]) -> bool:
        """Send what ``make`` makes in the thread; whether it got through. It raises nothing."""
        began = perf_counter()
        # A thread that waits for the receiver is left behind when we are cancelled: closing the
        # sink lets it go, and it holds a token of nobody else's limiter.
        why = await trio.to_thread.run_sync(
            self._deliver, make, limiter=self._limiter, abandon_on_cancel=True
        )
        self._tally.observe("reactor_rendering_duration_seconds", perf_counter() - began, export=self._signal)
        self.tell(why)
        return not why

    def tell(self, why: str) -> None:
        """Count one that got through, or, with a reason, one that did not; say so when it changes."""
        self._tally.count("reactor_exports_total", signal=self._signal, result="failed" if why else "ok")
        if bool(why) is self._failing:
            return
        self._failing = bool(why)
        if why:
            log.warning("%s do not get through", self._signal, extra={"receiver": self._receiver, "why": why})
        else:
            log.info("%s get through again", self._signal, extra={"receiver": self._receiver})

    def close(self) -> None:
        """Let go of the receiver, and of a thread that still waits for it."""
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.close()

    async def _to_its_end(self, send: Callable[[], Awaitable[object]]) -> None:
        # Structural. Whoever ends us lets what is under way have its last words: it waits nowhere any more.
        scope = trio.CancelScope(shield=True)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._hurry, scope)
            with scope:
                await send()
            nursery.cancel_scope.cancel()

    async def _hurry(self, scope: trio.CancelScope) -> None:
        """From the moment at which we are ended there is not much time."""
        try:
            await trio.sleep_forever()
        finally:
            scope.deadline = self._until = trio.current_time() + LAST_WORDS

    def _deliver(self, make: Callable[[], Sent]) -> str:
        """Send it, in the thread; why it did not get through, empty if it did."""
        try:
            if self._sink is None:
                self._sink = self._open()
            self._sink.send(make())
        except NotDelivered as error:
            return plain(str(error), LONGEST_REASON) or "no reason is given"
        except Exception as error:  # noqa: BLE001  # Whatever a library raises, the monitor goes on.
            return defect(error)
        return ""


def defect(error: Exception) -> str:
    """What is said of an error that nobody expected, in one line."""
    return plain(f"a defect: {type(error).__name__}: {error}", LONGEST_REASON)
