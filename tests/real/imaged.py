"""A monitor out of the image, in a container beside those that it watches.

Both levels are here as the engine is asked for them. What such a monitor does is each test's own part.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

from tests.real.monitor import SHIPPED_RULES
from tests.real.scene import Scene
from tests.real.waiting import InVain, until
from tests.tooling.containers import Containers
from tools.image.making import IMAGE, load_image
from tools.private_engine import PrivateEngine

GROUP = 64242
"""Of the engine's socket, and of nobody else."""
USER = 65532
STARTS_WITHIN = 40.0
_SECOND = 1_000_000_000
CHECK = {"interval": _SECOND // 2, "timeout": 30 * _SECOND, "retries": 1, "start_period": 30 * _SECOND}
"""The image's own check, asked more often than that."""
_DOOR = "/run/engine"


@dataclass(frozen=True, slots=True)
class House:
    """An engine that has the image, and whose socket lies in a folder of its own."""

    engine: PrivateEngine
    door: Path

    @property
    def socket(self) -> str:
        """The socket in its folder, by which the monitor reaches the engine."""
        return f"unix://{self.door}/docker.sock"


@contextmanager
def open_house() -> Iterator[House]:
    """Such an engine, whose containers outlive it."""
    # A path of a socket is short, and what pytest gives is not.
    door = Path(tempfile.mkdtemp(prefix="reactor-door-", dir="/tmp"))
    door.chmod(0o755)
    arguments = ("--host", f"unix://{door}/docker.sock", "--group", str(GROUP))
    try:
        with PrivateEngine(live_restore=True, arguments=arguments) as engine:
            engine.import_busybox()
            load_image(engine.docker_host)
            yield House(engine, door)
    finally:
        shutil.rmtree(door)


def least(house: House, folder: Path, **more: Any) -> dict[str, Any]:
    """No root, no capability, nothing to write to but its state, and nothing of the host's but one folder."""
    folder.chmod(0o755)
    return {
        "image": IMAGE,
        "user": f"{USER}:{USER}",
        "group_add": [str(GROUP)],
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "tmpfs": {"/run/reactor": f"uid={USER},gid={USER},mode=0700"},
        "volumes": _volumes({house.door: (_DOOR, "ro"), folder: ("/etc/reactor", "ro")}),
        "environment": {"DOCKER_HOST": f"unix://{_DOOR}/docker.sock"},
        **more,
    }


def full(house: House, folder: Path, **more: Any) -> dict[str, Any]:
    """What the fast lane and containment take, and no more than that."""
    state, slip = folder / "state", Path(tempfile.mkdtemp(prefix="reactor-slip-", dir="/dev/shm"))
    state.mkdir(mode=0o700)
    options = least(house, folder)
    host = {Path("/sys/fs/cgroup"): ("/host/cgroup", "rw"), state: ("/var/lib/reactor", "rw")}
    return {
        **options,
        "user": "0:0",
        "pid_mode": "host",
        "cgroupns": "host",
        "cap_add": ["KILL", "SYS_NICE", "DAC_OVERRIDE", "SYSLOG"],
        "tmpfs": {},
        "volumes": {**options["volumes"], **_volumes({**host, slip: ("/run/reactor", "rw")})},
        "devices": ["/dev/kmsg:/dev/kmsg:r"] if Path("/dev/kmsg").exists() else [],
        **more,
    }


def _volumes(mounts: Mapping[Path, tuple[str, str]]) -> dict[str, dict[str, str]]:
    return {str(path): {"bind": bind, "mode": mode} for path, (bind, mode) in mounts.items()}


class Lodger:
    """One monitor in its container. ``told`` is its configuration, ``rules`` its rules, as texts."""

    def __init__(self, scene: Scene, options: Mapping[str, Any], *, rules: str = "", told: str = "") -> None:
        self._containers: Containers = scene.containers
        rules = rules or (SHIPPED_RULES / "safety.yaml").read_text()
        for name, text in (("rules.yaml", rules), ("config.yaml", scene.config(told))):
            (scene.folder / name).write_text(text)
        command = ("run", "--rules", "/etc/reactor/rules.yaml", "--config", "/etc/reactor/config.yaml")
        self.id = self._containers.run((*command, "--log-format", "json"), **options)
        self._slips = [path for path in options["volumes"] if path.startswith("/dev/shm/")]

    def __enter__(self) -> Self:
        try:
            self.wait_ready()
        except BaseException:
            # Nobody calls our end when the beginning fails.
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._containers.client.api.remove_container(self.id, force=True, v=True)
        for path in self._slips:
            shutil.rmtree(path)

    def wait_ready(self, starts: int = 1) -> None:
        """Wait until it has begun so often, and says that it is ready when it is asked in its container."""
        try:
            # A look into the log costs less than a program in the container.
            until(lambda: len(self.said("in force")) >= starts, STARTS_WITHIN, "it begins")
            until(partial(self.says, "health", "--ready"), STARTS_WITHIN, "it is ready")
        except InVain as vain:
            raise AssertionError(f"{vain}; {self.state['Status']}; {self.log()[-1500:]}") from None

    def says(self, *command: str) -> bool:
        """Whether a command of the program in this container ends well."""
        return not self.exec(*command)[0]

    def exec(self, *command: str) -> tuple[int, str]:
        """Run a command of the program in this container: its exit code, and what it printed."""
        if not self.state["Running"]:
            return -1, self.log()[-1500:]
        api = self._containers.client.api
        made = api.exec_create(self.id, ["reactor", *command])
        said = api.exec_start(made["Id"]).decode()
        return api.exec_inspect(made["Id"])["ExitCode"], said

    @property
    def state(self) -> dict[str, Any]:
        """How the engine says that it is."""
        state: dict[str, Any] = self._containers.inspect(self.id)["State"]
        return state

    def wait_health(self, status: str) -> None:
        """Wait until its health check says so."""
        try:
            until(lambda: self.state["Health"]["Status"] == status, STARTS_WITHIN, f"it is {status}")
        except InVain as vain:
            raise AssertionError(f"{vain}; {self.state}; {self.log()[-1500:]}") from None

    def log(self) -> str:
        """All that it wrote."""
        return str(self._containers.client.api.logs(self.id).decode())

    def said(self, message: str) -> list[dict[str, Any]]:
        """The lines of its log with this message."""
        lines = [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("msg") == message]

    def noticed_a_cut(self) -> bool:
        """Whether the event stream ended for it, however soon it had another one."""
        said = "the event stream ended and is opened again", "the event stream is lost"
        return any(self.said(each) for each in said)

    def processes(self) -> tuple[int, int]:
        """The first process of its container, and its child, the monitor, as this host numbers them."""
        first = int(self.state["Pid"])
        # Its only child: a health check has its parent outside.
        (monitor,) = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return first, int(monitor)
