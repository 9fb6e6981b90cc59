"""Where log lines go without anybody waiting for it: a bounded queue and one thread that writes.

A pipe that nobody reads fills up, and a write to it then blocks. On the loop that would stop
the monitor; here it stops one thread, lines are lost, and how many is said when it goes on.
What a line looks like is the business of ``log``.
"""

import logging
import os
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from reactor.app.log import LogFormat, formatter, handled_by

ROOM = 10_000
"""Lines that may wait. At 200 bytes each that is two megabytes."""
LAST_WORDS = 1.0
"""Seconds that the lines still waiting at the end may take."""


class Sink(logging.Handler):
    """Hands each formatted line to the writing thread."""

    def __init__(self, descriptor: int, room: int = ROOM) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._lines: queue.Queue[bytes | None] = queue.Queue(room)
        self._lost = 0
        # A daemon: a pipe that stays blocked must not keep the process from ending.
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Queue one line; where there is no room it is lost and counted."""
        try:
            if self._lost:
                self._tell_lost()
            self._lines.put_nowait(self.format(record).encode("utf-8", "backslashreplace") + b"\n")
        except queue.Full:
            self._lost += 1

    def close(self) -> None:
        """Write what still waits, for a little while."""
        super().close()
        try:
            self._lines.put(None, timeout=LAST_WORDS)
        except queue.Full:
            return
        self._thread.join(LAST_WORDS)

    def _tell_lost(self) -> None:
        lost = {"lines": self._lost}
        record = logging.makeLogRecord(
            {"name": "reactor.log", "levelname": "WARNING", "msg": "log lines were lost", **lost}
        )
        self._lines.put_nowait(self.format(record).encode() + b"\n")
        self._lost = 0

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                _write_all(self._descriptor, line)
            except OSError:
                # Nobody is there to read, and there is nobody else to tell.
                continue


def _write_all(descriptor: int, line: bytes) -> None:
    while line:
        line = line[os.write(descriptor, line) :]


@contextmanager
def logging_to(descriptor: int, form: LogFormat, level: int) -> Iterator[None]:
    """Send all logs to this descriptor while the block runs."""
    sink = Sink(descriptor)
    sink.setFormatter(formatter(form))
    try:
        with handled_by(sink, level):
            yield
    finally:
        sink.close()
