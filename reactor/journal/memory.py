"""What the journal knows without asking the disk: the runs under way, and which are over.

Only a bounded picture of the file belongs here; it is filled once at the start and kept up
by what is written afterwards, so that no caller ever waits for the disk to know an anchor.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from reactor.core.container import ContainerId, Run
from reactor.core.decisions import Decision
from reactor.core.facts import Extended
from reactor.core.meant import Done, Meant
from reactor.core.notes import Cause
from reactor.core.orders import Orders
from reactor.core.ports import Anchor, KeptLease

CAPACITY = 20_000


@dataclass(frozen=True, slots=True)
class KnownRun:
    """A run without an exit. ``standing`` is empty if it was anchored and not adopted yet."""

    run: Run
    name: str = ""
    image: str = ""
    standing: str = ""
    mains: frozenset[ContainerId] = frozenset()
    task: str = ""
    anchor: Anchor | None = None


@dataclass(frozen=True, slots=True)
class Recollection:
    """What an earlier monitor left in the file."""

    runs: tuple[KnownRun, ...] = ()
    exits: Mapping[Run, Cause] = field(default_factory=dict)
    intents: tuple[Decision, ...] = ()
    proven: frozenset[str] = frozenset()
    orders: Orders = field(default_factory=Orders)
    leases: tuple[KeptLease, ...] = ()
    boots: frozenset[str] = frozenset()
    extensions: tuple[Extended, ...] = ()
    asked: Mapping[str, float] = field(default_factory=dict)
    meant: Mapping[Run, Meant] = field(default_factory=dict)
    by_wall: int = 0
    done: Mapping[Run, tuple[Done, ...]] = field(default_factory=dict)
    paused: tuple[Run, ...] = ()


class Memory:
    """The runs under way and the latest exits. Beyond ``capacity`` the oldest are forgotten."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._runs: dict[Run, KnownRun] = {}
        self._exits: dict[Run, Cause] = {}

    def recall(self, recollection: Recollection) -> None:
        """Take in what was read; what is known already is newer."""
        self._exits = {**recollection.exits, **self._exits}
        old = {known.run: known for known in recollection.runs if known.run not in self._exits}
        self._runs = {**old, **{run: _merged(old.get(run), known) for run, known in self._runs.items()}}
        _bound(self._runs, self._capacity)
        _bound(self._exits, self._capacity)

    def adopt(self, known: KnownRun) -> None:
        """A run is followed. One that is over stays over: the two can arrive in either order."""
        if known.run not in self._exits:
            self._runs[known.run] = _merged(self._runs.get(known.run), known)
            _bound(self._runs, self._capacity)

    def end(self, run: Run, cause: Cause) -> None:
        """A run is over; its anchor and its edges are needed no more."""
        self._runs.pop(run, None)
        known = self._exits.get(run)
        if known is None or _rank(cause) > _rank(known):
            self._exits[run] = cause
        _bound(self._exits, self._capacity)

    def anchor(self, run: Run) -> Anchor | None:
        """Where a run began, if that was kept."""
        known = self._runs.get(run)
        return known.anchor if known else None

    def open_runs(self) -> tuple[KnownRun, ...]:
        """All runs without an exit, the longest known first."""
        return tuple(self._runs.values())

    def remembered(self) -> Mapping[ContainerId, frozenset[ContainerId]]:
        """The captured mains of the runs under way, by container."""
        return {run.id: known.mains for run, known in self._runs.items() if known.mains}

    def exits(self) -> Mapping[Run, Cause]:
        """The runs that are known to be over, and how that came about."""
        return MappingProxyType(self._exits)


def _merged(old: KnownRun | None, new: KnownRun) -> KnownRun:
    """The newer one, with what only the older one knows."""
    if old is None:
        return new
    if not new.standing:
        return replace(old, anchor=new.anchor or old.anchor)
    return replace(
        new, mains=new.mains or old.mains, task=new.task or old.task, anchor=new.anchor or old.anchor
    )


def _rank(cause: Cause) -> int:
    return (Cause.UNSEEN, Cause.ITSELF, Cause.OOM, Cause.ENGINE, Cause.REACTOR).index(cause)


def _bound(entries: dict[Run, KnownRun] | dict[Run, Cause], capacity: int) -> None:
    while len(entries) > capacity:
        del entries[next(iter(entries))]
