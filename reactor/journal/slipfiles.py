"""Who holds the file of a slip, and taking away those of monitors that were killed and never came back.

Only what is ours, empty and held by nobody goes: a slip with something on it waits for the monitor of its
journal, however long that takes. What is on one is in ``slips``.
"""

import fcntl
import os
import re
import stat
import time
from contextlib import suppress

SLIP = re.compile(r"[0-9a-f]{32}\.slip")
MOST = 1000
"""So many entries of the folder are looked at at most."""
_USED = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
_LOOKED_AT = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_TRIES, _INSTANT = 10, 0.001


def locked(folder: int, name: str) -> int:
    """The file of this name in this folder, held, whoever removes what he had open of it. Raises OSError."""
    while True:
        file = os.open(name, _USED, 0o600, dir_fd=folder)
        try:
            _lock(file)
            if os.fstat(file).st_nlink:
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def _lock(file: int) -> None:
    """Whoever takes empty slips away holds it for an instant. Raises OSError if it stays held."""
    for _ in range(_TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(_INSTANT)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def sweep(folder: int, own: str) -> int:
    """Take them away from this folder, which is ours alone, but for our own; gives how many there were."""
    try:
        names = sorted(os.listdir(folder))[:MOST]
    except OSError:
        return 0
    return sum(_taken_away(folder, name) for name in names if name != own and SLIP.fullmatch(name))


def _taken_away(folder: int, name: str) -> bool:
    with suppress(OSError):
        file = os.open(name, _LOOKED_AT, dir_fd=folder)
        try:
            # Whoever uses it holds it; whoever comes now waits for us, and sees then that it is gone.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            about = os.fstat(file)
            ours = stat.S_ISREG(about.st_mode) and about.st_uid == os.geteuid()
            if ours and about.st_size == 0 and about.st_nlink:
                os.unlink(name, dir_fd=folder)
                return True
        finally:
            os.close(file)
    return False
