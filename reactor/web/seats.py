"""How many may follow a stream at once, in total and from each address.

Streams last, and each has a connection: those of one kind leave connections for everything else, and nobody
takes the seats of all others. What is told on a stream is not known here.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from reactor.http.server import Request
from reactor.http.server_crowd import Crowd


def uncounted() -> None:
    """Nobody counts who is turned away."""


class Seats:
    """At most ``most`` at once, ``each`` of them from one address; ``turned_away`` is called for all others.

    Who comes by a socket in the file system has no address, and counts in the total only.
    """

    def __init__(
        self, most: int, each: int | None = None, turned_away: Callable[[], None] = uncounted
    ) -> None:
        self._crowd = Crowd(most, most if each is None else each)
        self._turned_away = turned_away

    def has_room(self, request: Request) -> bool:
        """Whether there is a seat for one more. If not, that is counted."""
        if self._crowd.has_room(request.peer.address):
            return True
        self._turned_away()
        return False

    def one(self, request: Request) -> AbstractContextManager[bool]:
        """A seat while this lasts; False where others took the last one meanwhile."""
        return self._crowd.one(request.peer.address)
