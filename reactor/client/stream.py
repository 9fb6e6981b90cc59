"""News as an iterator that comes back by itself: after a break it goes on behind the last entry that it gave.

It blocks the thread that iterates; ``close`` ends it from any other.
"""

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from types import TracebackType
from typing import Self

from reactor.client.news import Decision, decision

SILENCE = 40.0
"""Seconds without a word, heartbeats included, after which a connection is taken for dead."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
LONGEST_LINE = 1024 * 1024

Open = Callable[[str, float], tuple[HTTPConnection, HTTPResponse] | None]


class Stream:
    """Decisions for ever. Raises Refused (or TooOld) where coming back would not help.

    ``cursor`` is behind the last one that was given; keep it, to go on after a restart of your own.
    """

    def __init__(self, open_: Open, since: str) -> None:
        self.cursor = since
        self._open = open_
        self._closed = threading.Event()
        self._reading = threading.Lock()
        self._connection: HTTPConnection | None = None
        self._answer: HTTPResponse | None = None
        self._pause = FIRST_PAUSE

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Decision:
        with self._reading:
            found = self._next()
            if self._closed.is_set():
                self._drop()
        if found is None:
            raise StopIteration
        return found

    def _next(self) -> Decision | None:
        while not self._closed.is_set():
            if self._answer is None:
                self._connect()
            elif (found := self._read(self._answer)) is not None:
                return found
        return None

    def close(self) -> None:
        """End it; whoever waits for the next one is told that there is none."""
        self._closed.set()
        connection = self._connection
        if connection is not None and connection.sock is not None:
            # Only this wakes a thread that reads; closing would leave it there.
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)
        # Whoever reads lets go of the connection himself; where nobody does, it is done here.
        if self._reading.acquire(timeout=1.0):
            self._drop()
            self._reading.release()

    def _connect(self) -> None:
        opened = self._open(self.cursor, SILENCE)
        if opened is None:
            self._closed.wait(self._pause)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
        else:
            self._connection, self._answer = opened

    def _read(self, answer: HTTPResponse) -> Decision | None:
        """The next event; None if it says nothing, or if the connection is gone."""
        event: dict[str, str] = {}
        try:
            while line := answer.readline(LONGEST_LINE):
                text = line.decode().rstrip("\r\n")
                if not text:
                    return self._take(event)
                name, _, value = text.partition(":")
                event[name] = value.removeprefix(" ")
        except (OSError, HTTPException, ValueError):
            pass
        self._drop()
        self._closed.wait(self._pause)
        return None

    def _take(self, event: dict[str, str]) -> Decision | None:
        self._pause = FIRST_PAUSE
        self.cursor = event.get("id") or self.cursor
        return decision(json.loads(event["data"])) if event.get("event") == "decision" else None

    def _drop(self) -> None:
        connection, self._connection, self._answer = self._connection, None, None
        if connection is not None:
            connection.close()
