"""The schedule, made from a seed: who is cast, and when the monitor and the engine are killed.

Pure: the same seed gives the same waves, one after the other, for as long as they are wanted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from random import Random

from tests.chaos.cast import GUILTY, INNOCENT, Fate, Member

WAVE = 25
"""Breaches in a wave; there are as many innocents. The engine's ring keeps 256 events: what happens to all
of a wave at once must fit, or else the witness might not hear of it after an outage."""
FAULTS_WITHIN = 20.0
"""Seconds from the beginning of a wave in which faults come."""
LONGEST_OUTAGE = 4.0


@dataclass(frozen=True, slots=True)
class Outage:
    """When the engine is killed, in seconds from the beginning of the wave, and for how long it is away."""

    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Wave:
    """What happens together. Each of ``parts`` is started from its first member to its last."""

    number: int
    parts: tuple[tuple[Member, ...], ...]
    kills: tuple[float, ...]
    outages: tuple[Outage, ...]

    @property
    def members(self) -> tuple[Member, ...]:
        """All of them."""
        return tuple(member for part in self.parts for member in part)


@dataclass(frozen=True, slots=True)
class Size:
    """How many breaches, kills of the monitor and kills of the engine there are to be at least."""

    breaches: int = 500
    kills: int = 50
    outages: int = 5
    spare: int = 0
    """How many more guilty and innocent ones a wave has than its part: whom an outage ends, or what does not
    come off in it, is no breach that the monitor ended, and for want of one a whole wave would be played."""
    within: float = FAULTS_WITHIN
    """Seconds from the beginning of a wave in which its faults come."""


def waves(seed: str, size: Size, first: int = 0) -> Iterator[Wave]:
    """Waves for ever: whoever plays them stops when enough has been seen. ``first`` is the first number."""
    expected = ceil(size.breaches / WAVE)
    each = ceil(size.breaches / expected) + size.spare
    kills = _spread(size.kills, expected)
    outages = _spread(size.outages, expected)
    number = first
    while True:
        place = (number - first) % expected
        yield _wave(Random(f"{seed}/{number}"), number, each, kills[place], outages[place], size.within)  # noqa: S311 - A schedule.
        number += 1


def _spread(total: int, over: int) -> list[int]:
    """So many whole numbers with this sum, as even as can be."""
    return [(place + 1) * total // over - place * total // over for place in range(over)]


def _wave(chance: Random, number: int, each: int, kills: int, outages: int, within: float) -> Wave:
    parts = [*_cast(chance, number, each, guilty=True), *_cast(chance, number, each, guilty=False)]
    chance.shuffle(parts)
    return Wave(
        number,
        tuple(parts),
        tuple(sorted(chance.uniform(0, within) for _ in range(kills))),
        tuple(
            Outage(chance.uniform(0.3, 0.7) * within, chance.uniform(0, LONGEST_OUTAGE))
            for _ in range(outages)
        ),
    )


def _cast(chance: Random, number: int, each: int, *, guilty: bool) -> list[tuple[Member, ...]]:
    """Parts until there are ``each`` guilty or innocent ones; every kind comes before any comes again."""
    table, kinds, parts = GUILTY if guilty else INNOCENT, list[str](), list[tuple[Member, ...]]()
    while sum(weight(part, guilty=guilty) for part in parts) < each:
        if not kinds:
            kinds = sorted(table)
            chance.shuffle(kinds)
        kind = kinds.pop()
        parts.append(table[kind](f"{kind}-{number}-{len(parts)}", chance))
    return parts


def weight(part: tuple[Member, ...], *, guilty: bool) -> int:
    """How many breaches, or innocents, a part has."""
    wanted = Fate.ENDED if guilty else Fate.SPARED
    return sum(1 + member.heirs for member in part if member.fate is wanted)
