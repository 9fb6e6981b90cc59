"""The kernel's bells: hung up for a run by helpers, waited for in one epoll beside the line to the monitor.

What belongs here is to have them, to listen and to take them down. Which numbers a bell is for is in
``marks``, and what a ring means in ``crew``. Hanging one up blocks for some 12 ms for each number, so threads
do that: they hang up, hand over, and touch nothing else.
"""

import os
import select
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread

from reactor.cgroups.descriptors import Budget, CgroupGone
from reactor.cgroups.finding import Place
from reactor.cgroups.notifying import hang

HELPERS = 4
_NONE = -1
_EDGE = select.EPOLLIN | select.EPOLLPRI | select.EPOLLERR | select.EPOLLET


@dataclass(frozen=True, slots=True)
class _Order:
    key: int
    place: Place
    numbers: tuple[int, ...]


class Bells:
    """One for each run that has one, by its key. All of one thread, but for the hanging up."""

    def __init__(self, budget: Budget, hang_up: Callable[[Place, Iterable[int]], int] = hang) -> None:
        self.epoll = select.epoll()
        self._budget, self._hang_up = budget, hang_up
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._hung: deque[tuple[_Order, int]] = deque()
        self._helpers: list[Thread] = []
        self._wanted: dict[int, _Order] = {}
        self._bells: dict[int, int] = {}
        self._keys: dict[int, int] = {}
        self.door = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        """Rings when ``hung`` has something to give."""
        self.epoll.register(self.door, select.EPOLLIN | select.EPOLLET)

    def __len__(self) -> int:
        return len(self._bells)

    def order(self, key: int, place: Place, numbers: tuple[int, ...]) -> bool:
        """Have a bell for these numbers, and none for others; whether there is one already."""
        order = _Order(key, place, numbers)
        if self._wanted.get(key) == order:
            return key in self._bells
        self.forget(key)
        if numbers and self._budget.take_bell():
            self._wanted[key] = order
            if len(self._helpers) < HELPERS:
                self._helpers.append(Thread(target=self._help, daemon=True))
                self._helpers[-1].start()
            self._orders.put(order)
        return False

    def forget(self, key: int) -> None:
        """It needs none any more. The kernel forgets its numbers by itself."""
        self._wanted.pop(key, None)
        bell = self._bells.pop(key, None)
        if bell is not None:
            del self._keys[bell]
            self._take_down(bell)

    def hung(self) -> list[int]:
        """Those whose bell is heard since this was asked last."""
        heard = []
        while self._hung:
            order, bell = self._hung.popleft()
            if bell == _NONE:
                self._budget.give_bell()
            elif self._wanted.get(order.key) is not order or not self._listen(bell):
                self._take_down(bell)
            else:
                self._bells[order.key], self._keys[bell] = bell, order.key
                heard.append(order.key)
        return heard

    def key_of(self, bell: int) -> int | None:
        """Whose it is that rang; None if it was taken down meanwhile."""
        return self._keys.get(bell)

    def mute(self, key: int) -> None:
        """Do not hear it until it is listened to again."""
        if key in self._bells:
            self.epoll.modify(self._bells[key], 0)

    def listen(self, key: int) -> None:
        """Hear it again. What it rang for meanwhile is told at once."""
        if key in self._bells:
            self.epoll.modify(self._bells[key], _EDGE)

    def close(self) -> None:
        """Take all of them down, and those that are on their way."""
        for key in tuple(self._wanted):
            self.forget(key)
        with suppress(Empty):
            while True:
                self._orders.get_nowait()
                self._budget.give_bell()
        for _ in self._helpers:
            self._orders.put(None)
        for helper in self._helpers:
            helper.join()
        self.hung()
        self.epoll.close()
        os.close(self.door)

    def _listen(self, bell: int) -> bool:
        with suppress(OSError):
            self.epoll.register(bell, _EDGE)
            return True
        return False

    def _take_down(self, bell: int) -> None:
        with suppress(OSError):
            self.epoll.unregister(bell)
        os.close(bell)
        self._budget.give_bell()

    def _help(self) -> None:
        while (order := self._orders.get()) is not None:
            try:
                bell = self._hang_up(order.place, order.numbers)
            except (OSError, CgroupGone):
                # Read-only, another kernel, or gone: it is swept, and that finds out.
                bell = _NONE
            self._hung.append((order, bell))
            os.eventfd_write(self.door, 1)
