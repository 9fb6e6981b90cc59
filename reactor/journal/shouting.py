"""Saying aloud what is wrong, and not a thousand times a second.

Only the rationing of log lines belongs here.
"""

import logging
from collections import Counter

import trio

log = logging.getLogger("reactor.journal")


class Shouter:
    """Logs each kind of trouble at once, and again at most every ``pause`` seconds."""

    def __init__(self, pause: float = 30.0) -> None:
        self._pause = pause
        self._last: dict[str, float] = {}
        self._unsaid: Counter[str] = Counter()

    def shout(self, what: str, level: int = logging.ERROR, **fields: object) -> None:
        """Log ``what`` with its fields, or count it towards the next time."""
        now = trio.current_time()
        if now - self._last.get(what, -self._pause) < self._pause:
            self._unsaid[what] += 1
            return
        self._last[what] = now
        log.log(level, what, extra={**fields, "unsaid": self._unsaid.pop(what, 0)})

    def calm(self) -> None:
        """The trouble is over: the next one is said at once."""
        self._last.clear()
