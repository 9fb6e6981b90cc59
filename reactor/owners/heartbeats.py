"""Owners that say they live by writing to a file: gone when we have watched it stand still for long enough.

How long that is, is counted on our own clock and only over looks that followed each other: what the file
says of its time is compared and never computed with, so that no step of a clock ends anybody. A file that was
there and was taken away says that its owner is gone; one that nobody has seen says nothing. A look that hangs
makes files unknown, and nobody else.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import trio

from reactor.owners.book import STALL
from reactor.owners.files import Beat, Folder, Mark, look_at
from reactor.owners.finding import ALIVE, Found, gone, unknown

log = logging.getLogger("reactor.owners")

WITHIN = 1.0
"""Seconds for one look at all files: those who look for processes and leases wait for it."""
KEPT = 900.0
"""For so long it is remembered what a file looked like that nobody names any more: mains are restarted."""

T = TypeVar("T")


class LookHangs(Exception):
    """The files could not be looked at in time."""


class Aside(Protocol):
    """Does what may block, beside the loop. Raises LookHangs."""

    async def __call__(self, work: Callable[[], T], /) -> T:
        """What ``work`` gives."""
        ...


class InThread:
    """One look at a time, in a thread. One that hangs is left behind, and no other begun until it is back."""

    def __init__(self, within: float = WITHIN) -> None:
        self._within = within
        # A thread that was left behind keeps its token for as long as it hangs.
        self._limiter = trio.CapacityLimiter(1)

    async def __call__(self, work: Callable[[], T], /) -> T:
        """What ``work`` gives. Raises LookHangs."""
        if self._limiter.borrowed_tokens:
            raise LookHangs("a look at the files of heartbeats hangs")
        try:
            with trio.fail_after(self._within):
                return await trio.to_thread.run_sync(work, limiter=self._limiter, abandon_on_cancel=True)
        except trio.TooSlowError:
            raise LookHangs("a look at the files of heartbeats hangs") from None


@dataclass(slots=True)
class _Watched:
    """One file. ``still`` is for how many seconds we watched it not move, ``moved`` whether it ever did."""

    folder: Folder
    beat: Beat
    looked: float
    named: float
    still: float = 0.0
    moved: bool = False


class Heartbeats:
    """Looks at files below ``root``; one that does not move for ``ttl`` seconds has lost its owner."""

    def __init__(self, root: Path, ttl: float, aside: Aside | None = None) -> None:
        self._root = root
        self._ttl = ttl
        self._aside = aside or InThread()
        self._watched: dict[str, _Watched] = {}
        self._said: set[str] = set()

    async def look(self, names: Collection[str]) -> Mapping[str, Found]:
        """One look at these files, by their paths below the root."""
        began = trio.current_time()
        self._forget(names, began)
        if not names:
            return {}
        try:
            marks = await self._aside(partial(look_at, self._root, tuple(names)))
        except LookHangs as error:
            self._say_once(str(error))
            return {name: unknown(str(error)) for name in names}
        ended = trio.current_time()
        return {name: self._judge(name, mark, began, ended) for name, mark in marks.items()}

    def _judge(self, name: str, mark: Mark, began: float, ended: float) -> Found:
        if mark.why:
            self._say_once(mark.why)
            return unknown(mark.why)
        seen = self._watched.get(name)
        if mark.beat is None:
            return _missing(seen, mark)
        if seen is None:
            self._watched[name] = _Watched(mark.folder, mark.beat, ended, ended)
            return unknown("its file has not been seen to move yet")
        if mark.beat != seen.beat:
            seen.beat, seen.still, seen.moved = mark.beat, 0.0, True
        elif began - seen.looked <= STALL:
            # From the end of one look to the beginning of the next: never more than has passed between them.
            seen.still += began - seen.looked
        seen.folder, seen.looked = mark.folder, ended
        if seen.still >= self._ttl:
            return gone(f"its file has not moved for {self._ttl:g} s")
        return ALIVE if seen.moved else unknown("its file has not been seen to move yet")

    def _say_once(self, why: str) -> None:
        # These have no names of strangers in them, and so are few.
        if why not in self._said:
            self._said.add(why)
            log.warning("an owner that is a file is unknown", extra={"why": why, "root": str(self._root)})

    def _forget(self, names: Collection[str], at: float) -> None:
        over = [name for name, each in self._watched.items() if at - each.named > KEPT]
        for name in over:
            del self._watched[name]
        for name in self._watched.keys() & set(names):
            self._watched[name].named = at


def _missing(seen: _Watched | None, mark: Mark) -> Found:
    if seen is None:
        return unknown("nobody has seen its file since the monitor began")
    if seen.folder != mark.folder:
        # Another file system may have come to lie over it, or gone.
        return unknown("the folder of its file is another one by now")
    return gone("its file was taken away")
