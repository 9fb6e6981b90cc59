"""The monitors that run already: who holds a lock of theirs, and who answers on a control socket.

Only looking belongs here, and by what the kernel says: a note that a dead monitor left means nothing. No lock
is taken for it, since a monitor that begins in that moment would find it taken.
"""

import os
import re
import socket
import struct
from contextlib import closing, suppress
from pathlib import Path

from reactor.app.identity import find_own_container
from reactor.core.container import ContainerId

PROC = Path("/proc")
_CREDENTIALS = struct.Struct("3i")
_PATIENCE = 2.0
_UNIT = re.compile(r"/([^/\n]+\.service)(?:/|$)", re.MULTILINE)


def holder_of(lock: Path, proc: Path = PROC) -> int | None:
    """The process that holds the lock on this file; None for nobody, or nobody who can be seen from here."""
    try:
        about, lines = os.stat(lock), (proc / "locks").read_text().splitlines()
    except OSError:
        return None
    wanted = f"{os.major(about.st_dev):02x}:{os.minor(about.st_dev):02x}:{about.st_ino}"
    for line in lines:
        fields = line.split()
        # One that waits for the lock has an arrow before its kind.
        if len(fields) > 5 and fields[1] == "FLOCK" and fields[5] == wanted and int(fields[4]) > 0:
            return int(fields[4])
    return None


def listener_of(path: Path) -> int | None:
    """The process that listens on this socket; None if nobody does, or we may not ask. 0: not to be seen."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as asking, suppress(OSError):
        asking.settimeout(_PATIENCE)
        asking.connect(str(path))
        told = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        return int(_CREDENTIALS.unpack(told)[0])
    return None


def container_of(pid: int, proc: Path = PROC) -> ContainerId | None:
    """The container that a process runs in, if it does."""
    return find_own_container(proc / str(pid))


def unit_of(pid: int, proc: Path = PROC) -> str:
    """The innermost service of systemd's that a process belongs to; empty for none."""
    try:
        found = _UNIT.findall((proc / str(pid) / "cgroup").read_text(errors="replace"))
    except OSError:
        return ""
    return str(found[-1]) if found else ""
