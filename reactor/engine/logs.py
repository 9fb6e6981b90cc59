"""The answer to a question for logs: frames of two outputs, or the plain bytes of a terminal.

Only taking bytes out of it and keeping the last of them belongs here; how they are made fit to be
shown is in ``core.log_text``.
"""

from collections import deque
from dataclasses import dataclass, field

from reactor.engine import traits
from reactor.engine.wire import InspectedBody
from reactor.http.client import Answering

HEAD = 8
OUTPUTS = frozenset({0, 1, 2})
"""Input, output and errors, as the first byte of a frame names them."""

MOST_READ = 16 * 1024 * 1024
"""A few lines can be of any length; what is read of them has an end."""


@dataclass(slots=True)
class End:
    """The last bytes of something long: at most ``most`` and one piece more are held."""

    most: int
    size: int = 0
    read: int = 0
    _pieces: deque[bytes] = field(default_factory=deque)

    def add(self, piece: bytes) -> None:
        """Take a piece, and let go what is too far from the end."""
        self._pieces.append(piece)
        self.size += len(piece)
        self.read += len(piece)
        while self._pieces and self.size - len(self._pieces[0]) >= self.most:
            self.size -= len(self._pieces.popleft())

    @property
    def cut(self) -> bool:
        """Whether something was let go."""
        return self.read > self.size

    def __bytes__(self) -> bytes:
        return b"".join(self._pieces)


@dataclass(slots=True)
class Frames:
    """Takes the frames apart; ``add`` a piece of the answer and what was written goes to ``end``.

    Something that is no frame is taken as it is, with all that follows: an engine may not say that
    there is a terminal.
    """

    end: End
    plain: bool = False
    _head: bytes = b""
    _left: int = 0

    def add(self, piece: bytes) -> None:
        """Take a piece, wherever it begins and ends."""
        while piece and not self.plain:
            if self._left:
                self.end.add(piece[: self._left])
                taken = min(self._left, len(piece))
                self._left, piece = self._left - taken, piece[taken:]
                continue
            missing = HEAD - len(self._head)
            self._head, piece = self._head + piece[:missing], piece[missing:]
            if len(self._head) == HEAD:
                self._begin()
        if piece:
            self.end.add(piece)

    def _begin(self) -> None:
        head, self._head = self._head, b""
        if head[0] in OUTPUTS and head[1:4] == b"\0\0\0":
            self._left = int.from_bytes(head[4:], "big")
        else:
            self.plain = True
            self.end.add(head)

    def close(self) -> None:
        """The answer is over: what was kept to become the head of a frame becomes none."""
        if self._head:
            self.end.add(self._head)


def has_terminal(body: InspectedBody) -> bool:
    """Whether its output comes without frames."""
    return body.config is not None and traits.said(body.config.tty, traits.FLAG) is True


async def read_end(answer: Answering, most: int, *, plain: bool) -> End:
    """Read the whole answer, or as much of it as is bearable, and keep its end."""
    end = End(most)
    frames = Frames(end, plain)
    while (piece := await answer.exchange.piece()) is not None and end.read < MOST_READ:
        frames.add(piece)
    frames.close()
    return end
