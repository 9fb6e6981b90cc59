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
from dataclasses import replace

from reactor.cgroups.descriptors import Budget, allowed_now
from reactor.lane.bells import Bells
from reactor.lane.crew import NOTHING
from reactor.lane.ears import Ear
from reactor.lane.lookout import Lookout
from reactor.lane.pace import Pace
from reactor.lane.precedence import go_first, lift
from reactor.lane.rounds import CALM_BEAT, on_beat
from reactor.lane.words import Beat, Lines, News, news, read_command

BEAT_EVERY = 0.95
"""Seconds, and a little less: it is said together with what is looked at then."""
PRIORITY = -20
SOON = 0.0005
"""Seconds before its time at which a look is in time."""
_PIECE = 256 * 1024


def main(
    descriptor: int, rate: float, calm: float, share: float, forks: float = 1.0, monitor: float = 0.0
) -> None:
    """Look ``rate`` times a second, ``calm`` times if all is quiet; ``share`` of a core is for the rest.

    ``forks`` is whether the kernel is asked to tell of them. ``monitor`` is the process that is to
    be real-time, as we are, while it decides; 0 for neither.
    """
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
        lookout = Lookout(share, budget, time.monotonic, bells, time.thread_time)
        pace = Pace(1 / rate, 1 / calm, time.monotonic())
        lane = Lane(line, lookout, bells.epoll, pace, Ear(bells.epoll) if forks else None, int(monitor))
        gc.collect()
        gc.freeze()
        gc.disable()
        if monitor:
            go_first()
        with suppress(ConnectionError):
            lane.run()


class Lane:
    """One loop between a socket and a lookout."""

    def __init__(
        self,
        line: socket.socket,
        lookout: Lookout,
        epoll: select.epoll,
        pace: Pace,
        ear: Ear | None,
        monitor: int = 0,
    ) -> None:
        self._line, self._number = line, line.fileno()
        self._lookout = lookout
        self._pace, self._ear, self._monitor = pace, ear, monitor
        self._lines = Lines()
        self._out = bytearray()
        self._epoll = epoll
        self._epoll.register(self._number, select.EPOLLIN)
        self._open = True

    def run(self) -> None:
        """Until the other end is closed."""
        pace, lookout = self._pace, self._lookout
        beat_at = began = time.monotonic()
        used, late = time.process_time(), 0.0
        while self._open:
            now = time.monotonic()
            if pace.due - now > SOON:
                self._wait(pace.due - now)
                continue
            late = max(late, now - pace.due)
            pace.begin()
            said = lookout.look(unforked=pace.is_unforked)
            seen = lookout.seen
            # Said is something each second, whether there is anything to look at or not.
            seen.turn = min(seen.turn, on_beat(now, CALM_BEAT) + CALM_BEAT)
            pace.seen(now, seen)
            if now >= beat_at:
                spent = time.process_time()
                self._listen_well(now)
                said = said.with_beat(self._beat((spent - used) / max(now - began, 1e-9), late))
                used, began, late, beat_at = spent, now, 0.0, now + BEAT_EVERY
            self._say(said)

    def _listen_well(self, now: float) -> None:
        """Have a fork bell that hears everything, if there can be one."""
        if self._ear is not None and self._ear.renew(now, in_doubt=self._pace.has_missed()):
            self._pace.take(self._ear if self._ear.is_there else None, now)

    def _beat(self, busy: float, late: float) -> Beat:
        pace = self._pace
        beat = self._lookout.beat(busy, late)
        forks = self._ear is not None and self._ear.is_there
        return replace(beat, forks=forks, fork_rings=pace.rings, missed=pace.misses)

    def _wait(self, seconds: float) -> None:
        """Sleep, unless there is something to read, or a bell rings, or there is room for what is left."""
        if self._out:
            self._epoll.modify(self._number, select.EPOLLIN | select.EPOLLOUT)
        # Waiting goes by whole milliseconds, and looking a little early or late is better than twice.
        ready = self._epoll.poll(max(1, round(seconds * 1000)) / 1000)
        if self._out:
            self._epoll.modify(self._number, select.EPOLLIN)
        if ready:
            self._heed(ready)

    def _heed(self, ready: list[tuple[int, int]]) -> None:
        rung = []
        for number, what in ready:
            if number == self._number:
                self._attend(what)
            elif self._ear is not None and self._ear.is_mine(number):
                self._pace.ring(time.monotonic())
            else:
                rung.append(number)
        if rung:
            self._say(self._lookout.ring(rung))
            self._pace.stir(time.monotonic())

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
            self._pace.at_once(time.monotonic())

    def _say(self, said: News) -> None:
        if said is not NOTHING:
            if said.pressing and self._monitor:
                # Before the word itself: whoever hears it is to be there at once.
                lift(self._monitor)
            self._out += news(said)
            self._flush()

    def _flush(self) -> None:
        with suppress(BlockingIOError):
            while self._out:
                del self._out[: self._line.send(self._out)]
