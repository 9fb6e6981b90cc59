"""Pushing the metrics by OTLP at intervals, if the environment asks for it.

What the standard ``OTEL_*`` variables ask for is read in ``otel``. A receiver that is
slow, gone or hostile costs one thread and one log line, and disturbs nothing else.
"""

import logging
from collections.abc import Mapping
from time import perf_counter
from typing import TYPE_CHECKING

import trio

from reactor.observe.otel import PushSettings
from reactor.observe.own import read_own
from reactor.observe.snapshot import Capture, Moment, collect
from reactor.observe.tally import Tally

if TYPE_CHECKING:
    from reactor.observe.otlp import OtlpSink

log = logging.getLogger(__name__)


class Pusher:
    """Sends the numbers of the moment to the receiver, again and again.

    ``identity`` are resource attributes such as ``service.instance.id``. Whether a push comes
    off is counted, and logged when it changes.
    """

    def __init__(
        self, settings: PushSettings, identity: Mapping[str, str], capture: Capture, tally: Tally
    ) -> None:
        self._settings = settings
        self._identity = identity
        self._capture = capture
        self._tally = tally
        self._limiter = trio.CapacityLimiter(1)
        self._sink: OtlpSink | None = None
        self._failing = False
        for result in ("ok", "failed"):  # the first failure is an increase only if there was a zero before
            tally.count("reactor_exports_total", 0, signal="metrics", result=result)

    async def run(self) -> None:
        """Push at every interval, for ever; one that takes longer delays the next."""
        try:
            while True:
                await trio.sleep(self._settings.interval)
                await self.push()
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the receiver, and of a thread that still waits for it."""
        if self._sink is not None:
            self._sink.close()
            self._sink = None

    async def push(self) -> bool:
        """Push once, now; whether it got through. For the last numbers, before ``run`` is cancelled."""
        # A thread that waits for the receiver is left behind when we are cancelled: closing the
        # sink lets it go, and it holds a token of nobody else's limiter.
        began = perf_counter()
        why = await trio.to_thread.run_sync(
            self._send, self._capture(), limiter=self._limiter, abandon_on_cancel=True
        )
        self._tally.observe("reactor_rendering_duration_seconds", perf_counter() - began, export="metrics")
        self._tally.count("reactor_exports_total", signal="metrics", result="failed" if why else "ok")
        self._tell(why)
        return not why

    def _send(self, moment: Moment) -> str:
        from reactor.observe.otlp import OtlpSink  # noqa: PLC0415 - heavy, and in the thread
        from reactor.observe.otlp_wire import NotDelivered  # noqa: PLC0415 - as above

        try:
            if self._sink is None:
                self._sink = OtlpSink(self._settings.endpoint, self._identity)
            captured = moment()
            self._sink.send(collect(captured, read_own(captured.readings.lane_pid)))
        except NotDelivered as error:
            return str(error)
        return ""

    def _tell(self, why: str) -> None:
        if bool(why) is self._failing:
            return
        self._failing = bool(why)
        receiver = self._settings.receiver
        if why:
            log.warning("metrics do not get through", extra={"receiver": receiver, "why": why})
        else:
            log.info("metrics get through again", extra={"receiver": receiver})
