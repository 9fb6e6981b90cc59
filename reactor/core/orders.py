"""What an operator has ordered for a while: a hold, by which nothing is done, and silences.

The records, and what they mean for a setup. A silence is for a container by its full id, never by a name:
names can be given to others.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from reactor.core.container import ContainerId

LONGEST = 7 * 86400.0
"""Seconds that a silence may last."""
MOST = 1000
"""Silences at a time; each is looked at whenever a rule decides."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing is done, and all is said. ``until`` is None for as long as nobody resumes."""

    id: str
    since: float
    who: str
    why: str
    until: float | None = None

    def holds(self, at: float) -> bool:
        """Whether it is not over."""
        return self.until is None or at < self.until


@dataclass(frozen=True, slots=True)
class Silence:
    """One container, or one rule, of which nothing comes until then. ``name`` is for people only."""

    id: str
    since: float
    until: float
    who: str
    why: str
    container: str = ""
    name: str = ""
    rule: str = ""

    def covers(self, container: ContainerId, rule: str, at: float) -> bool:
        """Whether this rule says nothing about this container. Both may be open: all that are open count."""
        if at >= self.until or not (self.container or self.rule):
            return False
        return self.container in {"", container} and self.rule in {"", rule}


@dataclass(frozen=True, slots=True)
class Orders:
    """All that is ordered now."""

    hold: Hold | None = None
    silences: tuple[Silence, ...] = ()


def silence_of(silences: Iterable[Silence], container: ContainerId, rule: str, at: float) -> Silence | None:
    """The silence by which this rule says nothing about this container."""
    return next((each for each in silences if each.covers(container, rule, at)), None)


def is_silent(silences: Iterable[Silence], rule: str, at: float) -> bool:
    """Whether this rule says nothing about anybody."""
    return any(each.rule == rule and not each.container and at < each.until for each in silences)
