"""The shipped Compose file on an engine of its own: brought up by docker-compose, asked as people ask it.

The file is used as it stands, from where it lies. The engine has a host of its own for all that it can see:
the ports of the file are fixed. What should come of it is said by the tests.
"""

import json
import re
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from docker import APIClient

from tests.real.waiting import until
from tools.deployment import compose
from tools.engine_files import CHECKOUT
from tools.engine_host import SOCKET_OPTIONS, own_host
from tools.image.making import IMAGE, load_image
from tools.patience import patient
from tools.private_engine import PrivateEngine
from tools.program_images import ALERTMANAGER, HAPROXY, PROMETHEUS, load_program, programs
from tools.swarm_network import Namespace

FOLDER: Final = CHECKOUT / "deploy/compose"
SERVICES: Final = ("socket-proxy", "monitor", "prometheus", "alertmanager")
"""All but Grafana, which is in no registry that can be reached."""
STARTS_WITHIN: Final = 60.0
_SET: Final = {
    "REACTOR_IMAGE": IMAGE,
    "HAPROXY_IMAGE": HAPROXY,
    "PROMETHEUS_IMAGE": PROMETHEUS,
    "ALERTMANAGER_IMAGE": ALERTMANAGER,
    "GRAFANA_PASSWORD": "none-is-begun",
}
_FOREIGN: Final = re.compile(r"DOCKER_|COMPOSE_|\w+_IMAGE$|ENGINE_SOCKET_FOLDER$")
_ASK: Final = (
    "import sys, urllib.request as u; sys.stdout.write(u.urlopen(sys.argv[1], timeout=10).read().decode())"
)
_SYS_RESOURCE: Final = 24


class Composed:
    """The services on their engine. ``folder`` is for what stands beside the file here."""

    def __init__(self, engine: PrivateEngine, space: Namespace, folder: Path) -> None:
        self.docker_host = engine.docker_host
        self._space = space
        self._folder = folder
        self._client = APIClient(base_url=engine.docker_host, timeout=patient(120))

    def close(self) -> None:
        """Let go of the engine; the services end with it."""
        self._client.close()

    def compose(self, *arguments: str) -> None:
        """Carry out a command of docker-compose on the shipped file."""
        program = compose()
        kept = {name: value for name, value in program.environment.items() if not _FOREIGN.match(name)}
        named = {"DOCKER_HOST": self.docker_host, "DOCKER_CONFIG": str(self._folder)}
        # Somebody may have a file .env beside the shipped one.
        nothing = self._folder / "nothing.env"
        nothing.touch()
        files = ("--env-file", str(nothing), "-f", str(FOLDER / "compose.yaml"), *self._allowed_here())
        done = subprocess.run(
            (*program.command, "--project-name", "reactor", *files, *arguments),
            env=kept | _SET | named, capture_output=True, text=True, check=False, timeout=patient(180),
        )  # fmt: skip
        assert done.returncode == 0, f"docker-compose {' '.join(arguments)}: {done.stderr}"

    def up(self, *services: str) -> None:
        """Bring them up with all that they depend on, and wait until the monitor is ready."""
        self.compose("up", "-d", *services)
        until(lambda: self.ask(9710, "/-/ready"), STARTS_WITHIN, "the monitor is ready")

    def container(self, service: str) -> str:
        """The one container of a service; empty if there is none."""
        (*found,) = self._client.containers(
            all=True, filters={"label": f"com.docker.compose.service={service}"}
        )
        assert len(found) <= 1, f"several containers of {service}"
        return str(found[0]["Id"]) if found else ""

    def inspect(self, service: str) -> Mapping[str, Any]:
        """What the engine says of it."""
        said: Mapping[str, Any] = self._client.inspect_container(self.container(service))
        return said

    def says(self, *command: str) -> tuple[int, str]:
        """Run a program in the monitor's container: its exit code, and what it printed."""
        made = self._client.exec_create(self.container("monitor"), list(command))
        said = self._client.exec_start(made["Id"]).decode()
        return self._client.exec_inspect(made["Id"])["ExitCode"], said

    def ended_with(self, container: str) -> int:
        """Wait until a container has ended, and return its exit code."""
        return int(self._client.wait(container, timeout=patient(120))["StatusCode"])

    def log(self, service: str) -> str:
        """All that a service wrote."""
        return str(self._client.logs(self.container(service)).decode(errors="replace"))

    def ask(self, port: int, path: str) -> str:
        """What is answered at a published port, asked on the engine's host; empty if nothing is."""
        command = (*self._space.before, sys.executable, "-S", "-c", _ASK, f"http://127.0.0.1:{port}{path}")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout if done.returncode == 0 else ""

    def prometheus(self, path: str) -> Mapping[str, Any]:
        """The data that Prometheus answers with; nothing where it does not answer."""
        answer = self.ask(9090, f"/api/v1/{path}")
        data: Mapping[str, Any] = json.loads(answer)["data"] if answer else {}
        return data

    def metric(self, name: str, *labels: str) -> float:
        """The sum of the monitor's samples of this name with these labels, such as ``mode="write"``."""
        lines = [line for line in self.ask(9710, "/metrics").splitlines() if re.match(rf"{name}[ {{]", line)]
        return sum(float(line.split()[-1]) for line in lines if all(each in line for each in labels))

    def _allowed_here(self) -> Sequence[str]:
        """A second file where root may not do all that the first asks for: two limits are this host's."""
        if may_raise_limits():
            return ()
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        (self._folder / "here.yaml").write_text(
            f"version: '3.8'\nservices: {{monitor: {{oom_score_adj: 0, ulimits: {{nofile: {most}}}}}}}\n"
        )
        return ("-f", str(self._folder / "here.yaml"))


def may_raise_limits() -> bool:
    """Whether root here may lower an OOM score and raise limits; in a sandbox it may not have that right."""
    (said,) = re.findall(r"CapEff:\s+(\w+)", Path("/proc/self/status").read_text())
    return bool(int(said, 16) >> _SYS_RESOURCE & 1)


@contextmanager
def composed(folder: Path) -> Iterator[Composed]:
    """The engine with its images; nothing is up yet."""
    space = Namespace("compose")
    try:
        space.ip("link", "set", "lo", "up")
        with PrivateEngine(arguments=SOCKET_OPTIONS, before=partial(own_host, space)) as engine:
            _load(engine)
            with closing(Composed(engine, space, folder)) as found:
                yield found
    finally:
        space.close()


def _load(engine: PrivateEngine) -> None:
    engine.import_busybox()
    with ThreadPoolExecutor(2) as pool:
        reactor = pool.submit(load_image, engine.docker_host)
        list(pool.map(partial(load_program, engine.docker_host), programs()))
        reactor.result()
