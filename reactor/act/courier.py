"""Messages on their way to webhooks: queued at once, sent by and by, again where that may help.

Nobody waits for a webhook. Each has a queue of its own, with a bound, so that one that is down holds
up nobody else; what does not fit, or is too old, is dropped, counted and said.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import trio

from reactor.act.means import Webhook
from reactor.act.messages import CONTENT_TYPE, signed
from reactor.http.client import Client
from reactor.http.errors import HttpError

log = logging.getLogger("reactor.act")

ROOM = 1000
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
LARGEST_ANSWER = 64 * 1024
_TRY_AGAIN = frozenset({408, 425, 429})
"""Answers of 4xx that are about the moment and not about the message."""


@dataclass(frozen=True, slots=True)
class CourierStatistics:
    """How sending goes, since the start; ``queued`` is now."""

    queued: int
    sent: int
    retries: int
    dropped: int


@dataclass(frozen=True, slots=True)
class _Letter:
    body: bytes
    at: float


@dataclass(slots=True)
class _Box:
    webhook: Webhook
    client: Client
    put: trio.MemorySendChannel[_Letter]
    take: trio.MemoryReceiveChannel[_Letter]
    waiting: int = 0


@dataclass(slots=True)
class _Counts:
    sent: int = 0
    retries: int = 0
    dropped: int = 0


class Courier:
    """Sends messages to named webhooks. ``wall`` is the time of day, ``jitter`` gives numbers from 0 to 1."""

    def __init__(
        self, webhooks: Mapping[str, Webhook], wall: Callable[[], float], jitter: Callable[[], float]
    ) -> None:
        self._boxes = {name: _open_box(webhook) for name, webhook in webhooks.items()}
        self._wall = wall
        self._jitter = jitter
        self._counts = _Counts()
        self._emptied = trio.Event()

    def send_nowait(self, to: str, body: bytes) -> bool:
        """Put a message on its way; False if there is no such webhook, or no room in its queue."""
        box = self._boxes.get(to)
        if box is None:
            return False
        try:
            box.put.send_nowait(_Letter(body, trio.current_time()))
        except trio.WouldBlock:
            self._drop(to, "its queue is full")
            return False
        box.waiting += 1
        return True

    async def run(self) -> None:
        """Send until cancelled."""
        # One task for each webhook: they live and end with this function.
        async with trio.open_nursery() as nursery:
            for name, box in self._boxes.items():
                nursery.start_soon(self._serve, name, box)

    async def wait_empty(self) -> None:
        """Wait until everything was sent or dropped; give it a deadline."""
        while any(box.waiting for box in self._boxes.values()):
            await self._emptied.wait()

    def statistics(self) -> CourierStatistics:
        """How sending goes, now."""
        queued = sum(box.waiting for box in self._boxes.values())
        return CourierStatistics(queued, self._counts.sent, self._counts.retries, self._counts.dropped)

    async def _serve(self, name: str, box: _Box) -> None:
        async for letter in box.take:
            await self._deliver(name, box, letter)
            box.waiting -= 1
            self._emptied.set()
            self._emptied = trio.Event()

    async def _deliver(self, name: str, box: _Box, letter: _Letter) -> None:
        """Try until it is taken, refused or too old; each pause is twice as long, and a random part less."""
        pause = FIRST_PAUSE
        while True:
            trouble, again = await self._try(box, letter)
            if not trouble:
                self._counts.sent += 1
                return
            if not again or trio.current_time() + pause - letter.at > box.webhook.keep:
                self._drop(name, trouble)
                return
            self._counts.retries += 1
            await trio.sleep(pause * (1 - 0.5 * self._jitter()))
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _try(self, box: _Box, letter: _Letter) -> tuple[str, bool]:
        """Send it once; what was in the way, empty for nothing, and whether another try may help."""
        webhook = box.webhook
        headers = {"Content-Type": CONTENT_TYPE, **signed(webhook.secret, self._wall(), letter.body)}
        try:
            answer = await box.client.request(
                "POST", webhook.target, within=webhook.timeout, headers=headers, body=letter.body
            )
        except HttpError as error:
            return str(error), True
        if 200 <= answer.status < 300:
            return "", False
        return f"it answered {answer.status}", answer.status >= 500 or answer.status in _TRY_AGAIN

    def _drop(self, name: str, trouble: str) -> None:
        self._counts.dropped += 1
        log.error("a message to a webhook was dropped", extra={"webhook": name, "why": trouble})


def _open_box(webhook: Webhook) -> _Box:
    put, take = trio.open_memory_channel[_Letter](ROOM)
    return _Box(webhook, Client(webhook.address, largest=LARGEST_ANSWER), put, take)
