"""What the kernel of this machine says of time: its boot, and the start of a process.

Only reading belongs here; what is made of it is in ``ages``.
"""

import os
import time
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
PROC = Path("/proc")
START_FIELD = 22
"""The number of the field in /proc/PID/stat, counted from one as proc(5) does."""


class KernelClocks:
    """The clocks of the machine that this process runs on."""

    def __init__(self, proc: Path = PROC, boot_id: Path = BOOT_ID) -> None:
        self._proc = proc
        self.boot_id = boot_id.read_text(encoding="ascii").strip()
        self._ticks = os.sysconf("SC_CLK_TCK")

    def since_boot(self) -> float:
        """Seconds since boot, suspended time included."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def process_start(self, pid: int, container: str) -> float | None:
        """When this process began, in seconds since boot; None unless its cgroup carries the container's id.

        The number of a process means something only on the engine's own machine and in its own view of
        processes: behind a tunnel, in a virtual machine or from within a container it is somebody else's.
        """
        folder = self._proc / str(pid)
        try:
            cgroups = (folder / "cgroup").read_text(encoding="utf-8", errors="replace")
            stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        return self._start(stat) if container in cgroups else None

    def _start(self, stat: str) -> float | None:
        # The second field is the name of the program in brackets and may hold anything, brackets too.
        fields = stat.rpartition(")")[2].split()
        try:
            return int(fields[START_FIELD - 3]) / self._ticks
        except (IndexError, ValueError):
            return None
