"""The engine's event log: a ring of 256, and listeners that lose what they do not take in time.

Only the log and its subscriptions belong here. What an event looks like as JSON is in
``documents``; which event follows from what is in ``life`` and ``signals``.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import trio

RING = 256
QUEUE = 1024


@dataclass(frozen=True, slots=True)
class Message:
    """One event of the engine. ``nanos`` is the engine's wall clock."""

    type: str
    action: str
    id: str
    attributes: Mapping[str, str]
    nanos: int
    scope: str = "local"


class Subscription:
    """One listener. Iterating gives messages until somebody ends it; ``ending`` then says how."""

    def __init__(self, depth: int) -> None:
        self._sender, self._receiver = trio.open_memory_channel[Message](depth)
        self.deaf = False
        self.dropped = 0
        self.ending = ""

    def deliver_nowait(self, message: Message) -> None:
        """Queue a message, or lose it without a word, as a real engine does."""
        if self.deaf or self.ending:
            return
        try:
            self._sender.send_nowait(message)
        except (trio.WouldBlock, trio.BrokenResourceError):
            self.dropped += 1

    def end(self, how: str = "clean") -> None:
        """Let the listener see the end, after what it has in its queue."""
        self.ending = self.ending or how
        self._sender.close()

    def __aiter__(self) -> "Subscription":
        return self

    async def __anext__(self) -> Message:
        try:
            return await self._receiver.receive()
        except trio.EndOfChannel:
            raise StopAsyncIteration from None


class EventLog:
    """Publishes messages, remembers the last of them and can be made to lose some."""

    def __init__(self) -> None:
        self._ring: deque[Message] = deque(maxlen=RING)
        self._listeners: set[Subscription] = set()
        self._losing: list[Callable[[Message], bool]] = []
        self.published = 0

    @property
    def listeners(self) -> frozenset[Subscription]:
        """Everybody who listens now."""
        return frozenset(self._listeners)

    def publish(self, message: Message) -> None:
        """Put a message into the ring and into every listener's queue."""
        for losing in self._losing:
            if losing(message):
                return
        self.published += 1
        self._ring.append(message)
        for listener in self._listeners:
            listener.deliver_nowait(message)

    def lose(self, times: int, action: str = "") -> None:
        """Lose the next ``times`` messages (of one action, if given), for everybody and for ever."""
        left = times

        def losing(message: Message) -> bool:
            nonlocal left
            if left == 0 or (action and message.action != action):
                return False
            left -= 1
            return True

        self._losing.append(losing)

    def replay(self, since: int) -> list[Message]:
        """What the ring has since a moment, oldest first.

        It is searched from the newest backwards up to the first that is older, so that
        after a step back of the clock nothing, or too little, is found; ``since`` is inclusive.
        """
        found: list[Message] = []
        for message in reversed(self._ring):
            if message.nanos < since:
                break
            found.append(message)
        return found[::-1]

    def subscribe(self, since: int | None = None, depth: int = QUEUE) -> Subscription:
        """Listen from now on, after a replay of what the ring has since ``since``."""
        # The replay does not pass through the queue on a real engine, so it needs its own room.
        past = [] if since is None else self.replay(since)
        subscription = Subscription(depth + len(past))
        for message in past:
            subscription.deliver_nowait(message)
        self._listeners.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Stop listening."""
        self._listeners.discard(subscription)
        subscription.end()

    def end_all(self, how: str) -> None:
        """End every listener's stream."""
        for listener in self._listeners:
            listener.end(how)
        self._listeners.clear()

    def forget(self) -> None:
        """Empty the ring, as a restart of the engine does."""
        self._ring.clear()
