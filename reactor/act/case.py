"""One decision on its way: what is known of it between two tries, and how a try can end.

Only records belong here.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from reactor.act.calls import Calls
from reactor.core.container import Container
from reactor.core.decisions import Decision, Result, Why
from reactor.core.ports import Contained

Guard = Callable[[Container, Decision], bool]
"""Asked at the last look before every call; False where the container must be left alone."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a decision ended."""

    result: Result
    why: Why
    detail: str = ""


NOT_CONTAINED = Contained()


def nothing_frozen() -> None:
    """For a case without a direct step."""


class Then(Enum):
    """What comes after a try that settled nothing."""

    KILL = auto()  # the stop did not do it
    AGAIN = auto()  # it was seen alive
    QUARANTINE = auto()  # the engine hangs over it
    WAIT = auto()  # the engine does not answer


@dataclass(frozen=True, slots=True)
class Unsettled:
    """The run may be alive still."""

    then: Then
    detail: str = ""


@dataclass(slots=True, eq=False)
class Case:
    """One decision on its way.

    ``polite`` is whether the next call is a stop, ``struck`` that a call of ours may have ended
    the run. ``asked`` is when an earlier monitor had it stopped politely, until that has been waited for;
    ``before_stop`` puts on record that we do. ``seen`` is the run as it was last seen alive, ``came_back``
    the one that followed. ``tries`` are those that found it alive, ``pauses`` those in a row for the same
    reason. ``contained`` is what came of the direct step, ``release`` says that the engine has been asked,
    and so ends a freeze. ``rival`` is the other decision about this run, ``credited`` that the end was told
    as this one's doing, ``heir`` that its rival left that to it.
    """

    decision: Decision
    calls: Calls
    polite: bool
    before_stop: Callable[[], Awaitable[None]]
    struck: bool = False
    asked: float | None = None
    seen: Container | None = None
    tries: int = 0
    pauses: int = 0
    last: Then | None = None
    quarantined: bool = False
    waiting: bool = False
    told: set[Why] = field(default_factory=set)
    came_back: Container | None = None
    contained: Contained = NOT_CONTAINED
    release: Callable[[], None] = nothing_frozen
    rival: "Case | None" = field(default=None, repr=False)
    credited: bool = False
    heir: bool = False
