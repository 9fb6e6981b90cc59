"""Many short lives: made over several connections at once, as a busy runner does.

Only the making belongs here; what the journal says of them is compared in the tests.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from typing import Any

import docker

from tests.real.scene import Scene
from tests.tooling.containers import unique_name
from tools.private_engine import TEST_IMAGE

AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class ShortLife:
    """What to run, under which labels, with how much memory."""

    command: Sequence[str]
    labels: Mapping[str, str] = field(default_factory=dict)
    memory: str | None = None


def run_all(scene: Scene, lives: Sequence[ShortLife]) -> list[str]:
    """Run all of them, several at once, and return their ids in the same order; none is removed."""
    with _clients(scene.containers.docker_host) as with_client, ThreadPoolExecutor(AT_ONCE) as pool:
        made = list(pool.map(lambda life: with_client(partial(_run, life)), lives))
    for container, name in made:
        scene.containers.ids.append(container)
        scene.charges.names[container] = name
    return [container for container, _ in made]


def _run(life: ShortLife, client: docker.APIClient) -> tuple[str, str]:
    name = unique_name()
    # As much as memory alone: with swap on top a hog would not be stopped.
    host = client.create_host_config(network_mode="none", mem_limit=life.memory, memswap_limit=life.memory)
    made = client.create_container(
        TEST_IMAGE, list(life.command), name=name, labels=dict(life.labels), host_config=host
    )
    client.start(made["Id"])
    return made["Id"], name


@contextmanager
def _clients(docker_host: str) -> Iterator[Callable[[Callable[[docker.APIClient], Any]], Any]]:
    """Lends clients of the SDK: one must not be used by two threads at once."""
    idle: SimpleQueue[docker.APIClient] = SimpleQueue()
    clients = [docker.APIClient(base_url=docker_host, timeout=120) for _ in range(AT_ONCE)]
    for client in clients:
        idle.put(client)

    def lend(use: Callable[[docker.APIClient], Any]) -> Any:
        client = idle.get()
        try:
            return use(client)
        finally:
            idle.put(client)

    try:
        yield lend
    finally:
        for client in clients:
            client.close()
