"""The monitor's end of the lane: starts the process, hands it what to read, hears it, notices its death.

Only the process and the line to it belong here; who is to be read is in ``watching``.
"""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import trio

from reactor.lane.precedence import may_be_lifted
from reactor.lane.words import Arm, Disarm, Lines, News, command, read_news

_PIECE = 256 * 1024
_ENDS_WITHIN = 2.0


class LaneEnded(Exception):
    """The process is not there any more, or does not speak; the text says how that was seen."""


class LaneProcess:
    """A lane that was started. One task may hear and one may say at a time."""

    def __init__(self, line: trio.SocketStream, pid: int) -> None:
        self._line = line
        self._lines = Lines()
        self.pid = pid

    async def say(self, words: list[Arm | Disarm]) -> None:
        """Hand words on. Raises LaneEnded."""
        try:
            await self._line.send_all(b"".join(command(word) for word in words))
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            raise LaneEnded("it does not listen any more") from None

    async def hear(self, within: float) -> list[News]:
        """What it says next. Raises LaneEnded, also if it says nothing for so many seconds."""
        try:
            with trio.fail_after(within):
                data = await self._line.receive_some(_PIECE)
            news = [read_news(line) for line in self._lines.take(data)]
        except trio.TooSlowError:
            raise LaneEnded(f"it has said nothing for {within:g} s") from None
        except trio.BrokenResourceError:
            raise LaneEnded("its end of the line is broken") from None
        except (ValueError, TypeError) as error:
            raise LaneEnded(f"it said what cannot be read: {error}") from None
        if not data:
            raise LaneEnded("it has ended")
        return news


@asynccontextmanager
async def open_lane(
    rate: float, calm: float, share: float, *, forks: bool = True, realtime: bool = False
) -> AsyncIterator[LaneProcess]:
    """Start a lane on these terms; it is gone when the block is left. Raises OSError.

    ``forks`` is whether it has the kernel tell it of forks, where that can be had. ``realtime`` is whether it
    is real-time, where it may be, and lifts us to that while we decide: see ``precedence``.
    """
    ours, theirs = trio.socket.socketpair()
    monitor = os.getpid() if realtime and may_be_lifted() else 0
    with theirs:
        process = await _start(theirs.fileno(), rate, calm, share, float(forks), monitor)
    try:
        async with trio.SocketStream(ours) as line:
            yield LaneProcess(line, process.pid)
    finally:
        with trio.CancelScope(shield=True):
            await _end(process)


async def _start(descriptor: int, *terms: float) -> trio.Process:
    # The same code as ours, wherever we were started from.
    place = str(Path(__file__).parents[2])
    return await trio.lowlevel.open_process(
        [sys.executable, "-m", "reactor.lane", *map(str, (descriptor, *terms))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=[descriptor],
        env={**os.environ, "PYTHONPATH": place},
        start_new_session=True,
    )


async def _end(process: trio.Process) -> None:
    """It ends by itself when the line is closed; and if not, it is ended."""
    with trio.move_on_after(_ENDS_WITHIN):
        await process.wait()
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
