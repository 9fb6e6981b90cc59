"""Who is first where all processors are taken: the lane, and its monitor while there is something to decide.

Only what the kernel's scheduler is told belongs here. The lane goes before all that is not real-time itself:
it looks for a few microseconds, by a budget that it keeps. Its monitor does so from a reading above a mark
until that is dealt with, which takes milliseconds; the rest of its work has the niceness that it gave itself,
and those who are dying then have the processors. Whoever has no right to it goes on as he is.
"""

import os
import resource
import signal
from contextlib import suppress
from typing import Final

LANE: Final = 2
"""Real-time priorities: the lane's is above its monitor's, and both are below all that a host may have."""
MONITOR: Final = 1
LIFTED: Final = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
"""The policy of a monitor that was lifted: what it starts meanwhile is not."""
LONGEST_TURN: Final = 100_000
"""Microseconds without a wait after which whoever is real-time is so no more: a defect must not take a
processor from everybody. The kernel counts them, and tells by a signal."""


def go_first() -> bool:
    """Put this process, which is a lane, before all that is not real-time; whether we may."""
    try:
        _limit_turns()
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(LANE))
    except (OSError, ValueError):
        # No right to it, or somebody has allowed less than a turn of ours.
        return False
    return True


def may_be_lifted() -> bool:
    """Get this process, which is a monitor, ready for ``lift``; whether it makes sense to lift it.

    Whoever runs it by a policy of his own choice knows what he wants.
    """
    if os.sched_getscheduler(0) != os.SCHED_OTHER:
        return False
    try:
        _limit_turns()
    except (OSError, ValueError):
        return False
    return True


def lift(pid: int) -> None:
    """Put the first thread of our monitor, if that is still our parent, behind nobody but the lane."""
    with suppress(OSError):
        if os.getppid() == pid and os.sched_getscheduler(pid) == os.SCHED_OTHER:
            os.sched_setscheduler(pid, LIFTED, os.sched_param(MONITOR))


def stand_down() -> None:
    """Take our turn with the others again, if we were lifted."""
    if os.sched_getscheduler(0) == LIFTED:
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def _limit_turns() -> None:
    """Have the kernel say so when a turn lasts too long; from then on we are as others are."""
    # First who hears the signal, and then who sends it: it ends whoever does not listen.
    signal.signal(signal.SIGXCPU, _be_as_others)
    hard = resource.getrlimit(resource.RLIMIT_RTTIME)[1]
    resource.setrlimit(resource.RLIMIT_RTTIME, (LONGEST_TURN, hard))


def _be_as_others(*_: object) -> None:
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    with suppress(OSError, ValueError):
        # The kernel has moved the limit by a second.
        _limit_turns()
