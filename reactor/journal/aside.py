"""The journal as a file among others: who may read it, and where a broken one is put.

What is in it is the business of ``store``.
"""

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path


def make_private(path: Path) -> None:
    """Let nobody else read it: the last lines of somebody's output are in it. What belongs to it follows."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        mode = os.fstat(descriptor).st_mode & 0o7777
        if mode & 0o007:
            # It may be somebody else's, and then it is theirs to say who reads it.
            with suppress(PermissionError):
                os.fchmod(descriptor, mode & ~0o007)
    finally:
        os.close(descriptor)


def move_aside(path: Path, wall: float) -> Path:
    """Rename the file and what belongs to it, with the date, and never over an earlier one."""
    date = datetime.fromtimestamp(wall, UTC).strftime("%Y%m%dT%H%M%S")
    target = path.with_name(f"{path.name}.broken-{date}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.broken-{date}-{number}")
    for suffix in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            os.rename(f"{path}{suffix}", f"{target}{suffix}")
    return target
