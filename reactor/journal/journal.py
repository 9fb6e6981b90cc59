"""The journal as the rest of the monitor sees it.

This is the door to the room: what is said here goes into the memory at once and to the
disk when the disk can. Nothing here raises because of a disk, and only ``intend`` waits.
What operators order is in ``orderdesk``, what is kept for owners in ``tenancydesk``.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import trio

from reactor.core.container import Container, ContainerId, Run
from reactor.core.decisions import Decision, Outcome
from reactor.core.evidence import Evidence
from reactor.core.grounds import Grounds
from reactor.core.meant import Done, Meant
from reactor.core.notes import Cause, Ended
from reactor.core.ports import Anchor
from reactor.core.protection import Standing
from reactor.journal import clocks, intents, rows
from reactor.journal.backlog import Backlog, Receipt
from reactor.journal.memory import KnownRun, Memory, Recollection
from reactor.journal.opening import Listener
from reactor.journal.slips import Slip
from reactor.journal.store import Store
from reactor.journal.tenancydesk import TenancyDesk
from reactor.journal.writer import Writer

PATIENCE = 0.1
"""How long an intent may wait for the disk: a victim that saturates it must not save itself that way."""


@dataclass(frozen=True, slots=True)
class JournalStatistics:
    """How the journal does. ``late`` counts intents that were acted on before they were on the disk."""

    queued: int
    written: int
    dropped: int
    failures: int
    late: int
    last_commit_seconds: float
    healthy: bool


class Journal(TenancyDesk):
    """Intents, outcomes, runs and exits in one SQLite file. Start ``run`` before anything else.

    ``container`` is our own container's id, if we live in one, for whoever finds the file
    locked. ``slips`` is a folder in memory for intents of whom a direct end waits, see ``shelter``; None for
    none. ``inline`` writes on the calling thread: only for tests in virtual time.
    """

    def __init__(
        self,
        path: Path,
        *,
        container: str = "",
        keep_days: float = 30.0,
        capacity: int = 65_536,
        patience: float = PATIENCE,
        slips: Path | None = None,
        wall: Callable[[], float] = clocks.wall,
        boot: Callable[[], float] = clocks.boot,
        boot_id: str | None = None,
        inline: bool = False,
    ) -> None:
        super().__init__(Backlog(capacity), wall, boot, clocks.boot_id() if boot_id is None else boot_id)
        self._patience = patience
        self._memory = Memory()
        self._slip = Slip(slips, path)
        self._writer = Writer(
            Store(path, container=container, wall=wall),
            self._slip,
            self._backlog,
            self._shouter,
            Listener(self._moment, self._recall, self._take_left, self._write_all_known),
            keep_days=keep_days,
            inline=inline,
        )
        self._open_intents: tuple[Decision, ...] = ()
        self._asked: Mapping[str, float] = {}
        self._meant: Mapping[Run, Meant] = {}
        self._proven: Mapping[str, str] = {}
        self._done: Mapping[Run, tuple[Done, ...]] = {}
        self._recalled = trio.Event()
        self._late = 0

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Write until cancelled; what is queued by then is written first, for at most two seconds.

        Raises a JournalError while starting. A disk that does not work is no error.
        """
        await self._writer.run(task_status)

    def intend(
        self, decision: Decision, began: float, on_written: Callable[[], None] | None = None
    ) -> Awaitable[bool]:
        """Write an intent, from now on, and wait until it is on the disk, at most 100 ms; False if it is not.

        ``on_written`` is called as soon as it outlives our own death: from within this call, where there is
        a slip.
        """
        # In the queue at once: nothing that the same step has written down may come before it.
        row = intents.intend(decision, self._moment(began))
        at_once = on_written is not None and self._slip.put(row)
        receipt = self._put_first(row, None if at_once else on_written)
        if at_once and on_written is not None:
            on_written()
        return self._intended(decision, receipt)

    async def _intended(self, decision: Decision, receipt: Receipt) -> bool:
        written = await self._waited(receipt)
        if not written:
            self._late += 1
            self._shouter.shout("an intent is not on the disk in time", decision=decision.id, late=self._late)
        return written

    async def note_asked(self, decision: Decision) -> None:
        """Write that the engine is told now to stop the run, and wait as for an intent."""
        await self._waited(self._put_first(intents.asked(decision, self._moment())))

    def conclude(self, outcome: Outcome) -> None:
        """Write what came of an intent, without waiting."""
        self._put(*intents.conclude(outcome, self._moment()))

    def adopt(
        self, container: Container, standing: Standing, mains: frozenset[ContainerId], task: str
    ) -> None:
        """Write that a run is followed, with the edges by which it is a sidecar; again does no harm."""
        run = container.run
        known = KnownRun(run, container.name, container.image, standing, mains, task)
        self._memory.adopt(known)
        self._put(rows.adopt(known, self._moment()))

    def ended(self, ended: Ended) -> None:
        """Write that a run is over; said again, it can only add to what is known."""
        self._memory.end(ended.run, ended.cause)
        self._put(*rows.end(ended, self._moment(ended.at)))

    def certify(self, grounds: Grounds) -> None:
        """Write what a decision rests on, without waiting."""
        self._put(rows.certify(grounds, self._moment(grounds.decision.at)))

    def attach(self, decision: Decision, evidence: Evidence) -> None:
        """Write what was gathered around an end, without waiting; again, it replaces what it has anew."""
        self._put(rows.attach(decision, evidence, self._moment()))

    def anchor(self, run: Run) -> Anchor | None:
        """The anchor of a run, if one was kept."""
        return self._memory.anchor(run)

    def keep(self, run: Run, anchor: Anchor) -> None:
        """Keep an anchor, without waiting."""
        if self._memory.anchor(run) != anchor:
            self._memory.adopt(KnownRun(run, anchor=anchor))
            self._put(rows.keep(run, anchor, self._moment()))

    def open_intents(self) -> tuple[Decision, ...]:
        """The decisions of an earlier monitor whose end it did not write down, the oldest first."""
        return self._open_intents

    def done(self) -> Mapping[Run, tuple[Done, ...]]:
        """What the rules of an earlier monitor did to runs that they left alive."""
        return self._done

    def asked(self) -> Mapping[str, float]:
        """When the engine was told to stop the runs of open intents, by the decisions' ids."""
        return self._asked

    def meant(self) -> Mapping[Run, Meant]:
        """What an earlier monitor intended for runs, as far as it may have to do with how they ended."""
        return self._meant

    def open_runs(self) -> tuple[KnownRun, ...]:
        """The runs without an exit."""
        return self._memory.open_runs()

    def remembered(self) -> Mapping[ContainerId, frozenset[ContainerId]]:
        """The captured mains of the runs without an exit."""
        return self._memory.remembered()

    def known_exits(self) -> Mapping[Run, Cause]:
        """The runs whose end is on record (the latest 20,000), and their causes."""
        return self._memory.exits()

    def proven(self) -> frozenset[str]:
        """The proofs of the rules that were last in force."""
        return frozenset(self._proven)

    def prove(self, proofs: Mapping[str, str]) -> None:
        """Write which rules are in force from now on: their names by proof."""
        if proofs.keys() != self._proven.keys():
            self._proven = dict(proofs)
            self._put(*rows.proven(proofs, self._moment()))

    async def wait_recalled(self) -> None:
        """Wait until what an earlier monitor left was read: at the start, or when the file can be opened."""
        await self._recalled.wait()

    @property
    def is_recalled(self) -> bool:
        """Whether what an earlier monitor left was read."""
        return self._recalled.is_set()

    async def wait_written(self) -> None:
        """Wait until everything is on its way to the disk; give it a deadline."""
        await self._writer.wait_written()

    def statistics(self) -> JournalStatistics:
        """How the journal does, now."""
        return JournalStatistics(
            queued=len(self._backlog),
            written=self._writer.written,
            dropped=self._backlog.dropped,
            failures=self._writer.failures,
            late=self._late,
            last_commit_seconds=self._writer.last_commit,
            healthy=self._writer.healthy,
        )

    async def _waited(self, receipt: Receipt) -> bool:
        """Wait for the disk as long as one may."""
        with trio.move_on_after(self._patience):
            await receipt.wait()
        return receipt.written

    def _recall(self, recollection: Recollection) -> None:
        known = {intent.id for intent in recollection.intents}
        left = tuple(intent for intent in self._open_intents if intent.id not in known)
        self._open_intents = (*recollection.intents, *left)
        self._asked = recollection.asked
        self._meant = recollection.meant
        self._proven = dict.fromkeys(recollection.proven, "")
        self._recall_orders(recollection)
        self._done = recollection.done
        self._memory.recall(recollection)
        self._recall_tenancy(recollection)
        self._recalled.set()

    def _take_left(self, left: tuple[Decision, ...]) -> None:
        """What an earlier monitor intended, of which its journal has no row, and cannot take one yet."""
        self._open_intents = left

    def _write_all_known(self) -> None:
        """A new file was begun under way: it gets the runs that the old one had."""
        now = self._moment()
        for run in self._memory.open_runs():
            self._backlog.put(rows.again(run, now))
        self._write_tenancy_anew()
        if self._proven:
            self._backlog.put(rows.proven(self._proven, now))
        self._write_orders_anew()
