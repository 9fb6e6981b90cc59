"""The witness: what the engine says happened to each container, heard and asked for apart from the monitor.

It holds a subscription of its own to the engine's events (a plain socket, in a thread) and inspects for
itself. Nothing of the product is used here, and nothing that the product uses. Who should have been
ended, and who not, is judged in ``verdict``.
"""

import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.real.waiting import until
from tools import engine_api

AGAIN_AFTER = 0.1
HEARD = frozenset({"start", "die", "kill", "stop", "oom", "destroy"})


@dataclass(frozen=True, slots=True, order=True)
class Said:
    """One event, by the engine's own clock."""

    nano: int
    action: str
    id: str
    signal: str = ""


@dataclass(frozen=True, slots=True)
class Life:
    """One run of a container, as the events tell it: its beginning and end, its signals and their moments."""

    began: int
    died: int | None = None
    signals: tuple[str, ...] = ()
    moments: tuple[int, ...] = ()


class Truth:
    """Listens to one engine from ``with`` to its end, through every loss of the connection."""

    def __init__(self, docker_host: str) -> None:
        self._host = docker_host
        # By container: there may be many thousands. What is heard twice is kept once.
        self._said: dict[str, dict[Said, None]] = {}
        self._outages: list[tuple[int, int]] = []
        self._subscribed = 0
        self._closing = threading.Event()
        self._socket: socket.socket | None = None
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self._listen, name="truth")

    def __enter__(self) -> Self:
        self._thread.start()
        until(lambda: self._subscribed, 30, "the witness subscribes")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._closing.set()
        with self._guard:
            if self._socket is not None:
                # It may be broken already; either way the thread wakes up.
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(20)
        assert not self._thread.is_alive(), "the witness does not stop listening"

    @staticmethod
    def now() -> int:
        """This moment, in nanoseconds of the engine's clock, which is this host's."""
        return time.time_ns()

    def outage(self, began: int, ended: int) -> None:
        """The engine was away: an engine that returns ends what it finds running, before it answers anybody.

        So signals between these two moments (in nanoseconds) are its own, and are left out.
        """
        self._outages.append((began, ended))

    def events(self, container: str, *actions: str) -> list[Said]:
        """What was said of a container, in the order of the engine's clock."""
        found = sorted(said for said in list(self._said.get(container, ())) if not self._is_own(said))
        return [said for said in found if not actions or said.action in actions]

    def lives(self, container: str) -> list[Life]:
        """Its runs, the first one first; what was said before the first start is left out."""
        lives: list[Life] = []
        for said in self.events(container):
            if said.action == "start":
                lives.append(Life(said.nano))
            elif lives and said.action == "die":
                lives[-1] = replace(lives[-1], died=lives[-1].died or said.nano)
            elif lives and said.action == "kill":
                signals, moments = (*lives[-1].signals, said.signal), (*lives[-1].moments, said.nano)
                lives[-1] = replace(lives[-1], signals=signals, moments=moments)
        return lives

    def inspect(self, container: str) -> Mapping[str, Any] | None:
        """What the engine says of it now; None if it knows it no more."""
        try:
            found: dict[str, Any] = self._ask(f"/containers/{container}/json")
        except engine_api.EngineCallError as refusal:
            if refusal.status != 404:
                raise
            return None
        # A container that is named like this id answers in its place.
        return found if found["Id"] == container else None

    def state(self, container: str) -> Mapping[str, Any]:
        """The ``State`` of an inspect; empty if it is gone."""
        found = self.inspect(container)
        return found["State"] if found else {}

    def readings(self, container: str) -> Mapping[str, Any]:
        """One frame of the engine's statistics."""
        frame: dict[str, Any] = self._ask(f"/containers/{container}/stats?stream=false")
        return frame

    def _is_own(self, said: Said) -> bool:
        return said.action == "kill" and any(began < said.nano < ended for began, ended in self._outages)

    def _ask(self, path: str) -> Any:
        return json.loads(engine_api.call(self._host, "GET", path, timeout=60.0))

    def _listen(self) -> None:
        while not self._closing.is_set():
            # The engine is away, or we are closing; the loop finds out which.
            with suppress(OSError), _connect(self._host) as connected:
                for event in self._subscription(connected):
                    if event.get("Action") in HEARD:
                        said = _said(event)
                        self._said.setdefault(said.id, {})[said] = None
            self._closing.wait(AGAIN_AFTER)

    def _subscription(self, connected: socket.socket) -> Iterator[Mapping[str, Any]]:
        with self._guard:
            if self._closing.is_set():
                return
            self._socket = connected
        try:
            # The ring of the engine is replayed as far as it goes; what is heard twice is kept once.
            path = f"/events?since={int(time.time()) - 60}"
            # To a client of HTTP/1.0 the engine writes one object a line, and nothing around it.
            connected.sendall(f"GET {path} HTTP/1.0\r\nHost: engine\r\n\r\n".encode())
            with connected.makefile("rb") as lines:
                while lines.readline().strip():
                    pass
                self._subscribed += 1
                for line in lines:
                    if line.endswith(b"\n"):
                        yield json.loads(line)
        finally:
            with self._guard:
                self._socket = None


def _connect(docker_host: str) -> socket.socket:
    address = urlsplit(docker_host)
    if address.scheme == "unix":
        connected = socket.socket(socket.AF_UNIX)
        try:
            connected.connect(address.path)
        except OSError:
            connected.close()
            raise
        return connected
    return socket.create_connection((address.hostname, address.port or 2375))


def _said(event: Mapping[str, Any]) -> Said:
    actor = event["Actor"]
    return Said(event["timeNano"], event["Action"], actor["ID"], actor["Attributes"].get("signal", ""))


def seconds(nano: int) -> float:
    """Nanoseconds as seconds."""
    return nano / 1e9
