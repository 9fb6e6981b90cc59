"""Contender: one thread for each container, reading its stats stream through the docker SDK.

Run as ``python -m bench.race.threads URL LABEL``. Written as such programs are: one client for all, a
blocking loop in each thread, the events tell of new containers, a kill when a frame breaks a limit. It does
nothing else that reactor does.
"""

import sys
import threading
import time

import docker
from docker.errors import APIError

from bench.clock import now
from bench.race.judging import broken
from bench.saying import Counted, Killed, Ready, tell

SAYS_EVERY = 1.0


class Consumer:
    """All threads there are, and what they have read."""

    def __init__(self, address: str, label: str) -> None:
        self._client = docker.APIClient(base_url=address, timeout=120)
        self._label = label
        self._known: set[str] = set()
        self._read: set[str] = set()
        self._frames = 0

    def run(self) -> None:
        """Watch for ever."""
        events = self._client.events(decode=True, filters={"type": "container", "label": self._label})
        for each in self._client.containers(filters={"label": self._label}):
            self._begin(each["Id"])
        threading.Thread(target=self._say, daemon=True).start()
        for event in events:
            if event["Action"] == "start":
                self._begin(event["Actor"]["ID"])

    def _begin(self, container: str) -> None:
        if container not in self._known:
            self._known.add(container)
            threading.Thread(target=self._watch, args=(container,), daemon=True).start()

    def _watch(self, container: str) -> None:
        try:
            for frame in self._client.stats(container, stream=True, decode=True):
                seen = now()
                self._read.add(container)
                self._frames += 1
                rule = broken(frame)
                if rule is not None:
                    self._kill(container, seen, rule)
                    return
        except APIError as error:
            # It was gone before the stream began.
            print(f"stats of {container[:12]}: {error}", file=sys.stderr)

    def _kill(self, container: str, seen: float, rule: str) -> None:
        called = now()
        try:
            self._client.kill(container)
        except APIError as error:
            print(f"kill of {container[:12]}: {error}", file=sys.stderr)
        tell(Killed(container, seen, called, now(), rule))

    def _say(self) -> None:
        while True:
            # Readings until now, and of how many containers there was one.
            tell(Ready(len(self._read)))
            tell(Counted(now(), self._frames))
            time.sleep(SAYS_EVERY if len(self._read) >= len(self._known) else SAYS_EVERY / 10)


if __name__ == "__main__":
    Consumer(sys.argv[1], sys.argv[2]).run()
