"""Tries what a sandbox should refuse and what it must let through, and prints what came of it.

A program that is run as it is, inside the unit and as plain root, by ``on_systemd``. Standard library only;
nothing that is tried changes anything of the host.
"""

import ctypes
import json
import mmap
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_NEW_USER, _ANOTHER_PERSON, _TRACE_ME = 0x10000000, 0x0008000, 0


def _called(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _writes(folder: str) -> Callable[[], None]:
    def write() -> None:
        file = Path(folder, f"sandbox-{os.getpid()}")
        file.touch()
        file.unlink()

    return write


def _opens(path: str, how: int) -> Callable[[], None]:
    return lambda: os.close(os.open(path, how))


def _disk() -> str:
    """A disk of this host's."""
    return next(str(each) for each in sorted(Path("/dev").iterdir()) if stat.S_ISBLK(each.stat().st_mode))


def _in_a_child(call: Callable[[], None]) -> Callable[[], None]:
    """What cannot be taken back is done by somebody who is gone then."""

    def do() -> None:
        child = os.fork()
        if not child:
            try:
                call()
            except OSError as error:
                os._exit(error.errno or 1)
            os._exit(0)
        number = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if number:
            raise OSError(number, os.strerror(number))

    return do


TRIES: dict[str, Callable[[], None]] = {
    **{f"write to {each}": _writes(each) for each in (
        "/etc", "/usr", "/var/lib", "/run", "/root",
        "/var/lib/reactor", "/run/reactor", "/dev/shm", "/tmp",
    )},
    "set a parameter of the kernel": _opens("/proc/sys/vm/swappiness", os.O_WRONLY),
    "stop all": _opens("/proc/sysrq-trigger", os.O_WRONLY),
    "read the kernel's log": _opens("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK),
    "write to the kernel's log": _opens("/dev/kmsg", os.O_WRONLY),
    "read a disk": lambda: os.close(os.open(_disk(), os.O_RDONLY)),
    "write to a tree of cgroups": _opens("/sys/fs/cgroup/system.slice/cgroup.procs", os.O_WRONLY),
    "talk to the kernel's network": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close(),
    "make a namespace": _in_a_child(lambda: _called(_LIBC.unshare(_NEW_USER))),
    "be another person": _in_a_child(lambda: _called(_LIBC.personality(_ANOTHER_PERSON))),
    "write what is run": lambda: mmap.mmap(
        -1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
    ).close(),
    "be traced": _in_a_child(lambda: _called(_LIBC.ptrace(_TRACE_ME, 0, None, None))),
}  # fmt: skip


def _tried(call: Callable[[], None]) -> str:
    try:
        call()
    except OSError as error:
        return str(error.strerror)
    return "done"


if __name__ == "__main__":
    print(json.dumps({name: _tried(call) for name, call in TRIES.items()}))
