"""Finds and ends all that one private engine has on this host: processes, mounts, cgroups, sockets, files.

Belongs here: what belongs to an engine folder, and its end. An engine is known by its folder alone: the
folder's name is also the name of its cgroup parent. So the same sweep works for the process that started the
engine, for the guard that outlives that process, and for a person a day later. Does not belong here: starting
anything.
"""

import errno
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from tools.engine_cgroups import cgroups, freeze, is_contained, remove_cgroup, remove_podmans, thaw
from tools.patience import patient

FOLDER_PREFIX: Final = "reactor-test-"
_ENGINE_PROGRAMS: Final = ("dockerd", "containerd", "runc", "docker-proxy", "podman", "conmon")
_FIRST: Final = ("dockerd", "podman", "containerd", "conmon")
_PATIENCE: Final = patient(60.0)
"""Seconds: on a busy host hundreds of processes take long to die, and their cgroups as long to be empty."""

Item = TypeVar("Item")


class TracesRemainError(Exception):
    """The sweep could not remove everything before its deadline; the message names what is left."""


def sweep(folder: Path) -> None:
    """End and remove all that belongs to the engine in this folder; sweeping twice is no error."""
    if not folder.name.startswith(FOLDER_PREFIX):
        raise TracesRemainError(f"{folder} is no folder of a private engine, so nothing in it is touched")
    deadline = time.monotonic() + _PATIENCE
    _end_processes(folder, deadline)
    for path in _shim_sockets(folder):
        path.unlink(missing_ok=True)
    _until_gone(lambda: mounts(folder), _unmount, deadline)
    _until_gone(lambda: cgroups(folder), remove_cgroup, deadline)
    if (folder / "containers.conf").exists():
        remove_podmans()
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise TracesRemainError(f"{folder} could not be removed")


def processes(folder: Path) -> list[int]:
    """List the processes of the engine (daemon first, then containerd, shims) and of its containers."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return sorted((pid for pid in pids if _belongs(pid, folder)), key=lambda pid: (_rank(pid), pid))


def mounts(folder: Path) -> list[str]:
    """List the mount points below the folder, innermost first."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = [line.split()[4].encode().decode("unicode_escape") for line in lines]
    return sorted((point for point in points if point.startswith(f"{folder}/")), key=len, reverse=True)


def arguments_of(pid: int) -> list[str]:
    """Return the command line of a process; empty when it is gone or a zombie."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    return []


def has_ended(pid: int) -> bool:
    """Say whether this process is gone or a zombie, which is to say that only its number is left."""
    with suppress(OSError):
        return _state(Path(f"/proc/{pid}")) in "ZX"
    return True


def wait_suspended(pid: int) -> None:
    """Wait until every thread stands still: the signal reaches them one after the other."""
    while any(_state(thread) != "T" for thread in Path(f"/proc/{pid}/task").iterdir()):
        time.sleep(0.001)


def wait_ended(pids: Iterable[int], deadline: float) -> None:
    """Wait until these processes have ended (a zombie has), or until the deadline."""
    for pid in pids:
        with suppress(ProcessLookupError):
            handle = _opened(pid)
            poller = select.poll()
            poller.register(handle, select.POLLIN)
            poller.poll(max(0.0, deadline - time.monotonic()) * 1000)
            os.close(handle)


def _opened(pid: int) -> int:
    """A handle; ProcessLookupError if it is gone, for which newer kernels have another word."""
    try:
        return os.pidfd_open(pid)
    except OSError as trouble:
        if trouble.errno == errno.EINVAL:
            raise ProcessLookupError(pid) from None
        raise


def _belongs(pid: int, folder: Path) -> bool:
    """Only engine programs are known by their arguments: an editor may well have our log file open."""
    if pid == os.getpid() or has_ended(pid):
        return False
    return _is_engine_program(arguments_of(pid), folder) or is_contained(pid, folder)


def _is_engine_program(arguments: list[str], folder: Path) -> bool:
    if not arguments or not Path(arguments[0]).name.startswith(_ENGINE_PROGRAMS):
        return False
    return any(f"{folder}/" in argument for argument in arguments[1:])


def _state(process: Path) -> str:
    return (process / "stat").read_text().rpartition(")")[2].split()[0]


def _rank(pid: int) -> int:
    """The daemon goes first, so that nothing restarts what ends after it."""
    arguments = arguments_of(pid)
    program = Path(arguments[0]).name if arguments else ""
    return next((rank for rank, name in enumerate(_FIRST) if program == name), len(_FIRST))


def _end_processes(folder: Path, deadline: float) -> None:
    while found := processes(folder):
        if time.monotonic() > deadline:
            raise TracesRemainError(
                f"processes of {folder} do not end: {[(p, arguments_of(p)) for p in found]}"
            )
        # While they are frozen they cannot fork faster than they are ended; a paused container was frozen
        # before, and a frozen process of cgroup v1 does not die until it is thawed.
        freeze(folder)
        for pid in found:
            _kill(pid, folder)
        thaw(folder)
        wait_ended(found, min(deadline, time.monotonic() + 2.0))


def _kill(pid: int, folder: Path) -> None:
    """Kill through a handle, and ask again whose it is: a number may go from one process to another."""
    with suppress(ProcessLookupError):
        handle = _opened(pid)
        try:
            if _belongs(pid, folder):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        finally:
            os.close(handle)


def _until_gone(find: Callable[[], Sequence[Item]], remove: Callable[[Item], None], deadline: float) -> None:
    while left := find():
        if time.monotonic() > deadline:
            raise TracesRemainError(f"these do not go away: {[str(item) for item in left]}")
        for item in left:
            remove(item)
        # A process that has just died may hold its cgroup or its mount for a moment; there is no event to
        # wait for.
        time.sleep(0.01)


def _unmount(point: str) -> None:
    subprocess.run(("umount", point), capture_output=True, check=False)


def _shim_sockets(folder: Path) -> list[Path]:
    """Containerd keeps the sockets of its shims outside all our folders; each bundle names its own."""
    notes = folder.glob("exec/containerd/daemon/io.containerd.runtime.v2.task/*/*/address")
    addresses = [note.read_text().removeprefix("unix://") for note in notes]
    return [Path(address) for address in addresses if address.startswith("/run/containerd/s/")]
