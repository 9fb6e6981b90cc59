"""Hosts of plain files: trees of cgroups of both versions, and the processes in them."""

from collections.abc import Mapping
from pathlib import Path

from reactor.cgroups.finding import Home, NotFound, find
from reactor.cgroups.mounts import Trees, look_for_trees
from reactor.core.container import ContainerId, Run
from tests.core.build import cid, started

MIB = 1024 * 1024
NO_LIMIT_V1 = 9223372036854771712


def run_of(number: int, second: int = 0) -> Run:
    return Run(cid(number), started(second))


def v1_files(
    pids: int = 3, usage: int = 5 * MIB, inactive: int = MIB, cpu: int = 7_000_000
) -> dict[str, dict[str, str]]:
    """The files of a container on version 1, by controller."""
    return {
        "pids": {
            "pids.current": f"{pids}\n",
            "pids.peak": f"{pids + 4}\n",
            "pids.max": "256\n",
            "pids.events": "max 2\n",
        },
        "memory": {
            "memory.usage_in_bytes": f"{usage}\n",
            "memory.max_usage_in_bytes": f"{usage + MIB}\n",
            "memory.limit_in_bytes": f"{NO_LIMIT_V1}\n",
            "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
            "memory.stat": f"cache 1\ninactive_file 4096\nactive_file 9\ntotal_inactive_file {inactive}\n",
        },
        "cpuacct": {"cpuacct.usage": f"{cpu}\n"},
        "freezer": {"freezer.state": "THAWED\n"},
    }


def v2_files(pids: int = 3, usage: int = 5 * MIB, inactive: int = MIB, cpu: int = 7_000) -> dict[str, str]:
    """The files of a container on version 2."""
    return {
        "pids.current": f"{pids}\n",
        "pids.peak": f"{pids + 4}\n",
        "pids.max": "max\n",
        "pids.events": "max 2\n",
        "memory.current": f"{usage}\n",
        "memory.peak": f"{usage + MIB}\n",
        "memory.max": f"{64 * MIB}\n",
        "memory.events": "low 0\nhigh 3\nmax 4\noom 5\noom_kill 1\noom_group_kill 0\n",
        "memory.stat": f"anon 1\nfile 2\ninactive_anon 7\ninactive_file {inactive}\n",
        "cpu.stat": f"usage_usec {cpu}\nuser_usec 1\nsystem_usec 2\n",
        "cgroup.events": "populated 1\nfrozen 0\n",
    }


class FakeHost:
    """A host below a folder: its trees, and its ``/proc``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.proc = path / "proc"
        self.proc.mkdir()

    def write(self, folder: str, files: Mapping[str, str]) -> Path:
        place = self.path / folder.strip("/")
        place.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (place / name).write_text(text)
        return place

    def process(self, pid: int, cgroup: str) -> None:
        self.write(f"proc/{pid}", {"cgroup": cgroup})

    def trees(self) -> Trees:
        (self.proc / "mountinfo").write_text("".join(self.mountinfo()))
        return look_for_trees(self.proc / "mountinfo")

    def mountinfo(self) -> list[str]:
        raise NotImplementedError

    def find(self, run: Run, pid: int = 0, parent: str = "") -> Home | NotFound:
        return find(self.trees(), run, pid, parent=parent, proc=self.proc)

    def found(self, run: Run, pid: int = 0, parent: str = "") -> Home:
        home = self.find(run, pid, parent)
        assert isinstance(home, Home), home
        return home


class HostV1(FakeHost):
    """Version 1, with a tree of version 2 beside it that has no controllers, as this is often found."""

    CONTROLLERS = ("pids", "memory", "cpuacct", "freezer")

    def mountinfo(self) -> list[str]:
        lines = [f"{30 + n} 23 0:{30 + n} / {self.path}/{each} rw - cgroup cgroup rw,{each}\n"
                 for n, each in enumerate(self.CONTROLLERS)]  # fmt: skip
        (self.path / "unified").mkdir(exist_ok=True)
        return [*lines, f"50 23 0:50 / {self.path}/unified rw - cgroup2 cgroup2 rw\n"]

    def container(self, path: str, pid: int = 0, **changes: int) -> None:
        """A container's cgroups, and its first process if it has a number."""
        for controller, files in v1_files(**changes).items():
            self.write(f"{controller}{path}", files)
        self.write(f"unified{path}", {"cgroup.events": "populated 1\nfrozen 0\n"})
        if pid:
            lines = [f"{n}:{each}:{path}\n" for n, each in enumerate(self.CONTROLLERS, 1)]
            self.process(pid, "".join(lines) + f"0::{path}\n")


class HostV2(FakeHost):
    """Version 2 alone."""

    def mountinfo(self) -> list[str]:
        self.write("tree", {"cgroup.controllers": "cpuset cpu io memory pids\n", "cgroup.procs": ""})
        return [f"30 23 0:27 / {self.path}/tree rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"]

    def container(self, path: str, pid: int = 0, **changes: int) -> None:
        """A container's cgroup, and its first process if it has a number."""
        self.write(f"tree{path}", v2_files(**changes))
        if pid:
            self.process(pid, f"0::{path}\n")


def scope(container: ContainerId, prefix: str = "docker-") -> str:
    """The name of a container's cgroup by systemd."""
    return f"{prefix}{container}.scope"
