"""Two of the four records: what should happen to which run, and what did happen.

A decision's id derives from what it was made of, so that a replay of the same facts
gives the same ids. Nothing here acts; that is the business of the ``act`` room.
"""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from reactor.core.container import Run
from reactor.core.stages import Stage, pace
from reactor.core.verbs import ENDING, Action


class Result(StrEnum):
    """How an action ended. ``UNKNOWN`` means that the run may still be running: it is not given up."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Why(StrEnum):
    """The reason that goes with a result: a fixed vocabulary, fit for a metric label."""

    ENDED = "ended"  # done: our call ended the run
    ALREADY_OVER = "already-over"  # done: the run was over before our call
    CARRIED_OUT = "carried-out"  # done: what leaves the run alive was done
    GONE = "gone"  # done: the engine does not know the container any more
    STALE = "stale"  # refused: the container has begun another run
    IMPOSTOR = "impostor"  # refused: another container answers to this id
    PROTECTED = "protected"  # refused: skipped, protected or out of scope at the last look
    NO_RULE = "no-rule"  # refused: the rule that an earlier monitor decided by is in force no more
    DRY_RUN = "dry-run"  # refused: the rule or the monitor runs dry
    STRICT = "strict"  # refused: the journal could not take the intent and the configuration says strict
    FORBIDDEN = "forbidden"  # failed: the engine does not let us
    WEDGED = "wedged"  # unknown: the engine does not get it done; the run is in quarantine
    UNREACHABLE = "unreachable"  # unknown: the engine does not answer
    STAGE_FAILED = "stage-failed"  # failed: a stage that leaves the run alive did not come off
    INTERRUPTED = "interrupted"  # failed: an earlier monitor began it and nobody knows how far it came
    GIVEN_UP = "given-up"  # failed: retried until the limit


@dataclass(frozen=True, slots=True)
class Decision:
    """What should be done to which run, by which rule, because of what.

    ``at`` is the moment of the fact that decided, on our monotonic clock in seconds.
    ``seen`` is when the evidence first arrived (equal to ``at`` without a ``for:``).
    ``grace`` is the number of seconds between the polite and the hard signal of a stop.
    ``cause`` is the id of the decision whose cascade this one belongs to. ``stages`` is the chain of the
    rule, empty where there is nothing but ``action`` and ``grace``, which are those of its principal stage.
    ``summary`` is what the rule's author says of it, with the run's values; empty if nothing is said.
    ``level`` is the part of the rule that decided (a ``Level``), empty where no rule did or nobody wrote it
    down. ``contain`` asks that the run be ended, or frozen, directly where that is possible, before the
    engine is asked for its end.
    """

    id: str
    at: float
    run: Run
    name: str
    action: Action
    rule: str
    reason: str
    seen: float
    grace: float = 0.0
    cause: str = ""
    dry_run: bool = False
    stages: tuple[Stage, ...] = ()
    summary: str = ""
    level: str = ""
    contain: bool = False

    @property
    def ends(self) -> bool:
        """Whether the run is to be over after it."""
        return self.action in ENDING

    @property
    def pace(self) -> Action:
        """How fast it ends the run: KILL at once, STOP in its own time, with whatever comes before."""
        return pace(self.action, self.stages)

    @property
    def pauses(self) -> bool:
        """Whether the run is paused by it, at once or on the way."""
        return self.action is Action.PAUSE or any(each.action is Action.PAUSE for each in self.stages)


def decision_id(run: Run, action: Action, rule: str, cause: str, nth: int, *, dry_run: bool = False) -> str:
    """Sixteen hex digits that derive from what was decided; ``nth`` counts decisions about this run.

    What was only said must not share its id, and so its place in the journal, with what is done later.
    """
    said = ("dry run",) if dry_run else ()
    text = "\n".join((run.id, run.started_at, action, rule, cause, str(nth), *said))
    return sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the engine on behalf of a decision: when it began, how long it took, what came back.

    ``status`` is the HTTP status, 0 where there was none; ``note`` then says what there was instead.
    """

    what: str
    began: float
    took: float
    status: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a decision. ``final`` is False while the run is in quarantine and is tried again.

    ``contained`` tells that the run was ended directly, before the engine was asked.
    """

    decision: Decision
    at: float
    result: Result
    why: Why
    detail: str = ""
    calls: tuple[Call, ...] = ()
    final: bool = True
    contained: bool = False
