"""A lease that is held by renewing it, in a thread of its own, until it is let go or lost."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

Renew = Callable[[int | None], int | None]
"""Takes or renews it by its token; the token, None if nobody answered. Raises where it is somebody else's."""
GiveUp = Callable[[int], object]
"""Gives it up by its token. Raises where that cannot be done."""


class NotHeld(Exception):
    """The lease could not be taken."""


class Lease:
    """As long as the ``with`` block lasts, whoever owns by this lease is known to live.

    At its end it is given up, however that came: whoever it stood for is gone then, and so is what is left of
    its tasks after a grace. ``lost`` is set when it is somebody else's by now, or could not be renewed in its
    time: what was started under it may be ended. ``token`` grows with every new holder; whoever begins
    with one goes on with that lease.
    """

    def __init__(
        self, renew: Renew, ttl: float, token: int | None = None, give_up: GiveUp | None = None
    ) -> None:
        self.lost = threading.Event()
        self.token = token
        self._renew = renew
        self._give_up = give_up
        self._ttl = ttl
        self._let_go = threading.Event()
        self._thread = threading.Thread(target=self._hold, name="reactor-lease", daemon=True)
        self._until = 0.0

    def __enter__(self) -> Self:
        began = time.monotonic()
        token = self._renew(self.token)
        if token is None:
            raise NotHeld("nobody answers who could give the lease")
        self.token = token
        self._until = began + self._ttl
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._let_go.set()
        self._thread.join()
        if self._give_up is not None and self.token is not None and not self.lost.is_set():
            # Where it cannot be given up it runs out: no reason to fail, least of all over another error.
            with suppress(Exception):
                self._give_up(self.token)

    def _hold(self) -> None:
        # Three tries fit into the time of one lease.
        while not self._let_go.wait(self._ttl / 3):
            began = time.monotonic()
            try:
                renewed = self._renew(self.token)
            except Exception:  # noqa: BLE001  # Whatever it is: who cannot renew it does not hold it.
                self.lost.set()
                return
            if renewed is not None:
                self._until = began + self._ttl
            elif time.monotonic() >= self._until:
                self.lost.set()
                return
