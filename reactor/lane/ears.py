"""The ear of the lane: the fork bell in the same epoll as everything else it waits for.

What belongs here is to hang the bell up, to prove that it rings, to hang it up anew when processors come or
go, and to say why there is none. When it is listened to is for ``pace``.
"""

import select
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final

from reactor.cgroups.forks import ForkBell
from reactor.lane.pace import UNHEARD

TRIES_AGAIN: Final = 10.0
"""Seconds after which it is seen whether processors came, or whether there can be a bell by now."""
hang_up: Final = partial(ForkBell, UNHEARD)


class Ear:
    """At most one bell. ``why`` says why there is none."""

    def __init__(self, epoll: select.epoll, hang: Callable[[], ForkBell] = hang_up) -> None:
        self._epoll, self._hang = epoll, hang
        self._bell: ForkBell | None = None
        self._again = 0.0
        self.why = ""

    @property
    def is_there(self) -> bool:
        """Whether there is a bell."""
        return self._bell is not None

    @property
    def hears_moves(self) -> bool:
        """Whether it tells of processes that are moved into another cgroup."""
        return self._bell is not None and self._bell.hears_moves

    def is_mine(self, number: int) -> bool:
        """Whether this is the descriptor of the bell."""
        return self._bell is not None and number == self._bell.fileno()

    def rang(self) -> bool:
        """Whether it rang since this was asked last."""
        return self._bell is not None and self._bell.rang()

    def listen(self) -> None:
        """Have it in the epoll."""
        if self._bell is not None:
            self._epoll.modify(self._bell.fileno(), select.EPOLLIN)

    def mute(self) -> None:
        """Leave it there, and do not wake for it."""
        if self._bell is not None:
            self._epoll.modify(self._bell.fileno(), 0)

    def renew(self, now: float, *, in_doubt: bool = False) -> bool:
        """See to it that there is one that hears everything, if it is time; whether it is another one now.

        ``in_doubt`` is whether the one that is there has missed something.
        """
        bell = self._bell
        is_broken = bell is not None and bell.is_broken
        if now < self._again and not in_doubt and not is_broken:
            return False
        self._again = now + TRIES_AGAIN
        if bell is not None and not in_doubt and bell.hears_all():
            return False
        had = self.is_there
        self.close()
        self._open()
        return had or self.is_there

    def close(self) -> None:
        """Take it down."""
        if self._bell is not None:
            with suppress(OSError):
                self._epoll.unregister(self._bell.fileno())
            self._bell.close()
            self._bell = None

    def _open(self) -> None:
        try:
            bell = self._hang()
        except (OSError, ValueError) as trouble:
            self.why = getattr(trouble, "strerror", None) or str(trouble)
            return
        if not bell.works():
            bell.close()
            self.why = "it was hung up, and does not ring"
            return
        self._bell, self.why = bell, ""
        self._epoll.register(bell.fileno(), 0)
