"""Containers for tests on a real engine: made through the docker SDK, and gone when the test is over.

Belongs here: making and removing. Does not belong here: judging what became of them; that is the test's own
part.
"""

import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

import docker

from tools import engine_api
from tools.patience import patient
from tools.private_engine import TEST_IMAGE

_REMOVALS_AT_ONCE = 8


class Containers:
    """Makes containers on one engine, remembers them, and removes them all at the end, running or not.

    Podman removes nobody in whose network somebody is: there they go one after the other, the last one first.
    `client` is the SDK's own, for everything else that a test wants of the engine.
    """

    def __init__(
        self, docker_host: str, *, removed_at_end: bool = True, removed_in_turn: bool = False
    ) -> None:
        self.docker_host = docker_host
        # The address is explicit: from_env() may follow the CLI's context to somebody's real engine.
        self.client = docker.DockerClient(base_url=docker_host, timeout=patient(120))
        self.ids: list[str] = []
        self._removed_at_end = removed_at_end
        self._removed_in_turn = removed_in_turn

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        try:
            if self._removed_at_end:
                self.remove_all()
        finally:
            self.client.close()

    def create(
        self,
        command: str | Sequence[str],
        *,
        name: str | None = None,
        labels: Mapping[str, str] | None = None,
        mem: str | None = None,
        pids: int | None = None,
        network_mode: str = "none",
        restart: str | None = None,
        image: str = TEST_IMAGE,
        **more: Any,
    ) -> str:
        """Create a container without starting it and return its full id; `more` goes to the SDK as it is."""
        options = {
            "name": name or unique_name(),
            "labels": dict(labels or {}),
            "network_mode": network_mode,
            "mem_limit": mem,
            # As much as memory alone: with swap on top a hog would not be stopped where the test says.
            "memswap_limit": mem,
            "pids_limit": pids,
            "restart_policy": {"Name": restart} if restart else None,
        }
        container = self.client.containers.create(image, command, **(options | more))
        self.ids.append(container.id)
        return str(container.id)

    def run(self, command: str | Sequence[str], **options: Any) -> str:
        """Create a container as `create` does, start it in the background and return its full id."""
        container_id = self.create(command, **options)
        self.client.api.start(container_id)
        return container_id

    def idle(self, **options: Any) -> str:
        """Run a container that does nothing for a long time."""
        return self.run(("sleep", "100000"), **options)

    def inspect(self, container_id: str) -> dict[str, Any]:
        """Return what the engine says about a container now."""
        said: dict[str, Any] = self.client.api.inspect_container(container_id)
        return said

    def is_running(self, container_id: str) -> bool:
        """Say whether the engine holds this container for running."""
        return bool(self.inspect(container_id)["State"]["Running"])

    def remove_all(self) -> None:
        """Remove every container that was made here; one that is gone already is as good as removed."""
        ids, self.ids = self.ids, []
        # The SDK's client must not be shared between threads, so each removal has a connection of its own.
        with ThreadPoolExecutor(1 if self._removed_in_turn else _REMOVALS_AT_ONCE) as pool:
            list(pool.map(self._remove, reversed(ids)))

    def _remove(self, container_id: str) -> None:
        path = f"/containers/{container_id}?force=1&v=1"
        try:
            engine_api.call(self.docker_host, "DELETE", path, timeout=60.0)
        except engine_api.EngineCallError as refusal:
            # 409: a removal of it is on its way already.
            if refusal.status not in {404, 409}:
                raise


def unique_name() -> str:
    """Return a name that no other test run uses."""
    return f"reactor-test-{uuid.uuid4().hex[:12]}"
