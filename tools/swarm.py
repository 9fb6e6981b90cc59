"""A Swarm of several engines on one machine, each on a host of its own for all that it can see.

A stack file is deployed as it stands. All of it ends with whoever made it. Does not belong here: one engine's
life (engine_life.py), what it sees of its host (engine_host.py), the network between them (swarm_network.py).
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlencode

from tools import engine_api
from tools.engine_files import engine_files
from tools.engine_host import SOCKET_OPTIONS, own_host
from tools.engine_life import PrivateEngine
from tools.engine_packages import EngineMissingError
from tools.patience import patient
from tools.swarm_network import Namespace, Network

_JOINED_WITHIN: Final = patient(30.0)


@dataclass(frozen=True, slots=True)
class Node:
    """One engine of the Swarm; ``number`` counts from 1, and 1 is the manager."""

    number: int
    engine: PrivateEngine
    space: Namespace
    address: str

    @property
    def docker_host(self) -> str:
        """The engine's address, from outside."""
        return self.engine.docker_host

    def run(self, *command: str) -> str:
        """What a command says that is run on this host, in its network."""
        done = subprocess.run((*self.space.before, *command), capture_output=True, text=True, check=False)
        return done.stdout


class PrivateSwarm:
    """So many engines, the first of which manages the others."""

    def __init__(self, count: int = 3) -> None:
        self._stack = ExitStack()
        self.network = Network(count)
        self._stack.callback(self.network.close)
        self._stack.callback(self._stop_engines)
        self.nodes: list[Node] = []
        for number, space in enumerate(self.network.nodes, 1):
            engine = PrivateEngine(arguments=SOCKET_OPTIONS, before=partial(own_host, space))
            self.nodes.append(Node(number, engine, space, self.network.address(number)))

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def manager(self) -> Node:
        """The node that manages the others."""
        return self.nodes[0]

    def start(self) -> None:
        """Start the engines, all at once, and have them join."""
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            list(pool.map(lambda node: node.engine.start(), self.nodes))
        first = self.manager.address
        self._post(self.manager, "/swarm/init", {"ListenAddr": f"{first}:2377", "AdvertiseAddr": first})
        token = self._get("/swarm")["JoinTokens"]["Worker"]
        for node in self.nodes[1:]:
            said = {
                "ListenAddr": f"{node.address}:2377",
                "AdvertiseAddr": node.address,
                "RemoteAddrs": [f"{first}:2377"],
                "JoinToken": token,
            }
            self._post(node, "/swarm/join", said)
        self.wait_ready(len(self.nodes))

    def stop(self) -> None:
        """End all of it, and leave nothing behind."""
        self._stack.close()

    def _stop_engines(self) -> None:
        with ThreadPoolExecutor(len(self.nodes) or 1) as pool:
            list(pool.map(lambda node: node.engine.stop(), self.nodes))

    def states(self) -> Mapping[str, str]:
        """What the manager says of each node."""
        return {each["Description"]["Hostname"]: each["Status"]["State"] for each in self._get("/nodes")}

    def wait_ready(self, count: int) -> None:
        """Wait until the manager calls so many nodes ready."""
        deadline = time.monotonic() + _JOINED_WITHIN
        while sum(state == "ready" for state in self.states().values()) != count:
            if time.monotonic() > deadline:
                raise EngineMissingError(f"the Swarm does not come together: {self.states()}")
            time.sleep(0.1)

    def docker(self, *arguments: str, folder: Path, **environ: str) -> str:
        """What the command line says, asked at the manager."""
        named = {"DOCKER_HOST": self.manager.docker_host, "DOCKER_CONFIG": str(folder), **environ}
        done = subprocess.run(
            (str(command_line()), *arguments),
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | named,
            cwd=folder,
        )
        if done.returncode:
            raise EngineMissingError(f"docker {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def tasks(self, service: str) -> Sequence[Mapping[str, Any]]:
        """What the manager says of the tasks of a service that are to run."""
        filters = json.dumps({"service": [service], "desired-state": ["running"]})
        query = urlencode({"filters": filters})
        tasks: list[Mapping[str, Any]] = self._get(f"/tasks?{query}")
        return tasks

    def _get(self, path: str) -> Any:
        return json.loads(engine_api.call(self.manager.docker_host, "GET", path))

    def _post(self, node: Node, path: str, body: Mapping[str, object]) -> None:
        engine_api.call(node.docker_host, "POST", path, json.dumps(body).encode(), timeout=60.0)


def command_line() -> Path:
    """Docker's own command line; Debian's engine brings it along."""
    found = shutil.which("docker", path=engine_files().environment["PATH"])
    if found is None:
        raise EngineMissingError("there is no docker command line; on Debian: apt-get install docker.io")
    return Path(found)
