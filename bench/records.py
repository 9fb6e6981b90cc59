"""What is recorded of one victim, and of one contender.

Records and the intervals between their moments; all moments are on ``bench.clock``, in seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One call that a contender made for a kill: what, when it began, how long it took, the status."""

    what: str
    began: float
    took: float
    status: int


@dataclass(frozen=True, slots=True)
class Kill:
    """What a contender says of a kill.

    ``seen`` is the arrival of the first breaching sample, ``called`` and ``returned`` are the
    beginning and the end of the kill call, ``steps`` all calls where the contender tells them.
    """

    container: str
    seen: float
    called: float | None
    returned: float | None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Breach:
    """When a victim was first read beyond the threshold; ``slack`` is the time since the reading before."""

    at: float
    slack: float


@dataclass(frozen=True, slots=True)
class Passage:
    """One victim's way from breach to death; ``died`` is the engine's own time of its ``die`` event."""

    container: str
    breach: Breach
    died: float | None
    kill: Kill | None

    @property
    def unseen(self) -> float | None:
        """From the breach to the arrival of the sample that shows it."""
        return None if self.kill is None else self.kill.seen - self.breach.at

    @property
    def hesitation(self) -> float | None:
        """From that arrival to the beginning of the kill call."""
        return self._since_seen(self.kill.called) if self.kill else None

    @property
    def call(self) -> float | None:
        """The kill call itself."""
        if self.kill is None or self.kill.called is None or self.kill.returned is None:
            return None
        return self.kill.returned - self.kill.called

    @property
    def reaction(self) -> float | None:
        """From the arrival of the first breaching sample to the return of the kill."""
        return self._since_seen(self.kill.returned) if self.kill else None

    @property
    def ending(self) -> float | None:
        """From the breach to the engine's ``die``."""
        return None if self.died is None else self.died - self.breach.at

    def _since_seen(self, moment: float | None) -> float | None:
        return None if self.kill is None or moment is None else moment - self.kill.seen


@dataclass(frozen=True, slots=True)
class Bare:
    """The engine's own inspect and kill of a victim of the same kind, with nothing in between."""

    container: str
    inspect: float
    kill: float

    @property
    def both(self) -> float:
        """From the beginning of the inspect to the return of the kill."""
        return self.inspect + self.kill


@dataclass(frozen=True, slots=True)
class Counts:
    """The engine's truth about a contender's part of the run."""

    victims: int
    missed: int
    doubled: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What watching took: shares of one core while nothing happened, and totals over the part.

    ``engine`` is CPU seconds by program; empty where the engine's processes cannot be seen.
    """

    threads: int
    memory: int
    quiet: float
    quiet_cpu: float
    quiet_engine: Mapping[str, float]
    whole: float
    whole_cpu: float
    whole_engine: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Scale:
    """How the poll loop of this run relates to the one in the field.

    ``took`` are the seconds that each look at one container took, ``rounds`` the lengths of the
    shortened rounds, ``full_round`` that of one in the field; ``delays`` are the measured ones from
    breach to seen, each multiplied by the length of a full round over that of its own.
    """

    containers: int
    interval: float
    short_interval: float
    took: Sequence[float]
    rounds: Sequence[float]
    full_round: float
    delays: Sequence[float]


@dataclass(frozen=True, slots=True)
class Part:
    """All that was measured of one contender.

    ``bare`` are the engine's own kills in between, at random moments; ``bare_at_sample`` those at the
    moments at which a sample showed the breach.
    """

    name: str
    streams: int
    passages: Sequence[Passage]
    counts: Counts
    cost: Cost
    bare: Sequence[Bare] = ()
    bare_at_sample: Sequence[Bare] = ()
    scale: Scale | None = None
