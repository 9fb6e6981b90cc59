"""The process: looks at a steady rate, obeys its socket, ends with the monitor.

What is looked at is in ``lookout``. Here is what only a process of its own can have: its priority, its
collector switched off, its end when nobody is at the other end of the socket any more.
"""

import gc
import os
import resource
import select
import signal
import socket
import time
from contextlib import suppress

from reactor.cgroups.descriptors import Budget, allowed_now
from reactor.lane.bells import Bells
from reactor.lane.crew import NOTHING
from reactor.lane.lookout import Lookout
from reactor.lane.words import Beat, Lines, News, news, read_command

BEAT_EVERY = 1.0
PRIORITY = -20
STIRRING = 0.1
"""Seconds for which it looks at its full rate after something has stirred."""
SOON = 0.0005
"""Seconds before its time at which a look is in time."""
_PIECE = 256 * 1024


def main(descriptor: int, rate: float, calm: float, share: float) -> None:
    """Look ``rate`` times a second, ``calm`` times if all is quiet; ``share`` of a core is for the rest."""
    # Whoever stops the monitor with a key stops it, and with it us.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    with suppress(OSError, ValueError):
        # Each run that is read keeps five files open, and nobody else is here who would be surprised by that.
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with socket.socket(fileno=descriptor) as line:
        line.settimeout(0)
        budget = Budget(allowed_now())
        bells = Bells(budget)
        lane = Lane(line, Lookout(share, budget, time.monotonic, bells), bells.epoll, rate, calm)
        gc.collect()
        gc.freeze()
        gc.disable()
        with suppress(ConnectionError):
            lane.run()


class Lane:
    """One loop between a socket and a lookout."""

    def __init__(
        self, line: socket.socket, lookout: Lookout, epoll: select.epoll, rate: float, calm: float
    ) -> None:
        self._line, self._number = line, line.fileno()
        self._lookout = lookout
        self._period, self._calm = 1 / rate, 1 / calm
        self._lines = Lines()
        self._out = bytearray()
        self._epoll = epoll
        self._epoll.register(self._number, select.EPOLLIN)
        self._open = True

    def run(self) -> None:
        """Until the other end is closed."""
        due = beat_at = time.monotonic()
        used, began, late, stirring_until = time.process_time(), due, 0.0, 0.0
        while self._open:
            now = time.monotonic()
            if due - now > SOON:
                self._wait(due - now)
                continue
            late = max(late, now - due)
            said = self._lookout.look()
            if self._lookout.is_stirring:
                stirring_until = now + STIRRING
            due = max(due + (self._period if now < stirring_until else self._calm), now)
            if now >= beat_at:
                spent = time.process_time()
                beat = self._lookout.beat((spent - used) / max(now - began, 1e-9), late)
                said = _with_beat(said, beat)
                used, began, late, beat_at = spent, now, 0.0, now + BEAT_EVERY
            self._say(said)

    def _wait(self, seconds: float) -> None:
        """Sleep, unless there is something to read, or a bell rings, or there is room for what is left."""
        if self._out:
            self._epoll.modify(self._number, select.EPOLLIN | select.EPOLLOUT)
        # Waiting goes by whole milliseconds, and looking a little early is better than late.
        ready = self._epoll.poll(max(1, int(seconds * 1000)) / 1000)
        if self._out:
            self._epoll.modify(self._number, select.EPOLLIN)
        if not ready:
            return
        rung = [number for number, _ in ready if number != self._number]
        if rung:
            self._say(self._lookout.ring(rung))
        for number, what in ready:
            if number == self._number:
                self._attend(what)

    def _attend(self, what: int) -> None:
        if what & select.EPOLLOUT:
            self._flush()
        if what & ~select.EPOLLOUT:
            self._hear()

    def _hear(self) -> None:
        try:
            data = self._line.recv(_PIECE)
        except BlockingIOError:
            return
        self._open = bool(data)
        words = [read_command(line) for line in self._lines.take(data)]
        if words:
            self._say(self._lookout.obey(words))

    def _say(self, said: News) -> None:
        if said is not NOTHING:
            self._out += news(said)
            self._flush()

    def _flush(self) -> None:
        with suppress(BlockingIOError):
            while self._out:
                del self._out[: self._line.send(self._out)]


def _with_beat(said: News, beat: Beat) -> News:
    return News(said.told, said.gone, beat)
