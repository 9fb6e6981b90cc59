"""Lines as the kernel writes them, and a log that a test writes itself."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reactor.core.container import ContainerId
from reactor.kmsg.log import KernelLog

KERNEL, USER = 6, 14


def killed(pid: int, name: str = "sh", *, host: bool = False) -> str:
    """The line that comes for each kill."""
    whose = "Out of memory" if host else "Memory cgroup out of memory"
    sizes = "total-vm:51428kB, anon-rss:32244kB, file-rss:980kB, shmem-rss:0kB"
    return f"{whose}: Killed process {pid} ({name}) {sizes}, UID:0 pgtables:112kB oom_score_adj:0"


def named(task: str, pid: int, name: str = "sh", *, limit: str | None = None, cpuset: str = "c") -> str:
    """The line that names the cgroup; ``limit`` is that whose limit was reached, empty for the host's."""
    whose = ",global_oom" if limit == "" else f",oom_memcg={task if limit is None else limit}"
    kind = "NONE" if limit == "" else "MEMCG"
    head = f"oom-kill:constraint=CONSTRAINT_{kind},nodemask=(null),cpuset={cpuset},mems_allowed=0"
    return f"{head}{whose},task_memcg={task},task={name},pid={pid},uid=0"


def line(number: int, text: str, micros: int = 0, priority: int = KERNEL) -> bytes:
    """One record as it is read."""
    return f"{priority},{number},{micros},-;{text}\n".encode()


@dataclass
class FakeLog:
    """A log that is written by the test. A datagram is a record: one read gives one, whole."""

    writer: socket.socket
    file: int
    number: int = 0
    micros: int = 10**9
    opened: list[Path] = field(default_factory=list)

    def write(self, text: str, *, priority: int = KERNEL, skip: int = 0, later: int = 1000) -> None:
        self.number += 1 + skip
        self.micros += later
        self.writer.send(line(self.number, text, self.micros, priority))

    def open(self, path: Path) -> KernelLog:
        """As ``KernelLog.open``."""
        self.opened.append(path)
        return KernelLog(os.dup(self.file))


@contextmanager
def open_log() -> Iterator[FakeLog]:
    reader, writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with reader, writer:
        reader.settimeout(0)
        yield FakeLog(writer, reader.fileno())


def v1_path(container: ContainerId) -> str:
    return f"/docker/{container}"
