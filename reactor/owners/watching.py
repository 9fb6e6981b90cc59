"""The task that looks for owners and makes a fact of what it found. Its nursery is somebody else's.

Processes are looked up in ``/proc``, which waits for no disk, a few at a time; files in a thread of their
own, whose hanging makes them unknown and nobody else.
"""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

import trio

from reactor.core.beats import next_beat
from reactor.core.facts import Fact, OwnersSeen
from reactor.core.owners import Kind, Owner, Presence
from reactor.core.ports import EngineInfo
from reactor.kernel.memory import PROC, why_not_ours
from reactor.owners.book import LeaseBook
from reactor.owners.finding import Found, unknown
from reactor.owners.heartbeats import Heartbeats
from reactor.owners.processes import Processes

EVERY = 2.0
"""Seconds between two looks."""
SAID_EVERY = 10.0
"""Seconds after which what has not changed is said again: it is evidence for a while only."""
AT_ONCE = 100
"""So many processes are looked up before others have their turn."""

log = logging.getLogger("reactor.owners")


class OwnerWatch:
    """Feeds what is found of the ``wanted`` owners.

    ``boots`` are those of this host that are on record, ``remember`` puts one more there. Without
    ``heartbeats`` owners that are files are unknown.
    """

    def __init__(
        self,
        feed: Callable[[Fact], None],
        wanted: Callable[[], Mapping[str, Owner]],
        book: LeaseBook,
        boots: frozenset[str] = frozenset(),
        remember: Callable[[str], None] = lambda _: None,
        proc: Path = PROC,
        heartbeats: Heartbeats | None = None,
    ) -> None:
        self._feed, self._wanted, self._book = feed, wanted, book
        self._boots, self._remember, self._proc = boots, remember, proc
        self._processes = Processes(proc)
        self._heartbeats = heartbeats
        self._info: EngineInfo | None = None
        self._blind = ""
        self._said: tuple[float, Mapping[str, Found]] = (0.0, {})

    def connected(self, info: EngineInfo) -> None:
        """The engine said who it is. The boot of a host that is its own is put on record."""
        self._info = info
        boot = self._processes.boot() if not why_not_ours(info, self._proc) else ""
        if boot and boot not in self._boots:
            self._boots |= {boot}
            self._remember(boot)

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await trio.sleep_until(next_beat(trio.current_time(), EVERY))

    async def look(self) -> None:
        """Look for everybody once, and tell of it if there is news, or if it was told long ago."""
        self._book.pass_time(trio.current_time())
        found: dict[str, Found] = {}
        wanted = self._wanted()
        if any(owner.kind is Kind.PROCESS for owner in wanted.values()):
            self._blind = self._why_blind()
        beats = await self._look_at_files(wanted)
        for text, owner in wanted.items():
            if owner.kind is not Kind.CONTAINER:
                found[text] = self._found(owner, beats)
                if len(found) % AT_ONCE == 0:
                    await trio.lowlevel.checkpoint()
        at = trio.current_time()
        before, said = self._said
        if found == said and (not found or at - before < SAID_EVERY):
            return
        self._tell_lost(said, found)
        self._said = at, found
        seen = {text: each.presence for text, each in found.items()}
        self._feed(OwnersSeen(at, seen, {text: each.why for text, each in found.items() if each.why}))

    async def _look_at_files(self, wanted: Mapping[str, Owner]) -> Mapping[str, Found]:
        names = {each.of for each in wanted.values() if each.kind is Kind.FILE and not each.flaw}
        return await self._heartbeats.look(names) if self._heartbeats is not None else {}

    def _found(self, owner: Owner, beats: Mapping[str, Found]) -> Found:
        if owner.flaw:
            return unknown(owner.flaw)
        if owner.kind is Kind.LEASE:
            return self._book.look(owner.of, trio.current_time())
        if owner.kind is Kind.PROCESS:
            return self._process(owner)
        return beats.get(owner.of, unknown("the configuration names no folder of heartbeats"))

    def _process(self, owner: Owner) -> Found:
        return unknown(self._blind) if self._blind else self._processes.look(owner, self._boots)

    def _why_blind(self) -> str:
        if self._info is None:
            return "the engine has not answered yet"
        return why_not_ours(self._info, self._proc) or self._processes.why_not_all()

    def _tell_lost(self, said: Mapping[str, Found], found: Mapping[str, Found]) -> None:
        for text, each in found.items():
            old = said.get(text)
            if each.presence is Presence.GONE and (old is None or old.presence is not Presence.GONE):
                log.warning("an owner is gone", extra={"owner": text, "why": each.why})
