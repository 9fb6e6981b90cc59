"""What was answered last, for all who ask the same: a thousand readers cost as much as one.

Whatever is to be made anew takes its turn, and where too many wait for theirs, one more is told to come back.
"""

from collections.abc import Awaitable, Callable, Hashable

import msgspec

from reactor.app.page.slices import Crowded, Slices, Turns
from reactor.web.control import Refused

MOST_KEPT = 64
MOST_WAITING = 16
_NOT_NOW = 503

Make = Callable[[Slices], Awaitable[msgspec.Raw]]


class Answers:
    """Answers by their questions; each is good as long as its mark is the same."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._kept: dict[Hashable, tuple[Hashable, msgspec.Raw]] = {}

    async def to(self, question: Hashable, mark: Callable[[], Hashable], make: Make) -> msgspec.Raw:
        """The answer, made now if none is kept that is still good. Raises Refused."""
        kept = self._good(question, mark())
        if kept is not None:
            return kept
        try:
            async with self._turns.turn(MOST_WAITING) as slices:
                # Whoever was before may have asked the same.
                now = mark()
                found = self._good(question, now)
                if found is None:
                    found = await make(slices)
                    self._keep(question, now, found)
                return found
        except Crowded:
            raise Refused(_NOT_NOW, {"error": "too many ask at once: ask again in some seconds"}) from None

    def forget(self) -> None:
        """Nobody asks any more."""
        self._kept.clear()

    def _good(self, question: Hashable, mark: Hashable) -> msgspec.Raw | None:
        kept = self._kept.get(question)
        return kept[1] if kept is not None and kept[0] == mark else None

    def _keep(self, question: Hashable, mark: Hashable, answer: msgspec.Raw) -> None:
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[question] = (mark, answer)
