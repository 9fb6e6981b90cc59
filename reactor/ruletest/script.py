"""A test that was read: records, no text. How they are written is in ``models`` and ``reading``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reactor.core.owners import Presence
from reactor.core.rules import RuleSet
from reactor.ruletest.config import Terms
from reactor.ruletest.values import Course

SAMPLED = ("pids", "pids_limit", "memory", "memory_limit", "cpu")
"""The values of a container that come in its samples."""
MEASURED = "layer_writes"
"""The value that the engine is asked for seldom."""
ZOMBIES = "zombies"
"""The value that comes by a look at all processes."""
COURSES = (*SAMPLED, MEASURED, ZOMBIES)
"""The values that can go from one to another over time."""
HOST = ("memory_total", "memory_available")
"""The values of the host."""


@dataclass(frozen=True, slots=True)
class Box:
    """A container of a test, as it is at the beginning.

    ``plain`` are the values that a look tells, by the names of ``core.container.Container``;
    ``courses`` those that samples and measures tell. ``age`` is None if the start is not known.
    """

    key: str
    state: str
    age: float | None = 0.0
    plain: Mapping[str, object] = field(default_factory=dict)
    joins: tuple[str, ...] = ()
    courses: Mapping[str, Course] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """What changes of a container: ``plain`` for looks to see, ``courses`` for samples."""

    box: str
    plain: Mapping[str, object] = field(default_factory=dict)
    courses: Mapping[str, Course] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HostChange:
    """What changes of the host's memory, by the names of ``core.facts.HostSeen``."""

    courses: Mapping[str, Course]


@dataclass(frozen=True, slots=True)
class Turn:
    """What happens to a container: ``oom``, ``dies``, ``created``, ``starts``, ``removed``, ``silent``."""

    box: str
    what: str
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Events:
    """The engine's events are lost from now on, or are back."""

    up: bool


@dataclass(frozen=True, slots=True)
class OwnersChange:
    """What is found of owners from now on, by the texts of their labels; of all others nothing is known."""

    known: Mapping[str, Presence]


What = Change | HostChange | Turn | Events | OwnersChange


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything that one entry of ``facts`` tells."""

    at: float
    what: tuple[What, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """A decision that must come. ``rule`` is empty in a cascade that leaves it open.

    ``because`` and ``summary`` are empty wherever they may be anything.
    """

    at: float
    line: int
    action: str
    box: str
    rule: str = ""
    because: str = ""
    because_of: str = ""
    grace: float | None = None
    dry_run: bool = False
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rules are to be ``unknown``, or to hold, for a container at a moment: these and no others."""

    at: float
    line: int
    what: str
    box: str
    rules: frozenset[str]


@dataclass(frozen=True, slots=True)
class Case:
    """One test."""

    file: str
    line: int
    name: str
    rules: RuleSet
    terms: Terms
    boxes: tuple[Box, ...]
    moments: tuple[Moment, ...]
    expected: tuple[Expected, ...]
    asked: tuple[Asked, ...]
    until: float
    host: Mapping[str, Course] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Script:
    """One test file: the rule files that it is about, and its tests."""

    file: str
    rules: tuple[Path, ...]
    cases: tuple[Case, ...]
