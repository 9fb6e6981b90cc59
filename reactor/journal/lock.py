"""The lock beside the journal: two reactors never write the same file.

Only the lock and the note in it belong here. The kernel drops the lock when its holder
dies, however it dies, so a note that was left behind means nothing by itself.
"""

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

from reactor.journal.errors import JournalInUse


@dataclass(frozen=True, slots=True)
class Holder:
    """Who wrote the note: a process id in its own namespace, and its container if it has one."""

    pid: int = 0
    container: str = ""


def lock_path(journal: Path) -> Path:
    """The file that is locked for a journal."""
    return journal.with_name(journal.name + ".lock")


def mark_of(journal: Path) -> str:
    """What tells this journal's place from all others of the machine, whatever it is called; it stays as long
    as the lock's file does. In two containers two journals may have the same path. Raises OSError."""
    lock = os.stat(lock_path(journal))
    return f"{lock.st_dev}:{lock.st_ino}"


class Lock:
    """An exclusive lock on a journal, held from ``acquire`` to ``release``."""

    def __init__(self, journal: Path, container: str = "") -> None:
        self._journal = journal
        self._container = container
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether the lock is ours."""
        return self._descriptor is not None

    def acquire(self) -> None:
        """Take the lock or raise JournalInUse; OSError where no lock file can be made."""
        if self.held:
            return
        descriptor = os.open(lock_path(self._journal), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._leave_note(descriptor)
        except BlockingIOError:
            holder = _read_note(descriptor)
            os.close(descriptor)
            raise JournalInUse(self._journal, holder.pid, holder.container) from None
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; the file stays, as removing it would let two hold "the" lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _leave_note(self, descriptor: int) -> None:
        note = json.dumps({"pid": os.getpid(), "container": self._container}).encode()
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, note, 0)


def _read_note(descriptor: int) -> Holder:
    """The note in a lock file; an empty Holder where it cannot be read."""
    try:
        note = json.loads(os.pread(descriptor, 4096, 0))
        return Holder(int(note["pid"]), str(note["container"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Holder()
