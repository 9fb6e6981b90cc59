"""The shipped stack on a real Swarm of three: deployed by Docker's own command line, asked as people ask it.

Belongs here: images and files for it, and what a node, a task or Prometheus says. Only times are shorter than
those that are shipped. What should come of it is said by the tests.
"""

import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import docker
import docker.errors
from docker.types import ContainerSpec, Placement, RestartPolicy, ServiceMode, TaskTemplate

from tests.real.waiting import until
from tools import engine_api
from tools.engine_files import CHECKOUT
from tools.image.base import base
from tools.image.making import IMAGE, image_archive
from tools.observers import prometheus
from tools.patience import patient
from tools.private_engine import TEST_IMAGE
from tools.swarm import Node, PrivateSwarm

PROMETHEUS: Final = "prometheus:test"
STACK: Final = "reactor"
STARTS_WITHIN: Final = 60.0
_FOLDER: Final = "deploy/swarm"
_SHORTER: Final = {
    # Many retries: on a busy machine a check takes long, and Swarm would replace a monitor that is well.
    "reactor-stack.yaml": {
        "interval: 10s": "interval: 1s",
        "retries: 3": "retries: 60",
        "delay: 5s}": "delay: 500ms}",
    },
    "prometheus.yaml": {"interval: 15s": "interval: 1s", "refresh_interval: 10s": "refresh_interval: 1s"},
    "reactor.yaml": {},
}
_ASK: Final = (
    "import sys, urllib.request as u; sys.stdout.write(u.urlopen(sys.argv[1], timeout=10).read().decode())"
)


class Stack:
    """The stack on its Swarm. ``folder`` holds the files that were deployed."""

    def __init__(self, swarm: PrivateSwarm, folder: Path) -> None:
        self.swarm = swarm
        self._folder = folder

    def deploy(self, rules: str, config: str) -> None:
        """Deploy it as docs/swarm.md says, with these rules, and wait until all of it runs."""
        _copy(self._folder, rules, config)
        self.swarm.docker(
            *("stack", "deploy", "--resolve-image", "never"),
            *("-c", str(self._folder / _FOLDER / "reactor-stack.yaml"), STACK),
            folder=self._folder,
            REACTOR_IMAGE=IMAGE,
            PROMETHEUS_IMAGE=PROMETHEUS,
            REACTOR_SOCKET_GID="0",
        )
        until(lambda: self.watched() == {1, 2, 3}, STARTS_WITHIN, "a monitor runs on each node")
        until(self.ready, STARTS_WITHIN, "all monitors are ready")

    def watched(self) -> set[int]:
        """The nodes on which the manager says that a monitor runs, one by one."""
        tasks = [each for each in self._tasks("reactor") if each["Status"]["State"] == "running"]
        return {self._number(each["NodeID"]) for each in tasks}

    def ready(self) -> bool:
        """Whether each node has one monitor, which is ready when it is asked there.

        On a node that comes back the next one may begin before the one before has gone.
        """
        return all(
            len(self._monitors(node)) == 1 and self.says(node, "health", "--ready") is not None
            for node in self.swarm.nodes
        )

    def monitor(self, node: Node) -> str:
        """The one container of a monitor that runs on this node; empty if there is none."""
        found = self._monitors(node)
        assert len(found) <= 1, "two monitors on one node"
        return found[0] if found else ""

    def says(self, node: Node, *command: str) -> str | None:
        """What a command of the program prints in the monitor of this node; None where it fails."""
        container = self.monitor(node)
        if not container:
            return None
        with closing(docker.DockerClient(base_url=node.docker_host, timeout=patient(30))) as client:
            try:
                made = client.api.exec_create(container, ["reactor", *command])
                said = client.api.exec_start(made["Id"]).decode()
                return str(said) if client.api.exec_inspect(made["Id"])["ExitCode"] == 0 else None
            except docker.errors.APIError:
                # Swarm replaces it at this moment.
                return None

    def status(self, node: Node) -> Mapping[str, Any]:
        """``reactor status --json`` there."""
        told: Mapping[str, Any] = json.loads(self.says(node, "status", "--json") or "{}")
        return told

    def log(self, node: Node, message: str) -> list[Mapping[str, Any]]:
        """The lines of the monitor's log there with this message."""
        with closing(docker.DockerClient(base_url=node.docker_host, timeout=patient(30))) as client:
            written = client.api.logs(self.monitor(node)).decode().splitlines()
        lines = [json.loads(each) for each in written]
        return [each for each in lines if each["msg"] == message]

    def up(self) -> Mapping[str, float]:
        """``up`` of each monitor that Prometheus has found."""
        found = self._query('up{job="reactor"}')
        return {each["metric"]["instance"]: float(each["value"][1]) for each in found}

    def alerts(self) -> int:
        """How many rules for alerts Prometheus has."""
        return len(self._asked("/api/v1/rules")["groups"])

    @staticmethod
    def _monitors(node: Node) -> list[str]:
        return [
            str(each["Id"])
            for each in _get(node, "/containers/json")
            if each["Labels"].get("com.docker.swarm.service.name") == f"{STACK}_reactor"
        ]

    def _query(self, query: str) -> Sequence[Mapping[str, Any]]:
        found: Sequence[Mapping[str, Any]] = self._asked(f"/api/v1/query?query={query}")["result"]
        return found

    def _asked(self, path: str) -> Any:
        """Asked from where it runs: nothing of it is published."""
        tasks = [each for each in self._tasks("prometheus") if each["Status"]["State"] == "running"]
        if not tasks:
            return {"result": [], "groups": []}
        pid = tasks[0]["Status"]["ContainerStatus"]["PID"]
        command = ("nsenter", f"--net=/proc/{pid}/ns/net", sys.executable, "-c", _ASK)
        done = subprocess.run(
            (*command, f"http://127.0.0.1:9090{path}"), capture_output=True, text=True, check=False
        )
        return json.loads(done.stdout)["data"] if done.returncode == 0 else {"result": [], "groups": []}

    def _tasks(self, service: str) -> Sequence[Mapping[str, Any]]:
        return self.swarm.tasks(f"{STACK}_{service}")

    def _number(self, node: str) -> int:
        said = json.loads(engine_api.call(self.swarm.manager.docker_host, "GET", f"/nodes/{node}"))
        return int(said["Description"]["Hostname"].removeprefix("node-"))


@contextmanager
def service(
    swarm: PrivateSwarm, name: str, command: Sequence[str], labels: Mapping[str, str], on: str
) -> Iterator[None]:
    """A service with one task, on this node, which comes back a moment after it has ended."""
    with closing(docker.APIClient(base_url=swarm.manager.docker_host, timeout=patient(30))) as client:
        spec = ContainerSpec(TEST_IMAGE, command=list(command), labels=dict(labels))
        again, there = RestartPolicy("any", delay=500_000_000), Placement([f"node.hostname=={on}"])
        template = TaskTemplate(spec, restart_policy=again, placement=there)
        client.create_service(template, name=name, mode=ServiceMode("replicated", 1))
        try:
            yield
        finally:
            client.remove_service(name)


def load(swarm: PrivateSwarm, folder: Path) -> None:
    """Bring the images to the engines, to all at the same time: there is no registry."""
    archive = folder / "prometheus.tar"
    shutil.copy(base().archive, archive)
    with tarfile.open(archive, "a") as opened:
        opened.add(prometheus().resolve(), "bin/prometheus")
    with ThreadPoolExecutor(len(swarm.nodes)) as pool:
        list(pool.map(_load, swarm.nodes))
    with closing(docker.APIClient(base_url=swarm.manager.docker_host, timeout=patient(120))) as client:
        name, _, tag = PROMETHEUS.partition(":")
        changes = ['ENTRYPOINT ["/bin/prometheus"]']
        client.import_image_from_file(str(archive), repository=name, tag=tag, changes=changes)


def _load(node: Node) -> None:
    there = docker.DockerClient(base_url=node.docker_host, timeout=patient(120))
    with closing(there) as client, image_archive().open("rb") as opened:
        client.images.load(opened)
    node.engine.import_busybox()


def _copy(folder: Path, rules: str, config: str) -> None:
    for name in ("rules", "grafana"):
        shutil.copytree(CHECKOUT / name, folder / name)
    (folder / _FOLDER).mkdir(parents=True)
    for name, changes in _SHORTER.items():
        text = (CHECKOUT / _FOLDER / name).read_text()
        for shipped, shorter in changes.items():
            assert shipped in text, f"{shipped} is not in {name} any more"
            text = text.replace(shipped, shorter)
        (folder / _FOLDER / name).write_text(text)
    with (folder / _FOLDER / "reactor.yaml").open("a") as opened:
        opened.write(config)
    (folder / "rules/safety.yaml").write_text(rules)


def _get(node: Node, path: str) -> Any:
    return json.loads(engine_api.call(node.docker_host, "GET", path))
