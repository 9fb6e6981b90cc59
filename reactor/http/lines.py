"""Lines out of a body that comes in pieces, with a bound on the length of each.

What stands in a line is not known here.
"""

from collections import deque
from collections.abc import Awaitable, Callable

from reactor.http.errors import TooLarge


class Lines:
    """An async iterator over the lines of a body, without their line ends; empty lines are left out.

    A line longer than ``longest`` raises TooLarge, or is read past and counted in ``dropped``
    if ``drop`` is set. The iteration stops at the whole end of the body; ``rest`` then holds
    what followed the last line end.
    """

    def __init__(
        self, piece: Callable[[], Awaitable[bytes | None]], longest: int, *, drop: bool = False
    ) -> None:
        self._piece = piece
        self._longest = longest
        self._drop = drop
        self._ready: deque[bytes] = deque()
        self._partial = bytearray()
        self._skipping = False
        self.dropped = 0

    @property
    def rest(self) -> bytes:
        """The beginning of a line whose end has not come."""
        return bytes(self._partial)

    def __aiter__(self) -> "Lines":
        return self

    async def __anext__(self) -> bytes:
        while not self._ready:
            piece = await self._piece()
            if piece is None:
                raise StopAsyncIteration
            self._take(piece)
        return self._ready.popleft()

    def _take(self, piece: bytes) -> None:
        first, *others = piece.split(b"\n")
        self._partial += first
        for nxt in others:
            self._end_line()
            self._partial += nxt
        if len(self._partial) > self._longest:
            self._overlong()

    def _end_line(self) -> None:
        line, self._partial = bytes(self._partial).strip(), bytearray()
        if self._skipping:
            self._skipping = False
        elif len(line) > self._longest:
            self._count()
        elif line:
            self._ready.append(line)

    def _overlong(self) -> None:
        # Only its beginning is here. It is let go now, so that a line without an end costs no memory.
        if not self._skipping:
            self._count()
        self._skipping = True
        self._partial.clear()

    def _count(self) -> None:
        if not self._drop:
            raise TooLarge(f"a line of the answer is longer than {self._longest} bytes", sent=True)
        self.dropped += 1
