"""Whose a process is: by its cgroup while it is there, else by what the engine said of first processes.

A process that was just killed is often gone before anybody can look. Numbers of processes are used again, so
what is remembered here is believed for the time of one run only, and only where the engine and the kernel's
log number processes as we do.
"""

import math
import os
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reactor.cgroups.paths import parse_membership
from reactor.core.container import ContainerId, Run
from reactor.kmsg.kills import container_in

PROC = Path("/proc")
NOBODY = ContainerId("")
"""What is certainly in no container that an engine of ours could have made."""
MOST = 20_000
_INITIAL_PIDS: Final = "pid:[4026531836]"
"""The kernel's own number for the first of all process namespaces, in whose numbers its log is written."""
_LONGEST = 16 * 1024


def sees_host(proc: Path = PROC) -> bool:
    """Whether the processes that the log speaks of can be found here under the same numbers."""
    try:
        return os.readlink(proc / "self/ns/pid") == _INITIAL_PIDS
    except OSError:
        return False


def container_of(pid: int, proc: Path = PROC) -> ContainerId | None:
    """The container that a process is in, by the kernel's own word; None if that cannot be told.

    On version 1 the kernel shows the root for a process that is ending, but not for a tree of version 2
    beside it. So one line is enough, and two that say different things are none.
    """
    try:
        with (proc / str(pid) / "cgroup").open(encoding="utf-8", errors="replace") as file:
            lines = parse_membership(file.read(_LONGEST))
    except OSError:
        return None
    paths = {line.path.removesuffix(" (deleted)") for line in lines} - {"/"}
    found = {container_in(path) for path in paths} - {None}
    if not found:
        return NOBODY if paths else None
    return found.pop() if len(found) == 1 else None


@dataclass(slots=True)
class _First:
    run: Run
    ended_at: float = math.inf


class FirstProcesses:
    """The first processes of runs, as the engine numbered them."""

    def __init__(self, proc: Path = PROC, most: int = MOST) -> None:
        self._proc = proc
        self._most = most
        self._of: OrderedDict[int, _First] = OrderedDict()
        self._numbers: dict[Run, int] = {}
        self._proved = False

    def began(self, run: Run, pid: int) -> None:
        """The engine says that this is the first process of a run that is under way."""
        if pid <= 0:
            return
        self._drop(pid)
        self._of[pid] = _First(run)
        self._numbers[run] = pid
        if len(self._of) > self._most:
            self._drop(next(iter(self._of)))
        if not self._proved:
            # Once is enough: an engine numbers all processes alike.
            self._proved = container_of(pid, self._proc) == run.id

    def ended(self, run: Run, at: float) -> None:
        """That run is over, and its number is another's soon."""
        first = self._of.get(self._numbers.get(run, 0))
        if first is not None:
            first.ended_at = min(first.ended_at, at)

    def forget(self) -> None:
        """It may be another engine from now on."""
        self._of.clear()
        self._numbers.clear()
        self._proved = False

    def whose(self, pid: int, at: float) -> ContainerId | None:
        """The container whose first process had this number then, if the numbers are those of the log."""
        first = self._of.get(pid) if self._proved else None
        return first.run.id if first is not None and at <= first.ended_at else None

    def _drop(self, pid: int) -> None:
        first = self._of.pop(pid, None)
        if first is not None and self._numbers.get(first.run) == pid:
            del self._numbers[first.run]
