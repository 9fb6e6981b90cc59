"""Whether it is still the same engine that answers behind its address.

Addresses move: a name that leads elsewhere, a socket in another one's place. Two monitors of one process
could then act on one engine, and the journal would be that of another one. What happens then is in ``fleet``.
"""

import trio

from reactor.core.ports import EngineError, EngineInfo


class AnotherEngine(EngineError):
    """Behind this address is another engine than the one that is watched; the text says which."""


class Sameness:
    """Keeps an eye on the id of who answers. ``whose`` is the one that is meant; empty for any."""

    def __init__(self, whose: str) -> None:
        self._whose = whose
        self._other = ""
        self._seen = trio.Event()

    def connected(self, info: EngineInfo) -> None:
        """The engine said who it is."""
        if self._whose and info.id and info.id != self._whose:
            self._other = info.id
            self._seen.set()

    async def run(self) -> None:
        """Raises AnotherEngine as soon as it is one."""
        await self._seen.wait()
        raise AnotherEngine(
            f"another engine answers there now: {self._other[:64]!r}, not {self._whose[:64]!r}"
        )
