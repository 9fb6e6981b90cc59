"""Telling the service manager, all along: that we begin, are ready, read our rules again, work, and stop.

The parts are joined here. ``attend`` runs from the first moment to the last; it tells of a ``Subject``.
"""

import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import trio

from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.app.plan import Service
from reactor.app.systemd.notifying import Notifier
from reactor.app.systemd.standing import STOPS
from reactor.app.systemd.subject import OneMonitor, Subject

log = logging.getLogger("reactor.app")

LOOK_EVERY = 1.0
"""How often it is looked at how it stands, in seconds, and at most how often that is said."""
MORE_TIME = 30.0
"""Seconds that are asked for again and again while the engine has not been listed: a hanging engine is no
reason to be started anew, and a loop that is blocked asks for none."""


class Reporter:
    """Tells one service manager of one subject. ``drain`` is how long a stop waits for what is in flight, in
    seconds."""

    def __init__(self, notifier: Notifier, subject: Subject, drain: float) -> None:
        self._notifier = notifier
        self._subject = subject
        self._drain = drain
        self._ready = self._stopping = False
        self._said = self._ill = ""
        self._reloads = 0

    async def attend(self) -> None:
        """Tell how it stands, for ever. Whoever blocks the loop stops this, and so the watchdog's food."""
        if not self._notifier.listens:
            return
        hungry, watchdog = trio.current_time(), self._notifier.watchdog or math.inf
        while True:
            now = trio.current_time()
            self._tell()
            if now >= hungry and watchdog < math.inf:
                hungry = now + watchdog / 2
                self._feed(now)
            await trio.sleep(min(LOOK_EVERY, watchdog / 2))

    @contextmanager
    def until_stop(self) -> Iterator[None]:
        """All that there is to tell of has begun; where this ends, it begins to stop."""
        self._tell()
        try:
            yield
        finally:
            self._stopping = True
            self._notifier.say("STOPPING=1", f"STATUS={STOPS}", _more_time(self._drain + MORE_TIME))

    @contextmanager
    def reloading(self) -> Iterator[None]:
        """While this lasts the rules are read again. Whether they could be is in the line of the status."""
        self._reloads += 1
        if self._ready and self._reloads == 1:
            # It is by this clock that a manager tells this reload from the one before.
            usec = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            self._notifier.say("RELOADING=1", f"MONOTONIC_USEC={usec}", "STATUS=reads its rules again")
        try:
            yield
        finally:
            self._reloads -= 1
            if self._ready and not self._reloads and not self._stopping:
                self._said = self._status()
                self._notifier.say("READY=1", f"STATUS={self._said}")

    def _tell(self) -> None:
        if self._stopping or self._reloads:
            return
        status = self._status()
        first = not self._ready and self._subject.is_ready
        lines = ["READY=1"] if first else []
        if status != self._said:
            lines.append(f"STATUS={status}")
        if not self._ready and not first:
            lines.append(_more_time(MORE_TIME))
        self._ready, self._said = self._ready or first, status
        if lines:
            self._notifier.say(*lines)

    def _status(self) -> str:
        return f"does not work: {self._ill}" if self._ill else self._subject.status()

    def _feed(self, now: float) -> None:
        # Before there is a monitor, and when its clock was stopped for good, the loop is all there is.
        ill = "" if self._stopping else self._subject.why_not(now)
        if ill and not self._ill:
            log.error("the monitor does not work: its watchdog is not fed any more", extra={"why": ill})
        self._ill = ill
        if not ill:
            self._notifier.say("WATCHDOG=1")


def _more_time(seconds: float) -> str:
    return f"EXTEND_TIMEOUT_USEC={seconds * 1e6:.0f}"


def of_one(reporter: Reporter, subject: OneMonitor) -> Service:
    """The last of the only monitor's services: when it begins, all else has begun."""

    async def service(monitor: Monitor, numbers: Numbers, task_status: trio.TaskStatus[None]) -> None:
        with subject.watching(monitor, numbers), reporter.until_stop():
            task_status.started()
            await trio.sleep_forever()

    return service
