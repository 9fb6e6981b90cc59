"""The journal as the rest of the monitor sees it.

This is the door to the room: what is said here goes into the memory at once and to the
disk when the disk can. Nothing here raises because of a disk, and only ``intend`` waits.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import trio

from reactor.core.container import Container, ContainerId, Run
from reactor.core.decisions import Decision, Outcome
from reactor.core.evidence import Evidence
from reactor.core.facts import Extended
from reactor.core.grounds import Grounds
from reactor.core.meant import Done, Meant
from reactor.core.notes import Cause, Ended
from reactor.core.orders import Hold, Orders, Silence
from reactor.core.ports import Anchor, KeptLease
from reactor.core.protection import Standing
from reactor.journal import clocks, intents, ordered, rows, tenancy
from reactor.journal.backlog import Backlog, Receipt
from reactor.journal.memory import KnownRun, Memory, Recollection
from reactor.journal.ordered import Deed
from reactor.journal.rows import Moment
from reactor.journal.shouting import Shouter
from reactor.journal.slips import Slip
from reactor.journal.store import Store
from reactor.journal.writer import Writer

PATIENCE = 0.1
"""How long an intent may wait for the disk: a victim that saturates it must not save itself that way."""
ORDER_PATIENCE = 2.0
"""How long an operator waits to hear that what he ordered is on the disk."""


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


class Journal:
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
        self._wall = wall
        self._boot = boot
        self._boot_id = clocks.boot_id() if boot_id is None else boot_id
        self._patience = patience
        self._memory = Memory()
        self._backlog = Backlog(capacity)
        self._shouter = Shouter()
        self._slip = Slip(slips, path)
        self._writer = Writer(
            Store(path, container=container, wall=wall),
            self._slip,
            self._backlog,
            self._shouter,
            moment=self._moment,
            recall=self._recall,
            left=self._take_left,
            begun_anew=self._write_all_known,
            keep_days=keep_days,
            inline=inline,
        )
        self._open_intents: tuple[Decision, ...] = ()
        self._asked: Mapping[str, float] = {}
        self._meant: Mapping[Run, Meant] = {}
        self._proven: Mapping[str, str] = {}
        self._leases: dict[str, KeptLease] = {}
        self._boots: frozenset[str] = frozenset()
        self._extensions: dict[ContainerId, Extended] = {}
        self._orders = Orders()
        self._standing: dict[str, Hold | Silence] = {}
        self._by_wall = 0
        self._done: Mapping[Run, tuple[Done, ...]] = {}
        self._latest_order: Receipt | None = None
        self._recalled = trio.Event()
        self._told_drops = 0
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

    def orders(self) -> Orders:
        """What operators ordered before this monitor began, and what is not over."""
        return self._orders

    def order(self, order: Hold | Silence) -> None:
        """Write what an operator ordered; again does no harm. A hold takes the place of the one before."""
        before = [
            each.id for each in self._standing.values() if isinstance(each, Hold) and each.id != order.id
        ]
        self._standing[order.id] = order
        self._put_order(ordered.order(order, self._moment(order.since)))
        for key in before if isinstance(order, Hold) else ():
            self.lift(key, order.who)

    def lift(self, key: str, by: str) -> None:
        """Write that an order is over, by its id."""
        self._standing.pop(key, None)
        self._put_order(ordered.lift(key, by, self._moment()))

    def did(self, deed: Deed) -> None:
        """Write what an operator did once: it is for the record only."""
        self._put_order(ordered.did(deed, self._moment(deed.at)))

    async def kept(self) -> bool:
        """Wait until what was ordered last is on the disk, two seconds at most; False if it is not there yet.

        It is tried on, and in force meanwhile; a monitor that begins anew may know nothing of it.
        """
        receipt = self._latest_order
        if receipt is None:
            return True
        with trio.move_on_after(ORDER_PATIENCE):
            await receipt.wait()
        return receipt.written

    @property
    def is_recalled(self) -> bool:
        """Whether what an earlier monitor left was read."""
        return self._recalled.is_set()

    @property
    def by_wall(self) -> int:
        """How many standing orders with an end go by the wall's clock: the machine was started anew since."""
        return self._by_wall

    def leases(self) -> tuple[KeptLease, ...]:
        """The leases as they were last kept."""
        return tuple(self._leases.values())

    def keep_lease(self, lease: KeptLease) -> None:
        """Write down a lease as it is now, without waiting."""
        self._leases[lease.name] = lease
        if lease.forgotten:
            del self._leases[lease.name]
        self._put(tenancy.keep(lease, self._moment()))

    def boots(self) -> frozenset[str]:
        """The boots of the engine's host that are on record."""
        return self._boots

    def keep_boot(self, boot_id: str) -> None:
        """Write down a boot of the engine's host, without waiting."""
        self._boots |= {boot_id}
        self._put(tenancy.boot(boot_id, self._moment()))

    def extensions(self) -> tuple[Extended, ...]:
        """The extensions that lasted when an earlier monitor's file was read, and those given since."""
        return tuple(self._extensions.values())

    def extend(self, fact: Extended) -> None:
        """Write down that somebody lets a container live longer, without waiting."""
        self._extensions[fact.id] = fact
        self._put_order(tenancy.extend(fact, self._moment(fact.at)))

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

    def _put_first(self, row: rows.Row, on_written: Callable[[], None] | None = None) -> Receipt:
        """Have a row written before everything else."""
        receipt = self._backlog.put_intent(row, on_written)
        self._tell_drops()
        return receipt

    async def _waited(self, receipt: Receipt) -> bool:
        """Wait for the disk as long as one may."""
        with trio.move_on_after(self._patience):
            await receipt.wait()
        return receipt.written

    def _moment(self, at: float | None = None) -> Moment:
        now = trio.current_time()
        since = now - (now if at is None else at)
        return Moment(now - since, self._wall() - since, self._boot_id, self._boot() - since)

    def _put_order(self, row: rows.Row) -> None:
        """Orders are few, somebody waits for them, and no look at the engine would find a lost one."""
        self._latest_order = self._backlog.put_intent(row)
        self._tell_drops()

    def _put(self, *written: rows.Row) -> None:
        self._backlog.put(written)
        self._tell_drops()

    def _tell_drops(self) -> None:
        if self._backlog.dropped > self._told_drops:
            self._told_drops = self._backlog.dropped
            self._shouter.shout("the journal does not keep up: rows are lost", lost=self._told_drops)

    def _recall(self, recollection: Recollection) -> None:
        known = {intent.id for intent in recollection.intents}
        left = tuple(intent for intent in self._open_intents if intent.id not in known)
        self._open_intents = (*recollection.intents, *left)
        self._asked = recollection.asked
        self._meant = recollection.meant
        self._proven = dict.fromkeys(recollection.proven, "")
        self._orders = recollection.orders
        self._by_wall = recollection.by_wall
        self._done = recollection.done
        self._memory.recall(recollection)
        self._leases = {**{each.name: each for each in recollection.leases}, **self._leases}
        self._boots |= recollection.boots
        self._extensions = {**{each.id: each for each in recollection.extensions}, **self._extensions}
        self._recalled.set()

    def _take_left(self, left: tuple[Decision, ...]) -> None:
        """What an earlier monitor intended, of which its journal has no row, and cannot take one yet."""
        self._open_intents = left

    def _write_all_known(self) -> None:
        """A new file was begun under way: it gets the runs that the old one had."""
        now = self._moment()
        for run in self._memory.open_runs():
            self._backlog.put(rows.again(run, now))
        for lease in self._leases.values():
            self._backlog.put((tenancy.keep(lease, now),))
        for extended in self._extensions.values():
            self._backlog.put((tenancy.extend(extended, self._moment(extended.at)),))
        for boot in sorted(self._boots):
            self._backlog.put((tenancy.boot(boot, now),))
        if self._proven:
            self._backlog.put(rows.proven(self._proven, now))
        for order in self._standing.values():
            self._backlog.put((ordered.order(order, self._moment(order.since)),))
