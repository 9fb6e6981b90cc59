"""What the monitor and its fast lane say to each other: lines of JSON over a pair of sockets.

Only the shape of the words is here. Both ends are of one version, and neither writes what a stranger said:
paths of cgroups are made of ids.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from reactor.cgroups.finding import Home, Place
from reactor.core.container import ContainerId, Run
from reactor.lane.marks import Ratio

READ: Final = ("pids", "memory", "cpu")
"""The parts of a home that the lane reads; of the others it need not know."""
LONGEST: Final = 1 << 20
"""Bytes of a line; a longer one is a defect."""


@dataclass(frozen=True, slots=True)
class Arm:
    """Read this run from now on. ``key`` stands for it in what comes back.

    ``pids`` and ``memory`` are the numbers that matter, ``pids_shares`` and ``memory_shares`` the same in
    parts of the limit. ``every`` is how many seconds may lie between two readings that pass none, ``at_rest``
    the same while PIDs and memory are as they were told, if that is longer. ``fresh`` is whether the run has
    only just begun, and under our eyes: then its peaks are news from its beginning. ``lasts`` is whether it
    need not be told again at all while it is as it was told: see ``resting``.
    """

    key: int
    home: Home
    every: float
    pids: tuple[Ratio, ...] = ()
    memory: tuple[Ratio, ...] = ()
    pids_shares: tuple[Ratio, ...] = ()
    memory_shares: tuple[Ratio, ...] = ()
    fresh: bool = False
    at_rest: float = 0.0
    lasts: bool = False


@dataclass(frozen=True, slots=True)
class Disarm:
    """Read it no more."""

    key: int


@dataclass(frozen=True, slots=True)
class Told:
    """One reading, as in a ``Sample``; ``at`` is on the kernel's monotonic clock, in seconds.

    If it ``lasts``, the beats say from now on up to when it is evidence, until it is told anew or has moved.
    """

    key: int
    at: float
    pids: int | None
    pids_limit: int | None
    memory: int | None
    memory_limit: int | None
    cpu: float | None
    lasts: bool = False


@dataclass(frozen=True, slots=True)
class Beat:
    """The lane is there. ``looks`` and ``sweeps`` are counts since it began, ``busy`` the share of a core
    that it used since the last beat, ``slowed`` how often a sweep had to wait for its budget, ``late`` the
    longest delay of a look since the last beat, in seconds. ``bells`` is of how many runs the kernel tells
    itself, ``rings`` how often it did. ``forks`` is whether it tells of forks, too, ``fork_rings`` how often
    somebody was looked at for that, ``missed`` how often it should have told and did not. ``as_of`` is up to
    when whoever was told for good is known to be as he was told, on the kernel's monotonic clock."""

    runs: int = 0
    kept: int = 0
    looks: int = 0
    sweeps: int = 0
    told: int = 0
    slowed: int = 0
    busy: float = 0.0
    late: float = 0.0
    bells: int = 0
    rings: int = 0
    forks: bool = False
    fork_rings: int = 0
    missed: int = 0
    as_of: float = 0.0


@dataclass(frozen=True, slots=True)
class News:
    """What the lane has to say after a look. Those who ``moved`` are not as they were told any more.

    It is ``pressing`` if somebody told is above a mark, or was: that is for the lane itself, and is not sent.
    """

    told: tuple[Told, ...] = ()
    gone: tuple[int, ...] = ()
    beat: Beat | None = None
    moved: tuple[int, ...] = ()
    pressing: bool = False

    def __bool__(self) -> bool:
        return bool(self.told or self.gone or self.beat or self.moved)

    def with_beat(self, beat: Beat) -> "News":
        """The same, and that the lane is there."""
        return replace(self, beat=beat)


def command(word: Arm | Disarm) -> bytes:
    """A line for the lane."""
    if isinstance(word, Disarm):
        return _line({"disarm": word.key})
    found = ((part, word.home.places.get(part)) for part in READ)
    places = {part: [at.top, at.inside, at.version, *at.identity] for part, at in found if at is not None}
    numbers = [word.pids, word.memory, word.pids_shares, word.memory_shares]
    run = word.home.run
    said = {"arm": word.key, "run": [run.id, run.started_at], "in": places, "every": word.every}
    return _line(said | {"at": numbers, "fresh": word.fresh, "rest": word.at_rest, "lasts": word.lasts})


def read_command(line: bytes) -> Arm | Disarm:
    """The same, read."""
    said = json.loads(line)
    if "disarm" in said:
        return Disarm(said["disarm"])
    known = dict[str, str]()
    places = {
        sys.intern(part): Place(sys.intern(top), known.setdefault(inside, inside), version, (device, inode))
        for part, (top, inside, version, device, inode) in said["in"].items()
    }
    pids, memory, pids_shares, memory_shares = (tuple(map(_ratio, numbers)) for numbers in said["at"])
    home = Home(Run(ContainerId(said["run"][0]), said["run"][1]), places)
    shares = pids_shares, memory_shares
    return Arm(
        said["arm"], home, said["every"], pids, memory, *shares, said["fresh"], said["rest"], said["lasts"]
    )


def news(said: News) -> bytes:
    """A line for the monitor."""
    line: dict[str, Any] = {}
    if said.told:
        line["told"] = [_fields(each) for each in said.told]
    if said.gone:
        line["gone"] = said.gone
    if said.moved:
        line["moved"] = said.moved
    if said.beat is not None:
        line["beat"] = _fields(said.beat)
    return _line(line)


def read_news(line: bytes) -> News:
    """The same, read."""
    said = json.loads(line)
    beat = said.get("beat")
    return News(
        tuple(Told(*each) for each in said.get("told", ())),
        tuple(said.get("gone", ())),
        Beat(*beat) if beat is not None else None,
        tuple(said.get("moved", ())),
    )


@dataclass(slots=True)
class Lines:
    """Whole lines out of what comes in pieces."""

    _rest: bytes = field(default=b"")

    def take(self, data: bytes) -> Iterator[bytes]:
        """The lines that are whole now."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST:
            raise ValueError("a line without an end")
        yield from whole


def _ratio(pair: list[int]) -> Ratio:
    over, under = pair
    return over, under


def _fields(record: Told | Beat) -> list[Any]:
    return [getattr(record, name) for name in record.__slots__]


def _line(said: Any) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"
