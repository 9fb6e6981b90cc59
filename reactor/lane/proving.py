"""Whose a cgroup is for certain: the cgroups of a run, or nothing.

Only the proof belongs here; where a cgroup may lie is in ``cgroups``, and what follows in ``watching``.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import trio

from reactor.cgroups.files import NAME, What
from reactor.cgroups.finding import Home, find
from reactor.cgroups.mounts import Trees
from reactor.cgroups.parsing import number
from reactor.core.container import Run
from reactor.core.watched import Watched
from reactor.lane import births
from reactor.lane.births import is_fresh

Confirm = Callable[[Run], Awaitable[bool]]


class Proofs:
    """``confirm`` says whether the engine knows a run still as the present one of its container."""

    def __init__(self, trees: Trees, confirm: Confirm, proc: Path) -> None:
        self._trees, self._confirm, self._proc = trees, confirm, proc
        self._since = births.now()

    async def home(self, watched: Watched) -> Home | None:
        """The cgroups of a run, if they are its own for certain: they were found while it was there."""
        await trio.lowlevel.checkpoint()
        found = find(self._trees, watched.run, watched.pid, proc=self._proc)
        if not isinstance(found, Home):
            return None
        if found.by == "pid":
            # Its first process is in there still, so the directory that was seen cannot be a later run's.
            return found if self._is_there(watched) else None
        if _is_empty(found):
            # A directory that outlived whose it was, or was made for another: reading nobody there would be
            # taken for a container that keeps every limit.
            return None
        return found if await self._confirm(watched.run) else None

    def is_fresh(self, watched: Watched, home: Home) -> bool:
        """Whether it began just now, and while we were there."""
        return home.by == "pid" and is_fresh(self._proc, watched.pid, self._since, births.now())

    def _is_there(self, watched: Watched) -> bool:
        with suppress(OSError):
            return watched.run.id in (self._proc / str(watched.pid) / "cgroup").read_text(errors="replace")
        return False


def _is_empty(home: Home) -> bool:
    """Whether nobody is in there or below, by the kernel's count; False where it counts none."""
    place = home.places.get("pids")
    if place is not None:
        with suppress(OSError):
            return number(Path(place.path, NAME[place.version][What.PIDS]).read_bytes()) == 0
    return False
