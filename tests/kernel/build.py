"""A ``/proc`` of plain files, as the kernel would show it."""

from pathlib import Path

KIB = 1024
RELEASE = "6.1.0-test"


class FakeProc:
    """The files of a host, below a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write("sys/kernel/osrelease", f"{RELEASE}\n")
        self.write("sys/kernel/hostname", "host-a\n")
        self.memory(16_000, 8_000)
        self.process(1, 0)

    def write(self, name: str, text: str) -> None:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def memory(self, total: int, available: int) -> None:
        """In KiB, as the kernel counts them."""
        lines = {"MemTotal": total, "MemFree": 1, "MemAvailable": available, "Buffers": 2}
        self.write("meminfo", "".join(f"{key + ':':<16}{value:>8} kB\n" for key, value in lines.items()))

    def process(
        self,
        pid: int,
        parent: int,
        cgroup: str = "0::/\n",
        *,
        state: str = "S",
        threads: int = 1,
        name: str = "prog",
        began: float = 47.11,
    ) -> None:
        """A process; ``cgroup`` is the text of its cgroup file, ``began`` seconds after the host did."""
        middle = " ".join(["0"] * 15)
        self.write(
            f"{pid}/stat", f"{pid} ({name}) {state} {parent} {middle} {threads} 0 {began * 100:.0f} 0\n"
        )
        self.write(f"{pid}/cgroup", cgroup)

    def zombie(self, pid: int, parent: int, cgroup: str = "0::/\n") -> None:
        self.process(pid, parent, cgroup, state="Z")


def v1(container: str) -> str:
    """The cgroup file of a process of a container on version 1."""
    return f"12:pids:/docker/{container}\n4:memory:/docker/{container}\n0::/system.slice/docker.service\n"


def v2(container: str) -> str:
    """The same on version 2, with the systemd driver."""
    return f"0::/system.slice/docker-{container}.scope\n"
