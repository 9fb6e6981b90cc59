"""A lease that is held by renewing it, in a thread of its own, until it is let go or lost."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

Renew = Callable[[int | None], int | None]
"""Takes or renews it by its token; the token, None if nobody answered. Raises where it is somebody else's."""


class NotHeld(Exception):
    """The lease could not be taken."""


class Lease:
    """As long as the ``with`` block lasts, whoever owns by this lease is known to live.

    ``lost`` is set when it is somebody else's by now, or could not be renewed in its time: what was started
    under it may be ended. ``token`` grows with every new holder.
    """

    def __init__(self, renew: Renew, ttl: float) -> None:
        self.lost = threading.Event()
        self.token: int | None = None
        self._renew = renew
        self._ttl = ttl
        self._let_go = threading.Event()
        self._thread = threading.Thread(target=self._hold, name="reactor-lease", daemon=True)
        self._until = 0.0

    def __enter__(self) -> Self:
        began = time.monotonic()
        self.token = self._renew(None)
        if self.token is None:
            raise NotHeld("nobody answers who could give the lease")
        self._until = began + self._ttl
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._let_go.set()
        self._thread.join()

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
