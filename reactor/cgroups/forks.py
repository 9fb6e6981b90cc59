"""The fork bell: the kernel tells that processes come about, on any processor, in whatever cgroup.

What belongs here is to hang it up, to hear it and to take it down: perf events on the tracepoints of forks,
and of processes that are moved between cgroups. Nothing is counted and nobody is named: a ring says that the
counter of some cgroup may have grown, and whoever is interested looks. Whoever forks does so as before.
"""

import errno
import fcntl
import mmap
import os
import platform
import select
import struct
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Final

from reactor.cgroups.tracepoints import number_of, syscall, tracefs

_OPEN: Final = {"x86_64": 298, "aarch64": 241}
"""The number of perf_event_open, by machine."""
_PROCESSORS: Final = Path("/sys/devices/system/cpu")
_FORK: Final = "sched/sched_process_fork"
_MOVES: Final = ("cgroup/cgroup_attach_task", "cgroup/cgroup_transfer_tasks")
_ATTRIBUTES: Final = struct.Struct("=IIQQQQQII")
_SIZE: Final = 64
_TRACEPOINT: Final = 2
_EVERYBODY, _NO_GROUP, _CLOEXEC = -1, -1, 8
_SET_OUTPUT: Final = 0x2405
_RING: Final = 2 * mmap.PAGESIZE
"""One page of the kernel's account, and one that it writes round and round: nobody reads it."""


_PATIENCE: Final = 0.1
"""Seconds within which it must have rung if it is tried."""


def every(processors: int, unheard: int) -> int:
    """At how many forks on one processor it may ring, so that fewer than ``unheard`` are not told of."""
    return 1 + (unheard - 1) // max(1, processors)


class ForkBell:
    """Hung up at once, on all processors that are there. Raises OSError where that is not to be had.

    It rings when one processor has seen ``period`` forks, or a move, so fewer than ``unheard`` go without a
    ring. ``hears_moves`` is whether moves are told of as well: older kernels lack that.
    """

    def __init__(self, unheard: int) -> None:
        self._unheard = unheard
        self._events: list[int] = []
        self._rings: list[mmap.mmap] = []
        self._epoll = select.epoll()
        self._online = _online()
        self._is_broken = False
        self.hears_moves = False
        try:
            self._hang_up()
        except BaseException:
            self.close()
            raise

    def fileno(self) -> int:
        """What is readable when it rings, until ``rang`` is asked."""
        return self._epoll.fileno()

    def rang(self) -> bool:
        """Whether it rang since this was asked last."""
        heard = False
        while ready := self._epoll.poll(0):
            heard = True
            if any(what & (select.EPOLLHUP | select.EPOLLERR) for _, what in ready):
                self._is_broken = True
                break
        return heard

    @property
    def is_broken(self) -> bool:
        """Whether one of its processors is gone. Such a one would ring for ever."""
        return self._is_broken

    def hears_all(self) -> bool:
        """Whether the processors are those for which it was hung up."""
        return not self._is_broken and _online() == self._online

    def works(self) -> bool:
        """Try it: whether it rings, and does so no later than it has to. For when it was just hung up."""
        self.rang()
        for _ in range(self._unheard):
            # For the kernel a thread is a fork like any other.
            thread = Thread(target=_nothing)
            thread.start()
            thread.join()
        return bool(self._epoll.poll(_PATIENCE))

    def close(self) -> None:
        """Take it down."""
        for ring in self._rings:
            ring.close()
        for event in self._events:
            os.close(event)
        self._rings.clear()
        self._events.clear()
        self._epoll.close()

    def _hang_up(self) -> None:
        with tracefs() as folder:
            fork, moves = number_of(folder, _FORK), []
            for tracepoint in _MOVES:
                with suppress(OSError):
                    moves.append(number_of(folder, tracepoint))
        processors = _numbers((_PROCESSORS / "present").read_text())
        period = every(len(processors), self._unheard)
        for processor in processors:
            try:
                event = self._event(fork, processor, period)
            except OSError as trouble:
                if trouble.errno == errno.ENODEV:
                    # It is not in use.
                    continue
                raise
            self._rings.append(mmap.mmap(event, _RING, mmap.MAP_SHARED, mmap.PROT_READ))
            for move in moves:
                fcntl.ioctl(self._event(move, processor, 1), _SET_OUTPUT, event)
            self._epoll.register(event, select.EPOLLIN)
        self.hears_moves = bool(moves)

    def _event(self, tracepoint: int, processor: int, period: int) -> int:
        number = _OPEN.get(platform.machine())
        if number is None:
            raise OSError(errno.ENOSYS, "not known for this kind of processor")
        wakes_at = 1
        packed = _ATTRIBUTES.pack(_TRACEPOINT, _SIZE, tracepoint, period, 0, 0, 0, wakes_at, 0)
        event = syscall(number, packed.ljust(_SIZE, b"\0"), _EVERYBODY, processor, _NO_GROUP, _CLOEXEC)
        self._events.append(event)
        return event


def _nothing() -> None:
    """What a thread does that is only to come about."""


def _online() -> str:
    with suppress(OSError):
        return (_PROCESSORS / "online").read_text()
    return ""


def _numbers(text: str) -> list[int]:
    """Those of a list as ``0-3,8``."""
    found: list[int] = []
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found
