"""The terminal of ``reactor top``: keys in, frames out, and everything as it was at the end.

Only what touches a terminal is here. What a key means is in ``view``, what a frame shows in ``frame``.
"""

import os
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

import trio
from rich.console import Console, RenderableType
from rich.live import Live

from reactor.app.complaint import Complaint
from reactor.app.top.containers import rows_of
from reactor.app.top.frame import Sheet, frame
from reactor.app.top.source import Look, Source
from reactor.app.top.view import View, pressed

EVERY = 1.0
_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "\x1b[A": "up", "\x1bOA": "up", "\x1b[B": "down", "\x1bOB": "down", "\x1b": "escape", "\r": "enter",
        "\n": "enter", "\x7f": "backspace", "\x08": "backspace", "\x03": "ctrl-c", "\x04": "ctrl-c",
        "\x1b[5~": "b", "\x1b[6~": " ",
    }
)  # fmt: skip


class Screen:
    """What is on the screen now, and what was asked for last."""

    def __init__(self, source: Source, console: Console, look: Look) -> None:
        self._source, self._console = source, console
        self._look, self._view, self._lost = look, View(), ""
        self._asked = trio.Event()

    async def run(self) -> None:
        """Show until a key ends it."""
        live = Live(console=self._console, screen=True, auto_refresh=False, redirect_stdout=False)
        with _keys_at_once(), live:
            self._draw = lambda: live.update(self._shown(), refresh=True)
            # Structural: three sources of another frame, which end together.
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._poll)
                nursery.start_soon(self._resized)
                await self._keys()
                nursery.cancel_scope.cancel()

    def _shown(self) -> RenderableType:
        width, height = self._console.size
        sheet = Sheet(width, height, is_rich(self._console), self._lost)
        return frame(self._look, self._view, sheet)

    _draw: Callable[[], None]

    async def _poll(self) -> None:
        while True:
            self._draw()
            with trio.move_on_after(EVERY):
                await self._asked.wait()
            self._asked = trio.Event()
            try:
                self._look, self._lost = await self._source.look(self._view.query), ""
            except Complaint as complaint:
                # Whoever looks sees how old it is; it goes on as soon as somebody answers again.
                self._lost = complaint.lines[0].removeprefix("reactor: ")

    async def _keys(self) -> None:
        fd = sys.stdin.fileno()
        while True:
            await trio.lowlevel.wait_readable(fd)
            for key in keys(os.read(fd, 1024)):
                before, after = self._view, pressed(self._view, key, len(rows_of(self._look)))
                if after is None:
                    return
                self._view = after
                if after.query != before.query:
                    self._asked.set()
            self._draw()

    async def _resized(self) -> None:
        with trio.open_signal_receiver(signal.SIGWINCH) as signals:
            async for _ in signals:
                self._draw()


def keys(data: bytes) -> list[str]:
    """The keys that were pressed, by name. What is no key that is known here is left out."""
    text = data.decode("utf-8", "ignore")
    found: list[str] = []
    while text:
        sequence = next((each for each in _NAMES if len(each) > 1 and text.startswith(each)), "")
        if not sequence and text.startswith(("\x1b[", "\x1bO")):
            return found
        taken = sequence or text[0]
        found.append(_NAMES.get(taken, taken))
        text = text[len(taken) :]
    return found


def is_rich(console: Console) -> bool:
    """Whether more than ASCII can be shown."""
    return console.encoding.lower().startswith("utf")


@contextmanager
def _keys_at_once() -> Iterator[None]:
    """Keys come one by one and are not shown; it is as before at the end."""
    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    try:
        tty.setcbreak(fd)
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)
