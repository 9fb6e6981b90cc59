"""A service manager's end of sd_notify: a datagram socket that knows from the kernel who sent what.

Only hearing belongs here. It is as faithful as systemd's: who sent something is told by the kernel
(``SCM_CREDENTIALS``), never by the text, and what others send is kept apart.
"""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_CREDENTIALS = struct.Struct("3i")
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Said:
    """One datagram: from which process, and when it was taken out, on the monotonic clock."""

    pid: int
    at: float
    fields: dict[str, str]


@dataclass
class Manager:
    """Hears what is said at ``address``, which is what ``NOTIFY_SOCKET`` is set to."""

    address: str
    _socket: socket.socket
    _said: list[Said] = field(default_factory=list)
    _shown: str = ""

    def said(self, pid: int | None = None) -> list[Said]:
        """All that was said so far, by this process if one is named."""
        while (said := self._next()) is not None:
            self._said.append(said)
        return [each for each in self._said if pid is None or each.pid == pid]

    def all_of(self, key: str, pid: int | None = None) -> list[str]:
        """The values of one key, in order."""
        return [each.fields[key] for each in self.said(pid) if key in each.fields]

    def status(self) -> str:
        """The line that is shown now: the last one, whenever that was."""
        return (self.all_of("STATUS") or [self._shown])[-1]

    def forget(self) -> None:
        """From now on only what comes."""
        self._shown = self.status()
        self._said.clear()

    def _next(self) -> Said | None:
        try:
            data, told, *_ = self._socket.recvmsg(_LONGEST, socket.CMSG_SPACE(_CREDENTIALS.size))
        except BlockingIOError:
            return None
        (credentials,) = [body for _, kind, body in told if kind == socket.SCM_CREDENTIALS]
        lines = data.decode().split("\n")
        return Said(
            _CREDENTIALS.unpack(credentials)[0],
            time.monotonic(),
            {line.partition("=")[0]: line.partition("=")[2] for line in lines},
        )


@contextmanager
def managing(folder: Path, *, abstract: bool = False) -> Iterator[Manager]:
    """A manager that listens, at a file or at a name that is none."""
    address = f"@{folder}/notify" if abstract else str(folder / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hears:
        hears.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        hears.bind("\0" + address[1:] if abstract else address)
        hears.setblocking(False)  # noqa: FBT003 - The socket's own way.
        yield Manager(address, hears)
