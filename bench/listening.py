"""The engine's truth, heard on a subscription of our own: which container was killed, and died, and when.

A thread reads events and keeps kills and deaths. Judging them belongs elsewhere.
"""

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self

import docker

from bench import clock

KEPT: Final = frozenset({"kill", "die", "oom"})


class NoLongerHeard(Exception):
    """The subscription ended before the run did: what the engine did since then is not known."""


class Listening:
    """Hears the engine's events from ``with`` on; moments are on our clock."""

    def __init__(self, docker_host: str) -> None:
        self._api = docker.APIClient(base_url=docker_host, timeout=None)
        self._heard: dict[tuple[str, str], list[float]] = {}
        self._news = threading.Condition()
        self._ended = False
        self._closing = False

    def __enter__(self) -> Self:
        self._stream = self._api.events(decode=True, filters={"type": "container"})
        self._thread = threading.Thread(target=self._listen, name="events", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._closing = True
        self._stream.close()
        self._thread.join(10)
        self._api.close()

    def wait_death(self, container: str, within: float) -> float | None:
        """The moment at which the engine says that this container died; None if it does not in time."""
        with self._news:
            self._news.wait_for(lambda: self._ended or (container, "die") in self._heard, within)
            self._check()
        return self.death(container)

    def death(self, container: str) -> float | None:
        """The same of a death that is known already."""
        return next(iter(self._heard.get((container, "die"), ())), None)

    def has_oom(self, container: str) -> bool:
        """Whether the engine has told of an OOM in this container."""
        return (container, "oom") in self._heard

    def kills(self, container: str) -> int:
        """How often the engine sent this container a signal."""
        with self._news:
            self._check()
            return len(self._heard.get((container, "kill"), ()))

    def _check(self) -> None:
        if self._ended and not self._closing:
            raise NoLongerHeard("the engine's event stream ended during the run")

    def _listen(self) -> None:
        try:
            for event in self._stream:
                self._take(event)
        finally:
            with self._news:
                self._ended = True
                self._news.notify_all()

    def _take(self, event: Mapping[str, Any]) -> None:
        if event["Action"] not in KEPT:
            return
        at = clock.from_wall(event["timeNano"], clock.wall_ahead())
        with self._news:
            self._heard.setdefault((event["Actor"]["ID"], event["Action"]), []).append(at)
            self._news.notify_all()
