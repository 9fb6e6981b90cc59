"""The processes of a container, as the kernel shows them to whoever shares the host's process ids.

Only reading ``/proc`` and the cgroup's own list belongs here. It blocks: a command line is read from the
memory of its process, and one that hangs lets its readers hang. So it is called in a thread of its own.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from reactor.core.container import ContainerId
from reactor.core.evidence import Process

PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")
LONGEST = 300
"""Bytes of a command line that are read."""
_CGROUP_SIZE, _LIST_SIZE = 8192, 65_536


def processes_of(
    container: ContainerId,
    pid: int,
    most: int,
    *,
    until: float,
    proc: Path = PROC,
    cgroups: Path = CGROUPS,
    now: Callable[[], float] = time.monotonic,
) -> tuple[tuple[Process, ...], bool] | None:
    """At most so many, and whether there are more; None where none can be seen.

    ``pid`` is that of the container's first process as the engine says it. A process belongs to a container
    if the file of its cgroup names the full id: one that got an old process's number meanwhile does not.
    """
    found: list[Process] = []
    for number in _candidates(container, pid, proc, cgroups):
        if now() > until:
            return (tuple(found), True) if found else None
        if not _belongs(proc / str(number), container):
            continue
        if len(found) == most:
            return tuple(found), True
        process = _process(number, proc)
        if process.name:
            found.append(process)
    return (tuple(found), False) if found else None


def _candidates(container: ContainerId, pid: int, proc: Path, cgroups: Path) -> Iterable[int]:
    """The ids that the cgroup lists; where that cannot be read, all that there are."""
    listed = list(_listed(container, pid, proc, cgroups)) if pid > 0 else []
    return listed or _all(proc)


def _listed(container: ContainerId, pid: int, proc: Path, cgroups: Path) -> Iterator[int]:
    for line in _read(proc / str(pid) / "cgroup", _CGROUP_SIZE).splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if container not in path or ".." in path:
            continue
        # The unified hierarchy has no name in that file; each of the older ones has a folder of its own.
        text = _read(cgroups / controllers / path.lstrip("/") / "cgroup.procs", _LIST_SIZE)
        numbers = [int(number) for number in text.split() if number.isascii() and number.isdigit()]
        if numbers:
            yield from numbers
            return


def _all(proc: Path) -> Iterator[int]:
    try:
        with os.scandir(proc) as entries:
            yield from (int(each.name) for each in entries if each.name.isascii() and each.name.isdigit())
    except OSError:
        return


def _belongs(place: Path, container: ContainerId) -> bool:
    return container in _read(place / "cgroup", _CGROUP_SIZE)


def _process(number: int, proc: Path) -> Process:
    place = proc / str(number)
    command = _read(place / "cmdline", LONGEST).replace("\0", " ").strip()
    return Process(number, _read(place / "comm", 64).strip(), command)


def _read(path: Path, most: int) -> str:
    """The beginning of a file; empty where it cannot be read, as that of a process which has just ended."""
    try:
        with path.open("rb", buffering=0) as file:
            return (file.read(most) or b"").decode(errors="backslashreplace")
    except OSError:
        return ""
