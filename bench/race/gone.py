"""When the last process has left a cgroup, as the kernel says it.

A thread of its own at a high priority: an attack that takes all processors must not make the clock late. It
is told by ``cgroup.events`` where there is a tree of version 2, and looks at the count of PIDs a thousand
times a second in any case.
"""

import os
import select
import threading
from contextlib import suppress
from pathlib import Path

from bench.clock import now

EVERY = 0.001
PRIORITY = -20


class Gone:
    """Watches one cgroup that is there already, or comes to be; ``at`` is when nobody was in it any more."""

    def __init__(self, events: Path, count: Path) -> None:
        self._events, self._count = events, count
        self._stop = threading.Event()
        self.at: float | None = None
        self._thread = threading.Thread(target=self._watch, name="gone", daemon=True)
        self._thread.start()

    def close(self, within: float = 0.0) -> float | None:
        """Watch so much longer, and no more; returns ``at``."""
        self._thread.join(within)
        self._stop.set()
        self._thread.join(5)
        return self.at

    def _watch(self) -> None:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), PRIORITY)
        files = self._opened()
        if files is None:
            return
        try:
            self._until_empty(*files)
        finally:
            for file in files:
                os.close(file)

    def _opened(self) -> tuple[int, ...] | None:
        """The files, once they are there: the events of version 2, if there are any, after the count."""
        while not self._stop.wait(EVERY):
            with suppress(OSError):
                count = os.open(self._count, os.O_RDONLY)
                with suppress(OSError):
                    return count, os.open(self._events, os.O_RDONLY)
                return (count,)
        return None

    def _until_empty(self, count: int, events: int | None = None) -> None:
        with select.epoll() as epoll:
            if events is not None:
                epoll.register(events, select.EPOLLPRI)
            inhabited = False
            while not self._stop.is_set():
                epoll.poll(EVERY)
                there = _inhabited(count, events)
                if inhabited and not there:
                    self.at = now()
                    return
                inhabited = inhabited or there


def _inhabited(count: int, events: int | None) -> bool:
    """A cgroup that is not there any more has nobody in it."""
    try:
        if events is not None:
            return b"populated 1" in os.pread(events, 256, 0)
        return int(os.pread(count, 32, 0)) > 0
    except OSError:
        return False
