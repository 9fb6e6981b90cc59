"""Pushing the metrics by OTLP at intervals, if the environment asks for it.

What the standard ``OTEL_*`` variables ask for is read in ``otel``; how something is sent is in ``sending``.
"""

from collections.abc import Callable, Mapping
from functools import partial

import trio

from reactor.observe.otel import PushSettings
from reactor.observe.sending import Sender, Sink, defect
from reactor.observe.snapshot import Capture, MetricSnapshot, Told
from reactor.observe.tally import Tally


class Pusher:
    """Sends the numbers of the moment to the receiver, again and again.

    ``identity`` are resource attributes such as ``service.instance.id``.
    """

    def __init__(
        self, settings: PushSettings, identity: Mapping[str, str], capture: Capture, tally: Tally
    ) -> None:
        self._interval = settings.interval
        self._capture = capture
        opening = partial(_open, settings.endpoint, identity)
        self._sender = Sender[MetricSnapshot]("metrics", settings.receiver, opening, tally)

    async def run(self) -> None:
        """Push at every interval, for ever, and the last numbers at the end; one may delay the next."""
        await self._sender.run(self._rest, self.push)

    def close(self) -> None:
        """Let go of the receiver, and of a thread that still waits for it."""
        self._sender.close()

    async def push(self) -> bool:
        """Push once, now; whether it got through."""
        try:
            moment = self._capture()
        except Exception as error:  # noqa: BLE001  # What cannot be shown is no reason to stop watching.
            self._sender.tell(defect(error))
            return False
        return await self._sender.send(partial(_snapshot, moment))

    async def _rest(self) -> None:
        await trio.sleep(self._interval)


def _snapshot(moment: Callable[[], Told]) -> MetricSnapshot:
    return moment().snapshot()


def _open(endpoint: str, identity: Mapping[str, str]) -> Sink[MetricSnapshot]:
    from reactor.observe.otlp import OtlpSink  # noqa: PLC0415 - heavy, and in the thread

    return OtlpSink(endpoint, identity)
