"""What an earlier monitor meant to do to a run, where it did not live to write down how the run ended.

Only the question whether an end fits an intent is here. What a monitor saw with its own eyes is known; an
intent that is on the disk, and after which the run ended as that intent would have it, is a good guess: the
same signal may have come from somebody else, and so it is said to be no more than that.
"""

from dataclasses import dataclass

from reactor.core.moments import nanoseconds
from reactor.core.verbs import Action

KILLED, TERMINATED = 137, 143
"""The exit codes of a process that was ended by SIGKILL and by SIGTERM: ours, somebody's, or the kernel's."""
UNTOLD = 255
"""What an engine writes down that was away when a run ended, and finds it over; programs give it, too."""
BEFORE = 5_000_000_000
"""Nanoseconds by which the engine's clock may be behind the one by which an intent was written."""
AFTER = 60_000_000_000
"""Nanoseconds, beyond its grace, within which it must have come: an engine may be busy for long."""
_POLITE = frozenset({Action.STOP, Action.RESTART})


@dataclass(frozen=True, slots=True)
class Meant:
    """An intent about one run. ``at`` is when it was first written, in nanoseconds since the epoch; ``ended``
    tells that the monitor itself saw the run end by its call."""

    action: Action
    at: int
    grace: float = 0.0
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What a rule had done to a run that it left alive. ``certain`` is False where its monitor was killed
    meanwhile, and nobody knows how far it came."""

    rule: str
    level: str
    certain: bool


def fits(meant: Meant | None, exit_code: int | None, finished_at: str, *, struck: bool) -> bool:
    """Whether this end is what the intent would have come to; what is not known fits nothing.

    ``struck`` is whether the engine told of a signal that ends, just before the end.
    """
    finished = nanoseconds(finished_at)
    if meant is None or finished is None or exit_code is None:
        return False
    latest = meant.at + round(meant.grace * 1e9) + AFTER
    if not meant.at - BEFORE <= finished <= latest:
        return False
    if exit_code in {KILLED, UNTOLD}:
        return True
    # Who is asked to stop may give any exit code, but then the engine's word of the signal is needed.
    return meant.action in _POLITE and (struck or exit_code == TERMINATED)
