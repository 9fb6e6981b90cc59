"""Who is first where all processors are taken: the monitor, before those whom it is to end.

Only the priority of our own process belongs here. The fast lane has one of its own, and what a rule has run
gets the usual one again (``act/programs``).
"""

import os

PRIORITY = -10
"""The niceness of the monitor. An attack that takes all processors does not take its, and what it needs
itself is a few hundredths of one."""


def go_first() -> bool:
    """Raise the priority of this thread, and of all that it starts from now on; whether we may.

    On Linux each thread has its own, which it hands down: this has to come before the first of them.
    """
    if os.getpriority(os.PRIO_PROCESS, 0) <= PRIORITY:
        return True
    try:
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    except OSError:
        return False
    return True
