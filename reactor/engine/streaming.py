"""What the two streams have in common: line after line, and one error for every kind of end.

A stream of the engine's never ends well: whatever ends it, something may have been missed. What
stands in a line is read in ``events`` and in ``stats``.
"""

from typing import Never

from reactor.core.ports import StreamEnded
from reactor.engine.errors import EngineSaidNonsense, quoted
from reactor.engine.wire import Body, parse
from reactor.http.errors import HttpError
from reactor.http.lines import Lines


class StreamLines:
    """The lines of a stream of this name, until StreamEnded says which way it ended."""

    def __init__(self, lines: Lines, name: str) -> None:
        self._lines = lines
        self._name = name

    async def next(self) -> bytes:
        """Wait for the next line."""
        try:
            return await anext(self._lines)
        except HttpError as error:
            raise StreamEnded(f"the {self._name} stream broke: {error}") from error
        except StopAsyncIteration:
            raise StreamEnded(self._end()) from None

    def _end(self) -> str:
        if self._lines.rest.strip():
            return f"the {self._name} stream ended in the middle of an object"
        return f"the engine ended the {self._name} stream"


def parse_line(line: bytes, shape: type[Body], name: str) -> Body:
    """One object of a stream; StreamEnded if it cannot be read."""
    try:
        return parse(line, shape, f"the {name} stream")
    except EngineSaidNonsense as error:
        raise StreamEnded(f"the engine wrote something into the {name} stream that cannot be read") from error


def refuse_object(message: str, name: str) -> Never:
    """End a stream because of an object that does not belong into it; most likely it is an error."""
    if message:
        raise StreamEnded(f"the engine wrote an error into the {name} stream: {quoted(message)}")
    raise StreamEnded(f"the engine wrote an object into the {name} stream that does not belong there")
