"""Whose zombies there are: one look at all processes, for all containers.

A process belongs to the container whose full id its cgroup names. A zombie can have lost its
cgroup: the kernel shows the root for it on cgroup v1. Then it belongs where its parent does,
which is alive, since whoever has died has no children.
"""

import os
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from reactor.core.container import ContainerId
from reactor.kernel.memory import PROC

_ID = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_LONGEST = 16 * 1024
_KTHREADD = 2
"""The parent of all threads of the kernel itself."""
_PARENT, _THREADS = 1, 17
"""The places of what is read of ``stat``, behind the name: the state is the first."""


@dataclass(frozen=True, slots=True)
class _Process:
    """One process. A main thread that ended before the others is no zombie: nobody could reap it."""

    pid: int
    parent: int
    zombie: bool


def count_zombies(wanted: AbstractSet[ContainerId], proc: Path = PROC) -> Mapping[ContainerId, int]:
    """How many zombies each of these containers has. One of which no process can be seen is left out."""
    processes = {each.pid: each for each in _processes(proc)}
    look = _Look(processes, wanted, proc)
    counts: dict[ContainerId, int] = {}
    for each in processes.values():
        owner = look.owner(each)
        if owner is not None:
            counts[owner] = counts.get(owner, 0) + each.zombie
    return counts


class _Look:
    """One look at all processes. Each cgroup is read once."""

    def __init__(
        self, processes: Mapping[int, _Process], wanted: AbstractSet[ContainerId], proc: Path
    ) -> None:
        self._processes, self._proc = processes, proc
        self._wanted = {each.encode(): each for each in wanted}
        self._named: dict[int, ContainerId | None] = {}

    def owner(self, process: _Process) -> ContainerId | None:
        """The container that a process belongs to, if it is one of those that are wanted."""
        named = self._cgroup_of(process.pid)
        if named is not None or not process.zombie:
            return named
        seen = {process.pid}
        while named is None and process.parent in self._processes and process.parent not in seen:
            process = self._processes[process.parent]
            seen.add(process.pid)
            named = self._cgroup_of(process.pid)
        return named

    def _cgroup_of(self, pid: int) -> ContainerId | None:
        if pid not in self._named:
            self._named[pid] = self._container(_read(f"{self._proc}/{pid}/cgroup"))
        return self._named[pid]

    def _container(self, cgroup: bytes) -> ContainerId | None:
        """The outermost one that every line agrees on: what is below it was named by whoever is in it."""
        found = {self._outermost(line) for line in cgroup.splitlines()} - {None}
        return found.pop() if len(found) == 1 else None

    def _outermost(self, line: bytes) -> ContainerId | None:
        ids = (self._wanted.get(each) for each in _ID.findall(line))
        return next((each for each in ids if each is not None), None)


def _processes(proc: Path) -> Iterator[_Process]:
    for name in os.listdir(proc):  # Names are enough, and there may be ten thousand.
        if name.isascii() and name.isdigit():
            # What ended in the meantime is left out, and what is the kernel's own.
            process = _parsed(int(name), _read(f"{proc}/{name}/stat"))
            if process is not None and _KTHREADD not in (process.pid, process.parent):
                yield process


def _parsed(pid: int, stat: bytes) -> _Process | None:
    # The second field is the name of the program in brackets and may hold anything, brackets too.
    fields = stat.rpartition(b")")[2].split()
    try:
        zombie = fields[0] == b"Z" and int(fields[_THREADS]) <= 1
        return _Process(pid, int(fields[_PARENT]), zombie)
    except (IndexError, ValueError):
        return None


def _read(path: str) -> bytes:
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(file, _LONGEST)
    except OSError:
        return b""
    finally:
        os.close(file)
