"""One line that tells how far something long has come, on a terminal and nowhere else."""

import sys
import time
from typing import TextIO

OFTEN = 0.2
"""Seconds between two tellings."""


class Progress:
    """Writes over its own line. On what is no terminal it writes nothing."""

    def __init__(self, stream: TextIO | None = None, *, often: float = OFTEN) -> None:
        self._stream = stream or sys.stderr
        self._shown = self._stream.isatty()
        self._often = often
        self._next = 0.0
        self._width = 0

    @property
    def is_due(self) -> bool:
        """Whether it is time to tell something."""
        return self._shown and time.monotonic() >= self._next

    def tell(self, text: str) -> None:
        """Show this in the place of what was told before."""
        if not self._shown:
            return
        self._next = time.monotonic() + self._often
        self._stream.write("\r" + text.ljust(self._width))
        self._stream.flush()
        self._width = len(text)

    def clear(self) -> None:
        """Leave no line behind."""
        if self._shown and self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0
