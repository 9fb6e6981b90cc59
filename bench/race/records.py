"""What is taken down: of each attack, of each window in which nothing happens, of each start.

Records and the intervals between their moments. All moments are on ``bench.clock``, in seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.floor import Floor
from bench.machine import Machine


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a contender says that it did about one container.

    ``seen`` is when the evidence came, ``decided`` the verdict, ``contained`` a direct end past the engine,
    ``called`` and ``returned`` the engine's kill, ``verified`` when the end was known to be one.
    """

    container: str
    rule: str
    seen: float
    decided: float
    contained: float | None = None
    called: float | None = None
    returned: float | None = None
    verified: float | None = None


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack, from the attacker's own stamp to the engine's last word.

    ``at_start`` is whether it came with the container's start. ``gone`` is when the last process had left the
    cgroup, ``died`` the engine's event. ``oom`` is whether the kernel was faster. ``amount`` is how far the
    attacker came: processes, or bytes. ``counted`` is when memory with all page cache was above the bound,
    which is not what a rule asks.
    """

    contender: str
    kind: str
    at_start: bool
    began: float | None
    breach: float | None
    last: float | None
    amount: int
    verdict: Verdict | None
    gone: float | None
    died: float | None
    oom: bool
    counted: float | None = None

    def since_breach(self, moment: str) -> float | None:
        """From the breach to one of the later moments, by its name."""
        at = self.moment(moment)
        return None if at is None or self.breach is None else at - self.breach

    def between(self, one: str, other: str) -> float | None:
        """From one moment to another."""
        first, second = self.moment(one), self.moment(other)
        return None if first is None or second is None else second - first

    def moment(self, name: str) -> float | None:
        """A moment by its name; those of the verdict only where there is one."""
        if name in {"gone", "died", "breach", "last", "counted"}:
            found: float | None = getattr(self, name)
        else:
            found = getattr(self.verdict, name) if self.verdict else None
        return found


@dataclass(frozen=True, slots=True)
class Bare:
    """The engine's own kill of an idle container: from the call to its return, and to the event."""

    contender: str
    call: float
    die: float | None


@dataclass(frozen=True, slots=True)
class Arming:
    """How many containers of one turn were armed within so many seconds of their start, by bound."""

    contender: str
    buckets: Sequence[tuple[float, int]]


@dataclass(frozen=True, slots=True)
class Window:
    """What one contender used while nothing happened, with so many containers. Rates are per second.

    CPU is in shares of one core. ``calls`` are calls to the engine, ``first_calls`` those from its start
    until it watched everybody, for which it took ``startup``. What could not be measured is None.
    """

    contender: str
    containers: int
    seconds: float
    startup: float | None
    cpu: float
    engine_cpu: float
    pss: int
    rss: int
    wakeups: float
    engine_wakeups: float
    calls: float
    readings: float | None
    first_calls: int


@dataclass(frozen=True, slots=True)
class Loop:
    """How the poll loop of this run relates to the one in the field; times in seconds.

    ``looked`` are how long single looks took, ``rounds`` how long the shortened rounds.
    """

    interval: float
    short: float
    looks: Sequence[float]
    rounds: Sequence[float]


@dataclass(slots=True)
class Found:
    """All that was taken down so far."""

    windows: list[Window] = field(default_factory=list)
    attacks: list[Attack] = field(default_factory=list)
    bare: list[Bare] = field(default_factory=list)
    floors: list[Floor] = field(default_factory=list)
    armings: list[Arming] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    rounds: list[float] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    innocents: int = 0
    machine: Machine | None = None

    def loop(self, interval: float, short: float) -> Loop:
        """What is known of the poll loop."""
        return Loop(interval, short, tuple(self.looks), tuple(self.rounds))
