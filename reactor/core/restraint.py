"""What holds rules back beyond their own condition, and what is remembered for it.

Records only. The gate for new rules is in ``gate``, the limit of a rule in ``limits``, sums
over many runs in ``totals``; ``tick`` puts them together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from reactor.core.breaker import Open, Recent
from reactor.core.budgets import Bucket
from reactor.core.comebacks import Loops
from reactor.core.container import ContainerId, Run
from reactor.core.orders import Orders

RECENT = 10.0
"""For how many seconds a decision counts as one of those that are taken at once."""
MOST_BROKEN = 3
"""On how many containers a rule may fail before it is out of force altogether."""


@dataclass(frozen=True, slots=True)
class GateTerms:
    """How much a rule that was never in force may do at once, and how long that is counted for.

    Fewer than ``at_least`` runs are always let through; otherwise at most ``most``, and at most
    this ``share`` of the living runs in scope. ``shortest`` and ``longest`` are seconds since the
    first snapshot, or since the reload.
    """

    most: int = 20
    share: float = 0.3
    at_least: int = 3
    shortest: float = 2.0
    longest: float = 10.0
    off: bool = False


def no_gate() -> GateTerms:
    """Every rule is let through."""
    return GateTerms(off=True)


@dataclass(frozen=True, slots=True)
class Match:
    """A run that a rule would decide about, were it not held back. ``reason`` has the numbers."""

    run: Run
    name: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Gate:
    """Where the gate stands. ``opened`` are the digests of rules that it was opened for.

    ``since`` is when it began to count; ``held`` that it counted too many and waits for somebody.
    ``along`` is the number of sidecars that would go with the ``matches``, ``noted`` how many
    matches there were when that was last said, ``told`` that it was. ``unknown`` is how many more could not
    be judged; ``waiting`` tells that it is held for these alone, and goes on counting.
    """

    since: float | None = None
    held: bool = False
    waiting: bool = False
    matches: tuple[Match, ...] = ()
    along: int = 0
    unknown: int = 0
    noted: int = 0
    told: bool = False
    opened: frozenset[str] = frozenset()

    @property
    def matching(self) -> int:
        """How many runs match; one that several rules match is one."""
        return len({match.run.id for match in self.matches})

    @property
    def concerned(self) -> int:
        """How many runs it is about, all told: those that match or may, and those that would go along."""
        return self.matching + self.along + self.unknown


@dataclass(frozen=True, slots=True)
class Limited:
    """A rule that holds back, since when, and how many runs match it at present."""

    since: float
    matches: int
    limit: int


class Place(NamedTuple):
    """Where what is known of a total is kept: by the rule's key, and by the owner.

    ``claimed`` keeps those apart who are the owner's by their images' word alone.
    """

    rule: str
    owner: str = ""
    claimed: bool = False


@dataclass(frozen=True, slots=True)
class Sum:
    """A total as it was when time last went on; what is not known is not in it.

    ``group`` is the owner, empty for the whole scope; ``known`` runs are in ``amount``, ``unknown`` are not.
    Of what the host has left, ``amount`` is that, and ``of`` all that it has; there is no sum while nothing
    is known of it.
    """

    rule: str
    group: str
    amount: int
    bound: float
    known: int
    unknown: int
    of: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A run that a rule would decide about, since when it waits, and for what: a budget, or the breaker."""

    run: Run
    rule: str
    what: str
    since: float


@dataclass(frozen=True, slots=True)
class Brakes:
    """Budgets and breaker: the buckets by the budgets' names, who matched of late, and who waits.

    ``opens`` are the breakers that are open, by owner; ``short`` how many wait for which budget. ``released``
    are runs that somebody let go while the breaker was open.
    """

    buckets: Mapping[str, Bucket] = field(default_factory=dict)
    matches: Mapping[ContainerId, Recent] = field(default_factory=dict)
    opens: Mapping[str, Open] = field(default_factory=dict)
    waiting: Mapping[ContainerId, Waiting] = field(default_factory=dict)
    short: Mapping[str, int] = field(default_factory=dict)
    released: frozenset[Run] = frozenset()


@dataclass(frozen=True, slots=True)
class Curbs:
    """All that is remembered of restraint. Maps are by the rules' keys.

    ``recent`` are the latest decisions of rules with a limit, ``broken`` the containers on which
    a rule failed, as long as they are there, and ``MOST_BROKEN`` of them at most. ``sums`` are the totals
    of rules. ``orders`` is what an operator ordered, None for nothing; ``spoken`` what had been said by the
    time that the hold began. ``comebacks`` is what orchestrators bring back.
    """

    gate: Gate = field(default_factory=Gate)
    limited: Mapping[str, Limited] = field(default_factory=dict)
    recent: Mapping[str, tuple[tuple[float, ContainerId], ...]] = field(default_factory=dict)
    broken: Mapping[str, frozenset[ContainerId]] = field(default_factory=dict)
    sums: Mapping[Place, Sum] = field(default_factory=dict)
    brakes: Brakes = field(default_factory=Brakes)
    orders: Orders | None = None
    spoken: Mapping[Run, frozenset[str]] = field(default_factory=dict)
    comebacks: Loops = field(default_factory=dict)

    def is_off(self, key: str) -> bool:
        """Whether a rule failed on so many containers that it is out of force."""
        return len(self.broken.get(key, ())) >= MOST_BROKEN
