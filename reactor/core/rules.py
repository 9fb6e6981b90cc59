"""The third of the four records: what the user wrote, compiled. A rule holds no state.

What a rule looks like as text is the business of the ``ruleset`` room; how its condition
is checked and compiled is in ``checker`` and ``closures``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from reactor.core.container import Container
from reactor.core.decisions import Action

COMPOSE_PROJECT = "com.docker.compose.project"


class Trigger(StrEnum):
    """What a rule can wait for instead of, or beside, a condition."""

    OOM = "oom"


@dataclass(frozen=True, slots=True)
class View:
    """The values that an expression reads about one run; None is unknown.

    ``age`` is in seconds, memory in bytes; ``pids_limit`` and ``memory_limit`` are also None
    where there is no limit. ``labels`` are those that the container was given, not its image's.
    """

    name: str
    image: str
    state: str
    labels: Mapping[str, str]
    age: float | None = None
    pids: int | None = None
    pids_limit: int | None = None
    memory: int | None = None
    memory_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled expression: ``test`` answers True, False or None for unknown and never raises.

    ``reads`` are the fields of View it needs; ``explain`` says it with its numbers filled in,
    such as ``pids 231 > 200``. ``relative`` are those read as a percentage of their limit.
    """

    text: str
    test: Callable[[View], bool | None]
    explain: Callable[[View], str]
    reads: frozenset[str]
    relative: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Selector:
    """Names containers; every part that is given must match. Parts other than ``label`` are globs.

    ``value`` is a glob for the label's value, or None for any value.
    """

    label: str = ""
    value: str | None = None
    name: str = ""
    image: str = ""
    project: str = ""

    def matches(self, container: Container, labels: Mapping[str, str]) -> bool:
        """Whether the container is named. ``labels`` are those that count: never the image's own."""
        if self.label and self.label not in labels:
            return False
        if self.label and self.value is not None and not fnmatchcase(labels[self.label], self.value):
            return False
        if self.name and not fnmatchcase(container.name, self.name):
            return False
        if self.image and not fnmatchcase(container.image, self.image):
            return False
        return not self.project or fnmatchcase(labels.get(COMPOSE_PROJECT, ""), self.project)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``name`` is ``group/rule``; ``hold`` is its ``for:`` in seconds; ``place`` is ``file:line``.

    ``select`` narrows the scope, any of its selectors is enough, none means the whole scope.
    It can never widen it. ``when`` and ``on`` may stand together: the trigger counts only
    while the condition holds.
    """

    name: str
    place: str
    when: Condition | None = None
    on: Trigger | None = None
    select: tuple[Selector, ...] = ()
    hold: float = 0.0
    dry_run: bool = False
    action: Action = Action.KILL
    summary: str = ""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules in force, in the order of the files. ``version`` is a digest of what was read."""

    rules: tuple[Rule, ...]
    version: str = ""
