"""Numbers of the kernel's tracepoints, by which its perf events are asked for.

Only finding them is here: in tracefs, where that is mounted, and where it is not, in an instance of it in no
place. What is asked for is in ``forks``.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_MOUNTED: Final = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")
_FOLDER: Final = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
_FSOPEN, _FSCONFIG, _FSMOUNT = 430, 431, 432
"""These have one number on all machines."""
_CLOEXEC, _CREATE = 1, 6


def syscall(number: int, *words: int | bytes | None) -> int:
    """A system call that Python has no name for. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    call = libc.syscall
    call.restype = ctypes.c_long
    got = int(call(ctypes.c_long(number), *(ctypes.c_long(w) if isinstance(w, int) else w for w in words)))
    if got < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return got


@contextmanager
def tracefs() -> Iterator[int]:
    """A descriptor of a folder with tracefs in it. Raises OSError where there is none to be had."""
    folder = _opened()
    try:
        yield folder
    finally:
        os.close(folder)


def number_of(folder: int, tracepoint: str) -> int:
    """The number of a tracepoint, as ``sched/sched_process_fork``. Raises OSError if there is no such one."""
    file = os.open(f"events/{tracepoint}/id", os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    try:
        return int(os.read(file, 32))
    finally:
        os.close(file)


def _opened() -> int:
    for path in _MOUNTED:
        with suppress(OSError):
            folder = os.open(path, _FOLDER)
            if _has_events(folder):
                return folder
            # An empty folder is where it would be mounted.
            os.close(folder)
    return _instance()


def _has_events(folder: int) -> bool:
    try:
        number_of(folder, "sched/sched_process_fork")
    except OSError:
        return False
    return True


def _instance() -> int:
    """An instance in no place: nobody sees it, and it is gone with its descriptor."""
    context = syscall(_FSOPEN, b"tracefs", _CLOEXEC)
    try:
        syscall(_FSCONFIG, context, _CREATE, None, None, 0)
        return syscall(_FSMOUNT, context, _CLOEXEC, 0)
    finally:
        os.close(context)
