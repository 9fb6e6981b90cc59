"""Owners that are processes of the engine's host, by its ``/proc``.

A process is gone when nothing under its number started when it did, in a ``/proc`` that shows all processes
of the host; or with the boot that it belongs to, if that was a boot of this host: another host's runner is
in another boot, too. Whatever cannot be read is unknown. Whether the engine's host is ours is ``memory``'s.
"""

import errno
import os
from collections.abc import Set as AbstractSet
from pathlib import Path

from reactor.core.owners import Owner
from reactor.kernel.memory import PROC
from reactor.owners.finding import ALIVE, Found, gone, unknown

_OF_THE_KERNEL = 0x00200000
"""The flag of threads that are the kernel's own."""
_KTHREADD = 2
_PARENT, _FLAGS, _THREADS, _START = 1, 6, 17, 19
"""The places of what is read of ``stat``, behind the name: the state is the first."""
_LONGEST = 4096
_NOBODY = frozenset({errno.ENOENT, errno.ESRCH})


class Processes:
    """Looks at one ``/proc``. ``boots`` are the boots of this host that are on record."""

    def __init__(self, proc: Path = PROC) -> None:
        self._proc = proc

    def boot(self) -> str:
        """The present boot; empty if that cannot be read."""
        try:
            return _read(f"{self._proc}/sys/kernel/random/boot_id").decode("ascii", "replace").strip()
        except OSError:
            return ""

    def why_not_all(self) -> str:
        """Why this ``/proc`` may not show every process of the host; empty if it does.

        The parent of the kernel's threads is only seen where all others are: not from a container's own
        process namespace, and not where other users' processes are hidden from us.
        """
        try:
            fields = _fields(_read(f"{self._proc}/{_KTHREADD}/stat"))
            if int(fields[_FLAGS]) & _OF_THE_KERNEL and int(fields[_PARENT]) == 0:
                return ""
        except (OSError, ValueError, IndexError):
            pass
        return f"{self._proc} does not show all processes of the host"

    def look(self, owner: Owner, boots: AbstractSet[str]) -> Found:
        """Whether this process is there. ``why_not_all`` has to be asked before."""
        boot = self.boot()
        if not boot:
            return unknown("the boot cannot be told")
        if owner.boot != boot:
            if owner.boot in boots:
                return gone("its host was booted anew")
            return unknown("it belongs to another host, or to a boot that is not on record")
        try:
            fields = _fields(_read(f"{self._proc}/{owner.pid}/stat"))
            started, over = int(fields[_START]), fields[0] in {b"Z", b"X"} and int(fields[_THREADS]) <= 1
        except OSError as error:
            if error.errno in _NOBODY:
                return gone(f"there is no process {owner.pid}")
            return unknown(f"process {owner.pid} cannot be read")
        except (ValueError, IndexError):
            return unknown(f"process {owner.pid} cannot be read")
        if started != owner.start:
            return gone(f"process {owner.pid} is another one by now")
        return gone(f"process {owner.pid} has ended") if over else ALIVE


def _fields(stat: bytes) -> list[bytes]:
    # The second field is the name of the program in brackets and may hold anything, brackets too.
    return stat.rpartition(b")")[2].split()


def _read(path: str) -> bytes:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(file, _LONGEST)
    finally:
        os.close(file)
