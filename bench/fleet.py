"""The containers of a run: the idle ones that must survive, and the victims of each contender.

Made through the docker SDK, one after the other. What happens to them, and when, belongs elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Any, Final, Self

import docker
from docker.errors import NotFound

from bench.progress import Say
from bench.victims import COMMAND, Victim
from tools import engine_api
from tools.private_engine import TEST_IMAGE

STARTS_AT_ONCE: Final = 6
PIDS_LIMIT: Final = 256
IDLE_MEMORY: Final = "64m"
VICTIM_MEMORY: Final = "512m"
IN_SCOPE: Final[Mapping[str, str]] = {"reactor.task": "bench"}
OUT_OF_SCOPE: Final[Mapping[str, str]] = {"bench.victim": "bare"}


class Fleet:
    """Makes containers and knows them. ``swept`` means that the engine goes with all that is on it."""

    def __init__(self, docker_host: str, say: Say, *, swept: bool) -> None:
        self._say = say
        self._swept = swept
        self._started: dict[str, str] = {}
        self._stack = ExitStack()
        # The address is explicit: from_env() may follow the CLI's context to somebody's real engine.
        self._docker_host = docker_host
        self._api = docker.APIClient(base_url=docker_host, timeout=120)
        self._made: set[str] = set()
        self.idle: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._stack.close()
        try:
            if not self._swept:
                self._say(f"removing {len(self._made)} containers")
                self.remove(tuple(self._made))
        finally:
            self._api.close()

    def start_idle(self, number: int) -> None:
        """Start those that are watched and must survive."""
        self._say(f"starting {number} idle containers")
        before = len(self.idle)
        self.create_idle(number)
        self.start_again(self.idle[before:])
        for container in self.idle[before:]:
            self._started[container] = self._inspect(container)["State"]["StartedAt"]

    def start_plain(self, number: int, labels: Mapping[str, str] = OUT_OF_SCOPE) -> list[str]:
        """Start idle ones that are not counted among those that must survive."""
        return [self._run(("sleep", "1000000"), labels, IDLE_MEMORY) for _ in range(number)]

    def create_idle(self, number: int) -> None:
        """Make such containers, and leave their start to ``start_again``."""
        self.idle += [self._create(("sleep", "1000000"), IN_SCOPE, IDLE_MEMORY) for _ in range(number)]

    def start_again(self, containers: Iterable[str]) -> None:
        """Start containers that were ended, several at once; one that runs is left as it is."""
        # The SDK's client must not be shared between threads, so each call has a connection of its own.
        with ThreadPoolExecutor(STARTS_AT_ONCE) as pool:
            list(pool.map(self._start, containers))

    def start_victims(self, number: int, labels: Mapping[str, str]) -> list[Victim]:
        """Start containers that wait for the order to turn bad."""
        return [self._victim(labels) for _ in range(number)]

    def remove(self, containers: Iterable[str]) -> None:
        """Remove containers, running or not; one that is gone already is as good as removed."""
        for container in containers:
            with suppress(NotFound):
                self._api.remove_container(container, force=True, v=True)
            self._made.discard(container)

    def ended_innocents(self) -> list[str]:
        """Those of the idle containers that are not in the very run in which they were started."""
        return [container for container in self.idle if not self._unharmed(container)]

    def main_process(self, container: str) -> int:
        """The pid of its main process, as this host sees it."""
        return int(self._inspect(container)["State"]["Pid"])

    def _start(self, container: str) -> None:
        try:
            engine_api.call(self._docker_host, "POST", f"/containers/{container}/start", timeout=120.0)
        except engine_api.EngineCallError as refusal:
            if refusal.status != 304:
                raise

    def _unharmed(self, container: str) -> bool:
        try:
            state = self._inspect(container)["State"]
        except NotFound:
            return False
        return bool(state["Running"]) and state["StartedAt"] == self._started[container]

    def _victim(self, labels: Mapping[str, str]) -> Victim:
        container = self._run(COMMAND, labels, VICTIM_MEMORY)
        return self._stack.enter_context(Victim(container, self._inspect(container)["State"]["Pid"]))

    def _run(self, command: Sequence[str], labels: Mapping[str, str], memory: str) -> str:
        container = self._create(command, labels, memory)
        self._api.start(container)
        return container

    def _create(self, command: Sequence[str], labels: Mapping[str, str], memory: str) -> str:
        host = self._api.create_host_config(
            network_mode="none", mem_limit=memory, memswap_limit=memory, pids_limit=PIDS_LIMIT
        )
        made = self._api.create_container(TEST_IMAGE, command, labels=dict(labels), host_config=host)
        container = str(made["Id"])
        self._made.add(container)
        return container

    def _inspect(self, container: str) -> dict[str, Any]:
        said: dict[str, Any] = self._api.inspect_container(container)
        return said
