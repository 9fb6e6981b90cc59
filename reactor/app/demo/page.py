"""The demo's output: lines in columns, as wide as the terminal, coloured only on one.

Only the form of a line is here; what is said is in ``lines`` and ``summary``.
"""

import os
import shutil
import textwrap
from collections.abc import Mapping
from enum import StrEnum
from typing import TextIO

WIDEST = 120
NAME = 14
WORD = 7
PLAIN_SIGNS = str.maketrans("▲✗→○●·", "!x>o*-")
"""What stands for our signs where the stream cannot write them."""


class Style(StrEnum):
    """How a text stands out, by what it means."""

    PLAIN = ""
    QUIET = "2"
    STRONG = "1"
    GOOD = "32"
    BAD = "1;31"
    ALARM = "33"
    ENDED = "31"
    NOTE = "36"


class Page:
    """Where the demo writes; with no stream, nowhere. A reader who has left is not written to any more."""

    def __init__(self, stream: TextIO | None, environ: Mapping[str, str] = os.environ) -> None:
        self._stream = stream
        terminal = stream is not None and stream.isatty()
        self._coloured = terminal and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
        self.width = min(shutil.get_terminal_size((80, 24)).columns, WIDEST)
        self._signs = stream is not None and _can_write(stream, "▲✗→○●·")
        self.left = False

    def style(self, text: str, style: Style) -> str:
        """The text in a style, where there are colours."""
        return f"\x1b[{style.value}m{text}\x1b[0m" if self._coloured and style.value else text

    def write(self, text: str = "") -> None:
        """Write one line as it is."""
        if self._stream is None or self.left:
            return
        try:
            self._stream.write((text if self._signs else text.translate(PLAIN_SIGNS)) + "\n")
            self._stream.flush()
        except BrokenPipeError:
            self.left = True

    def paragraph(self, text: str, style: Style = Style.PLAIN, indent: str = "") -> None:
        """Write a text, broken into lines where the page ends."""
        for line in textwrap.wrap(text, self.width - 1, subsequent_indent=indent, break_on_hyphens=False):
            self.write(self.style(line, style))

    def row(self, seconds: float, sign: str, word: str, name: str, text: str, style: Style) -> None:
        """Write one line of the live output: when, what, who, and how."""
        head = f"{seconds:6.2f} {sign} {word:<{WORD}}"
        room = max(20, self.width - len(head) - NAME - 3)
        first, *rest = textwrap.wrap(text, room, break_on_hyphens=False) or [""]
        self.write(
            f"{self.style(head, style)} {self.style(f'{name:<{NAME}}', Style.STRONG)} {first}".rstrip()
        )
        for line in rest:
            self.write(" " * (len(head) + NAME + 2) + line)


def _can_write(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
