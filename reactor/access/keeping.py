"""Access that follows its file: looked at when somebody comes, read again when a file of it has changed.

A broken new file changes nothing but what is said, nor does an empty one; one that asks for less than before
is in force when it has stood still for two looks: somebody may be writing it. Files are touched in a thread
of their own: if their file system hangs, who comes is let in by what was read last.
"""

import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import trio

from reactor.access.reading import BadWebConfig, read_access
from reactor.access.terms import OPEN, Access

log = logging.getLogger("reactor.access")

EVERY = 1.0
SHORTEST = 0.01
PATIENCE = 2.0
Answer = TypeVar("Answer")
_Look = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class KeptStatistics:
    """How often the file was read again since the start, and whether what stands there now is in force."""

    reloads: int
    failures: int
    in_force: bool


class KeptAccess:
    """Who is let in at this moment. Without a file that is everybody, for ever."""

    def __init__(self, path: Path | None, first: Access = OPEN, every: float = EVERY) -> None:
        self._path = path
        self._every = every
        self._access = first
        self._seen = look_at(first.files)
        self._errors: tuple[str, ...] = ()
        self._looked = -every
        self._lesser: _Look | None = None
        self._limiter = trio.CapacityLimiter(1)
        self._reloads = self._failures = 0

    @classmethod
    def open(cls, path: Path | None) -> "KeptAccess":
        """Read the file for the first time. Raises BadWebConfig."""
        return cls(path, read_access(path) if path is not None else OPEN)

    @property
    def follows(self) -> bool:
        """Whether there is a file, which may change."""
        return self._path is not None

    @property
    def every(self) -> float:
        """After how many seconds it is worth while to ask again."""
        return max(SHORTEST, self._every)

    @property
    def last(self) -> Access:
        """What was read last, without another look."""
        return self._access

    def statistics(self) -> KeptStatistics:
        """What became of the changes of the file."""
        return KeptStatistics(self._reloads, self._failures, not self._errors and self._lesser is None)

    async def now(self) -> Access:
        """Who is let in now; looks at the files first if nobody did in the last second."""
        due = trio.current_time() - self._looked >= self._every
        if self._path is not None and due and not self._limiter.borrowed_tokens:
            self._looked = trio.current_time()
            with trio.move_on_after(PATIENCE) as patience:
                await self._refresh(self._path)
            if patience.cancelled_caught:
                log.warning("the web configuration cannot be looked at: does its file system hang?")
        return self._access

    async def _refresh(self, path: Path) -> None:
        seen = await self._apart(lambda: look_at(self._access.files))
        if seen == self._seen and not self._errors:
            self._lesser = None
            return
        try:
            found = await self._apart(lambda: read_access(path, may_be_empty=not self._access.asks_for))
        except BadWebConfig as bad:
            self._keep_the_old(tuple(map(str, bad.errors)))
        except Exception as error:  # noqa: BLE001  # A defect in reading a file must not end the monitor.
            self._keep_the_old((f"a defect: {type(error).__name__} while it was read",))
        else:
            missing = [each for each in self._access.asks_for if each not in found.asks_for]
            if missing and not await self._has_stood_still(seen):
                return
            self._take(found, path, missing)
        # Not what is there by now: what changed while it was read is read once more.
        self._seen = seen

    async def _has_stood_still(self, seen: _Look) -> bool:
        """Whether this is what the last look saw, and still is after it was read."""
        stood = self._lesser == seen == await self._apart(lambda: look_at(self._access.files))
        self._lesser = seen
        return stood

    def _take(self, found: Access, path: Path, missing: list[str]) -> None:
        self._access, self._errors, self._lesser = found, (), None
        self._reloads += 1
        log.info("the web configuration was read again", extra={"file": path})
        if missing:
            told = {"file": path, "no_more": " and ".join(missing)}
            log.warning("the web configuration asks for less than before", extra=told)

    def _keep_the_old(self, errors: tuple[str, ...]) -> None:
        # It is read again at every look while it is broken, and said once.
        if errors != self._errors:
            self._failures += 1
            for error in errors:
                log.error("the web configuration cannot be used, the one before stays", extra={"why": error})
        self._errors, self._lesser = errors, None

    def _apart(self, call: Callable[[], Answer]) -> Awaitable[Answer]:
        return trio.to_thread.run_sync(call, limiter=self._limiter, abandon_on_cancel=True)


def look_at(files: tuple[Path, ...]) -> _Look:
    """What can be seen of files without reading them. What cannot be looked at is seen as such."""
    return tuple(map(_seen, files))


def _seen(file: Path) -> tuple[str, int, int, int]:
    try:
        status = os.stat(file)
    except OSError:
        return str(file), 0, 0, 0
    return str(file), status.st_ino, status.st_size, status.st_mtime_ns
