"""The root of all data folders: which folder may be one, and what we keep in it for ourselves.

``tasks/`` and ``shared/`` are for containers; ``.reactor/`` is ours, and no container ever sees it: markers,
folders that are being made, and folders that are on their way out. All of it lies on one file system, so that
a folder comes and goes in one step.
"""

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from reactor.data.errors import DataRefused, Why, refused, trouble
from reactor.data.handles import PLACE

TASKS, SHARED, OWN = "tasks", "shared", ".reactor"
NEW, LEAVING, TRASH, MARKERS = "new", "leaving", "trash", "tasks"
"""Ours: half-made folders, those that are looked at once more, those that go, and whose the others are."""
PATIENCE = 10.0
"""Seconds to wait for somebody else who has the root."""
_PAUSE = 0.02

_NEVER_BELOW = (
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/sbin", "/sys", "/usr",
    "/var/lib/containerd", "/var/lib/containers", "/var/lib/docker", "/var/lib/dpkg", "/var/run/docker",
)  # fmt: skip
_NEVER = (
    "/", "/home", "/media", "/mnt", "/opt", "/root", "/run", "/srv", "/var", "/var/cache", "/var/lib",
    "/var/lib/reactor", "/var/log", "/var/run", "/var/spool", *(f"{each}tmp" for each in ("/", "/var/")),
)  # fmt: skip


class Root:
    """One root, open. ``place`` is its descriptor, ``real`` its path with no link in it."""

    def __init__(self, path: Path, place: int) -> None:
        self.path = path
        self.place = place
        self.real = Path(os.readlink(f"/proc/self/fd/{place}"))
        self.device = os.fstat(place).st_dev

    @classmethod
    def open(cls, path: Path, *, make: bool = True) -> "Root":
        """Open it, and ``make`` it where it is not there and its parent is. Raises DataRefused."""
        _refuse_path(path)
        if make:
            _make(path)
        try:
            place = os.open(path, PLACE)
        except NotADirectoryError:
            raise _unfit(path, "is a link or no folder") from None
        except OSError as error:
            kind = refused(error, f"the data root {path} cannot be opened")
            raise DataRefused(Why.ROOT, str(kind)) from None
        try:
            root = cls(path, place)
            _refuse_path(root.real)
            root.refuse_foreign(place, str(path))
        except BaseException:
            os.close(place)
            raise
        return root

    def close(self) -> None:
        """Let go of it."""
        os.close(self.place)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def folder(self, *names: str, flags: int = PLACE, make: bool = True) -> Iterator[int]:
        """One of the folders that are always there, such as ``tasks`` or ``.reactor/new``.

        Raises FileNotFoundError where it is not there and is not to be made.
        """
        place, said = os.dup(self.place), self.path
        try:
            for name in names:
                said /= name
                if make:
                    with trouble(f"{said} cannot be made"), suppress(FileExistsError):
                        os.mkdir(name, 0o700 if names[0] == OWN else 0o711, dir_fd=place)
                place = _into(place, name, flags, str(said))
                self.refuse_foreign(place, str(said))
            yield place
        finally:
            os.close(place)

    def refuse_foreign(self, place: int, said: str) -> None:
        """Raise DataRefused if others could put something else there, or if it is on another file system."""
        found = os.fstat(place)
        if found.st_uid not in {0, os.geteuid()}:
            raise DataRefused(Why.ROOT, f"{said} belongs to user {found.st_uid}, and not to us or root")
        if found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
            raise DataRefused(Why.ROOT, f"{said} can be written by everybody: chmod o-w {said}")
        if found.st_dev != self.device:
            raise DataRefused(Why.ROOT, f"{said} is on another file system than {self.path}: mount it there")

    @contextmanager
    def locked(self, patience: float = PATIENCE) -> Iterator[None]:
        """Have the root to oneself: no two make or remove something at once, in whatever process."""
        with self.folder(OWN) as own, trouble(f"{self.path}/{OWN}/lock cannot be opened"):
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
            lock = os.open("lock", flags, 0o600, dir_fd=own)
        try:
            self._lock(lock, time.monotonic() + patience)
            yield
        finally:
            os.close(lock)

    def _lock(self, lock: int, until: float) -> None:
        while not _taken(lock):
            if time.monotonic() >= until:
                who = "is 'reactor data prune' at work?"
                raise DataRefused(Why.BUSY, f"somebody else has {self.path} to himself: {who}")
            # A thread that waited in the kernel for it could not be given up.
            time.sleep(_PAUSE)


def _make(path: Path) -> None:
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        return
    except FileNotFoundError:
        why = f"cannot be made: there is no {path.parent}; make that first"
        raise _unfit(path, why) from None
    except OSError as error:
        raise refused(error, f"the data root {path} cannot be made") from None


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _into(place: int, name: str, flags: int, said: str) -> int:
    """The folder below this one, which is let go of."""
    try:
        inner = os.open(name, flags, dir_fd=place)
    except NotADirectoryError:
        raise DataRefused(Why.ROOT, f"{said} is a link or no folder: move it away") from None
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise refused(error, f"{said} cannot be opened") from None
    os.close(place)
    return inner


def fault_of(path: Path) -> str:
    """What is wrong with this path as a root, by its words alone; empty for nothing."""
    text = str(path)
    if not path.is_absolute() or ".." in path.parts or text.startswith("//"):
        return "is no absolute path without '..'"
    if ":" in text or not text.isprintable():
        return "has a colon or a control character in it, and so cannot be bound"
    if text in _NEVER or any(text == each or text.startswith(f"{each}/") for each in _NEVER_BELOW):
        return "belongs to the system: name a folder of its own, such as /var/lib/reactor/data"
    return ""


def _refuse_path(path: Path) -> None:
    if fault := fault_of(path):
        raise _unfit(path, fault)


def _unfit(path: Path, why: str) -> DataRefused:
    return DataRefused(Why.ROOT, f"the data root {str(path)!r} {why}")
