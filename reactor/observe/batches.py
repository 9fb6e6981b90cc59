"""Emptying a line from time to time: batch by batch, by OTLP, and what came of each is counted.

What does not get through is gone: a certificate in the journal says the same, and lasts.
"""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from reactor.observe.otel import BatchSettings
from reactor.observe.sending import Sender, Sink
from reactor.observe.tally import Tally
from reactor.observe.waiting import Line, Waiting

Written = TypeVar("Written")


class BatchSender(Generic[Waiting, Written]):
    """Sends what is in the line, again and again.

    ``write`` makes records of what waits, in the thread; they are counted as ``counter``.
    """

    def __init__(
        self,
        signal: str,
        settings: BatchSettings,
        line: Line[Waiting],
        write: Callable[[Waiting], Sequence[Written]],
        open_sink: Callable[[], Sink[Sequence[Written]]],
        counter: str,
        tally: Tally,
    ) -> None:
        self._settings = settings
        self._line = line
        self._write = write
        self._counter = counter
        self._tally = tally
        self._sender = Sender[Sequence[Written]](signal, settings.receiver, open_sink, tally)
        for result in ("sent", "failed", "dropped"):
            tally.count(counter, 0, result=result)

    async def run(self) -> None:
        """Send for ever; at the end, what there still is, for a moment."""
        await self._sender.run(self._rest, self.send_all)

    def close(self) -> None:
        """Let go of the receiver, and of a thread that still waits for it."""
        self._sender.close()

    async def send_all(self) -> None:
        """Send what is in the line now, batch by batch."""
        while batch := self._line.take(self._settings.batch):
            await self._send(batch)
        self._tally.reach(self._counter, self._line.dropped, result="dropped")

    async def _send(self, batch: Sequence[Waiting]) -> None:
        written: list[Written] = []

        def make() -> Sequence[Written]:
            written.extend(record for one in batch for record in self._write(one))
            return written

        came_off = await self._sender.send(make)
        count = len(written) or sum(one.size for one in batch)
        self._tally.count(self._counter, count, result="sent" if came_off else "failed")

    async def _rest(self) -> None:
        await self._line.wait(self._settings.delay)
