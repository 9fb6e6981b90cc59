"""A container that turns bad when it is told to, and the moment at which it does.

The order comes as a signal to its first process, past the engine, so that the engine has nothing
to do with it. The moment is read from the kernel's count of its processes. What is done to the
container afterwards belongs elsewhere.
"""

import os
import signal
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bench.clock import now
from bench.records import Breach
from tools.engine_cgroups import cgroup_roots

THRESHOLD: Final = 200
PROCESSES: Final = 230
"""What a victim that has turned bad consists of, its shell among them."""
# Waits for the signal with one child, then forks well beyond the threshold and stays there: below its own
# limit of 256, so that all of its kind look the same to the kill.
_SCRIPT: Final = (
    "trap : USR1; sleep 1000000 & wait $!; "
    f"i=1; while [ $i -lt {PROCESSES - 1} ]; do sleep 1000000 & i=$((i+1)); done; wait"
)
COMMAND: Final = ("sh", "-c", _SCRIPT)
LOOK_EVERY: Final = 0.0004
"""Seconds of sleep between two looks; with what a look takes, about two thousand a second."""
BREACHES_WITHIN: Final = 30.0


class NotOnThisHost(Exception):
    """The processes of this engine's containers cannot be seen from here."""


class DidNotBreach(Exception):
    """A victim was told to turn bad and did not."""


class Victim:
    """One victim that runs; leaving the ``with`` block lets go of its files, not of the container."""

    def __init__(self, container: str, pid: int) -> None:
        self.container = container
        self._count = os.open(_count_file(container, pid), os.O_RDONLY)
        self._process = os.pidfd_open(pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        os.close(self._count)
        os.close(self._process)

    def turn_bad(self) -> Breach:
        """Give the order, and wait until the kernel counts more processes than are allowed."""
        deadline = now() + BREACHES_WITHIN
        before = now()
        signal.pidfd_send_signal(self._process, signal.SIGUSR1)
        while before < deadline:
            time.sleep(LOOK_EVERY)
            count = int(os.pread(self._count, 32, 0))
            at = now()
            if count > THRESHOLD:
                return Breach(at, at - before)
            before = at
        raise DidNotBreach(f"{self.container[:12]} has {count} processes after {BREACHES_WITHIN:g} s")


def _count_file(container: str, pid: int) -> Path:
    """The file with the number of processes in the container, found through its first process."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError as error:
        raise NotOnThisHost(f"process {pid} of a container cannot be seen") from error
    roots = cgroup_roots()
    for line in lines:
        _, controllers, path = line.split(":", 2)
        wanted = "pids" in controllers.split(",") or (not controllers and "pids" not in roots)
        if wanted and container in path:
            root = roots["pids"] if controllers else roots["unified"]
            return root / path.lstrip("/") / "pids.current"
    raise NotOnThisHost(f"process {pid} of this host does not belong to a container of this engine")
