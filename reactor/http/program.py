"""A connection that is a program: what it reads is what we send, and what it writes is the answer.

Only its life belongs here: it is started for one connection, and ended with it. What it says on its standard
error is kept for the sentence that tells why there was no answer. No shell is involved, and no thread, since
whoever ends a container may have to come this way.
"""

import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress

import trio

from reactor.http.errors import ConnectionBroken, HttpError, NobodyListens

LAST_WAIT = 1.0
"""Seconds for which a program that was killed is waited for."""
LAST_WORDS = 0.5
"""Seconds for which it may still be saying why it ended."""
_MOST_WORDS = 4096
_LONGEST = 200


class ProgramEnded(Exception):
    """The program ended without a word of an answer; the text is what it said of it."""


class ProgramStream(trio.abc.Stream):
    """One run of a program as a connection."""

    def __init__(
        self, name: str, process: "subprocess.Popen[bytes]", own: trio.SocketStream, words: int
    ) -> None:
        self._name, self._process, self._own, self._words = name, process, own, words
        self._handle = os.pidfd_open(process.pid)
        self._heard = False
        self._closed = False

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Have the program read all of it."""
        try:
            await self._own.send_all(data)
        except trio.BrokenResourceError:
            # It may have said why before it went, and that is the better sentence.
            await self._explain()
            raise

    async def wait_send_all_might_not_block(self) -> None:
        """Wait until there is room."""
        await self._own.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """What the program has written; nothing at its end."""
        try:
            piece = bytes(await self._own.receive_some(max_bytes))
        except trio.BrokenResourceError:
            await self._explain()
            raise
        if not piece and not self._heard:
            await self._explain()
        self._heard = self._heard or bool(piece)
        return piece

    async def aclose(self) -> None:
        """End the program, however it is: it was started for this connection alone."""
        if self._closed:
            return
        self._closed = True
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        try:
            with trio.move_on_after(LAST_WAIT, shield=True):
                await trio.lowlevel.wait_readable(self._handle)
            self._process.poll()  # Nobody else asks for its status: it must not stay behind as a zombie.
        finally:
            os.close(self._handle)
            os.close(self._words)
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(self._own)

    async def _explain(self) -> None:
        """Raise what it said, if it said anything."""
        with trio.move_on_after(LAST_WORDS):
            await trio.lowlevel.wait_readable(self._words)
        try:
            said = os.read(self._words, _MOST_WORDS)
        except BlockingIOError:
            return
        last = said.decode("utf-8", "replace").strip().rpartition("\n")[2].strip()
        if last:
            shown = "".join(char if char.isprintable() else "?" for char in last[:_LONGEST])
            raise trio.BrokenResourceError from ProgramEnded(f"{self._name}: {shown}")


def open_program(arguments: Sequence[str]) -> ProgramStream:
    """Start the program. Raises HttpError."""
    ours, theirs = socket.socketpair()
    words, for_words = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        os.set_blocking(for_words, True)
        # A session of its own: what a terminal sends to us must not end it before we are done.
        process = subprocess.Popen(  # noqa: S603 - The words are ours, and what a user wrote is checked.
            list(arguments),
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=for_words,
            start_new_session=True,
        )
        ours.settimeout(0)
        stream = trio.SocketStream(trio.socket.from_stdlib_socket(ours))
        return ProgramStream(arguments[0], process, stream, words)
    except OSError as error:
        ours.close()
        os.close(words)
        raise _meaning(error, arguments[0]) from error
    finally:
        theirs.close()
        os.close(for_words)


def _meaning(error: OSError, name: str) -> HttpError:
    if isinstance(error, FileNotFoundError):
        return NobodyListens(f"the program {name} is not there")
    return ConnectionBroken(f"the program {name} cannot be started ({error.strerror})")
