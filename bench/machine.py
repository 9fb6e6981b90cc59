"""What the figures were measured on."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version as installed

import docker


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine, the engine on it, and when."""

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
