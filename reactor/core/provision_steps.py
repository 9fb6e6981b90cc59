"""The steps by which a task gets what it is to have, and is rid of it: what is planned, and the table it is
planned on.

Only the records are here. Which steps follow is in ``providing`` and ``taking_down``; how one is done is the
business of others.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from reactor.core.container import Run
from reactor.core.facts import Parting
from reactor.core.provisions import Memory, Phase, Task, Wanted
from reactor.core.recipes import Template
from reactor.core.state import Setup

AGAIN_AFTER = 1.0
"""Seconds after which an end that was not decided, for want of a token for instance, is asked for again."""


@dataclass(frozen=True, slots=True)
class Make:
    """Make this one, and start it."""

    template: Template


@dataclass(frozen=True, slots=True)
class Start:
    """Start this one, which was made before."""

    template: Template
    run: Run


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove this one, which does not run; never its data."""

    template: str
    run: Run
    why: str


@dataclass(frozen=True, slots=True)
class Fail:
    """Remember that this one failed, and say so."""

    template: Template
    why: str
    text: str
    run: Run


@dataclass(frozen=True, slots=True)
class Part:
    """Have this run ended, by a decision."""

    run: Run
    why: Parting
    reason: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """Pause this main."""

    run: Run


@dataclass(frozen=True, slots=True)
class Release:
    """Let this main go on, which we paused."""

    run: Run
    why: str


Step = Make | Start | Remove | Fail | Part | Hold | Release


@dataclass(frozen=True, slots=True)
class Sidecar:
    """How it stands with one sidecar. ``stale`` tells that one made now would be another one."""

    template: str
    phase: Phase
    run: Run | None = None
    why: str = ""
    text: str = ""
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """How it stands with a task, what is to be done now, and when it is to be looked at again.

    ``trouble`` is what stands in the way of all of it, for people; empty if nothing does.
    """

    task: str
    sidecars: tuple[Sidecar, ...] = ()
    steps: tuple[Step, ...] = ()
    due: float | None = None
    trouble: str = ""


@dataclass(slots=True)
class Table:
    """One task on the table. It does not outlive the planning."""

    setup: Setup
    wanted: Wanted
    task: Task
    memory: Memory
    digest_of: Callable[[Template], str]
    at: float
    steps: list[Step] = field(default_factory=list)
    due: list[float] = field(default_factory=list)

    def wait_until(self, moment: float) -> None:
        """It is to be looked at again at this moment."""
        self.due.append(moment)
