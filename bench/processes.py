"""What processes cost, as the kernel counts it: threads, memory, CPU time.

Only reading ``/proc`` belongs here. A process that ends takes its numbers along, so whoever wants
a total looks often enough; the last look counts.
"""

import os
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

TICK = 1 / os.sysconf("SC_CLK_TCK")
PEER = struct.Struct("3i")


@dataclass(frozen=True, slots=True)
class Usage:
    """One process at one moment. ``peak`` is the largest resident memory so far, in bytes."""

    threads: int
    peak: int
    cpu: float


def usage(pid: int) -> Usage | None:
    """What a process uses; None when it is gone."""
    with suppress(OSError, KeyError):
        status = dict(
            line.split(":\t", 1)
            for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            if ":\t" in line
        )
        cpu = cpu_seconds(Path(f"/proc/{pid}/stat").read_text())
        return Usage(int(status["Threads"]), int(status["VmHWM"].split()[0]) * 1024, cpu)
    return None


def cpu_seconds(stat: str) -> float:
    """User and system time in a line of ``/proc/PID/stat``; the name in it may hold anything."""
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK


def name_in(stat: str) -> str:
    """The program's name in such a line, at most 15 characters of it."""
    return stat.partition("(")[2].rpartition(")")[0]


class EngineCost:
    """CPU seconds of the daemon, of containerd and of the shims of some containers, since it was made."""

    def __init__(self, docker_host: str, containers: Iterable[str]) -> None:
        self._first: dict[int, float] = {}
        self._last: dict[int, float] = {}
        self._names: dict[int, str] = {}
        daemon = _listener(docker_host)
        if daemon is None or _name(daemon) != "dockerd":
            return
        for pid in (daemon, *_containerd(daemon), *_shims(frozenset(containers))):
            self._names[pid] = _name(pid)
        self.look()
        self._first = dict(self._last)

    def look(self) -> dict[str, float]:
        """Take all numbers anew and return the seconds so far, by program."""
        for pid, name in self._names.items():
            with suppress(OSError):
                stat = Path(f"/proc/{pid}/stat").read_text()
                # The number of a process that has ended may have gone to another one.
                if name_in(stat) == name:
                    self._last[pid] = cpu_seconds(stat)
        return self._by_program()

    def _by_program(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for pid, seconds in self._last.items():
            program = "shims" if self._names[pid].startswith("containerd-shim") else self._names[pid]
            found[program] = found.get(program, 0.0) + seconds - self._first.get(pid, 0.0)
        return found


def _listener(docker_host: str) -> int | None:
    """Who listens at this address, if it is a unix socket."""
    address = urlsplit(docker_host)
    if address.scheme != "unix":
        return None
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address.path)
        pid: int = PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size))[0]
    return pid


def _containerd(daemon: int) -> list[int]:
    """The daemon's own containerd, or the only one of the host."""
    every = [pid for pid in _pids() if _name(pid) == "containerd"]
    own = [pid for pid in every if _parent(pid) == daemon]
    return own or (every if len(every) == 1 else [])


def _shims(containers: frozenset[str]) -> list[int]:
    shims = [pid for pid in _pids() if _name(pid).startswith("containerd-shim")]
    return [pid for pid in shims if not containers.isdisjoint(_arguments(pid))]


def _pids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def _name(pid: int) -> str:
    with suppress(OSError):
        return name_in(Path(f"/proc/{pid}/stat").read_text())
    return ""


def _parent(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def _arguments(pid: int) -> list[str]:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    return []
