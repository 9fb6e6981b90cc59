"""The witness: what the engine says happened to each container, heard and asked for apart from the monitor.

It holds a subscription of its own to the engine's events (the docker SDK, in a thread) and inspects for
itself. Nothing of the product is used here. Who should have been ended, and who not, is judged in
``verdict``.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import docker
from docker.errors import DockerException, NotFound
from requests.exceptions import RequestException

from tests.real.waiting import until

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
    """One run of a container, as the events tell it: when it began and ended, and the signals it was sent."""

    began: int
    died: int | None = None
    signals: tuple[str, ...] = ()


class Truth:
    """Listens to one engine from ``with`` to its end, through every loss of the connection."""

    def __init__(self, docker_host: str) -> None:
        self._host = docker_host
        self._said: dict[Said, None] = {}
        self._subscribed = 0
        self._closing = threading.Event()
        self._stream: Any = None
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self._listen, name="truth")
        self._client = docker.APIClient(base_url=docker_host, timeout=60)

    def __enter__(self) -> Self:
        self._thread.start()
        until(lambda: self._subscribed, 30, "the witness subscribes")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._closing.set()
        with self._guard:
            if self._stream is not None:
                self._stream.close()
        self._thread.join(20)
        self._client.close()
        assert not self._thread.is_alive(), "the witness does not stop listening"

    def events(self, container: str, *actions: str) -> list[Said]:
        """What was said of a container, in the order of the engine's clock."""
        found = sorted(said for said in list(self._said) if said.id == container)
        return [said for said in found if not actions or said.action in actions]

    def lives(self, container: str) -> list[Life]:
        """Its runs, the first one first; what was said before the first start is left out."""
        lives: list[Life] = []
        for said in self.events(container):
            if said.action == "start":
                lives.append(Life(said.nano))
            elif lives and said.action == "die":
                lives[-1] = Life(lives[-1].began, lives[-1].died or said.nano, lives[-1].signals)
            elif lives and said.action == "kill":
                lives[-1] = Life(lives[-1].began, lives[-1].died, (*lives[-1].signals, said.signal))
        return lives

    def inspect(self, container: str) -> Mapping[str, Any] | None:
        """What the engine says of it now; None if it knows it no more."""
        try:
            found: dict[str, Any] = self._client.inspect_container(container)
        except NotFound:
            return None
        # A container that is named like this id answers in its place.
        return found if found["Id"] == container else None

    def state(self, container: str) -> Mapping[str, Any]:
        """The ``State`` of an inspect; empty if it is gone."""
        found = self.inspect(container)
        return found["State"] if found else {}

    def readings(self, container: str) -> Mapping[str, Any]:
        """One frame of the engine's statistics."""
        frame: dict[str, Any] = self._client.stats(container, stream=False)
        return frame

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                for said in self._subscription():
                    self._said[said] = None
            except (DockerException, RequestException, OSError, ValueError):
                pass  # The engine is away, or we are closing; both are seen at the top.
            self._closing.wait(AGAIN_AFTER)

    def _subscription(self) -> Iterator[Said]:
        client = docker.APIClient(base_url=self._host, timeout=60)
        try:
            # The ring of the engine is replayed as far as it goes; what is heard twice is kept once.
            stream = client.events(since=int(time.time()) - 60, filters={"type": "container"}, decode=True)
            with self._guard:
                self._stream = None if self._closing.is_set() else stream
            if self._stream is None:
                stream.close()
                return
            self._subscribed += 1
            for event in stream:
                if event.get("Action") in HEARD:
                    yield _said(event)
        finally:
            with self._guard:
                self._stream = None
            client.close()


def _said(event: Mapping[str, Any]) -> Said:
    actor = event["Actor"]
    return Said(event["timeNano"], event["Action"], actor["ID"], actor["Attributes"].get("signal", ""))


def seconds(nano: int) -> float:
    """Nanoseconds as seconds."""
    return nano / 1e9

