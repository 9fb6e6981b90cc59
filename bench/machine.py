"""What the figures were measured on."""

import os
import platform
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version as installed
from pathlib import Path

import docker

FOREIGN_FOR = 3.0


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine, the engine on it, and when; ``foreign`` is what others use of it, in cores."""

    date: str
    cores: int
    memory: int
    kernel: str
    engine: str
    api: str
    cgroup: str
    python: str
    sdk: str
    load: float
    foreign: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.date}: {self.cores} cores, {self.memory / 2**30:.0f} GiB, Linux {self.kernel}, "
            f"engine {self.engine} (API {self.api}), cgroup v{self.cgroup}, "
            f"Python {self.python}, docker SDK {self.sdk}; load before the run {self.load:.1f}"
        )


def describe(docker_host: str) -> Machine:
    """Look at this machine, and ask the engine."""
    client = docker.APIClient(base_url=docker_host, timeout=30)
    try:
        version, info = client.version(), client.info()
    finally:
        client.close()
    return Machine(
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        cores=os.cpu_count() or 0,
        memory=int(info["MemTotal"]),
        kernel=platform.release(),
        engine=str(version["Version"]),
        api=str(version["ApiVersion"]),
        cgroup=str(info.get("CgroupVersion", "?")),
        python=platform.python_version(),
        sdk=installed("docker"),
        load=os.getloadavg()[0],
    )


def foreign(seconds: float = FOREIGN_FOR) -> float:
    """How many cores are busy while we do nothing: by others, the hypervisor among them.

    A load average will not do: it remembers our own last run for minutes.
    """
    before = _busy()
    time.sleep(seconds)
    return max(0.0, _busy() - before) / os.sysconf("SC_CLK_TCK") / seconds


def _busy() -> int:
    """Ticks in which a core was not idle, since the machine was started."""
    # After "cpu": user, nice, system, idle, iowait, irq, softirq, steal; what follows is in these already.
    ticks = [int(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _idle, _waiting, *others = ticks
    return user + nice + system + sum(others)
