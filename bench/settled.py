"""Waits until a monitor has begun in full: what it leaves to helpers at its start is no idling.

The kernel takes some 12 ms for each number of which it is to tell, and a container has several: the helpers
of the fast lane that ask for them were at it for 26 s with a thousand containers. Only that waiting is here;
what is measured then is elsewhere.
"""

import time
from collections.abc import Sequence

from bench.race import usage

_LOOKS_EVERY = 1.0
_QUIET = 5
"""Wake-ups of all helpers in that time, at most, when they have nothing more to do."""


def wait_settled(processes: Sequence[int], within: float) -> bool:
    """Wait until the threads of all but the first process, other than their own first ones, do nothing.

    False if they did something for ``within`` seconds.
    """
    until, children = time.monotonic() + within, processes[1:]
    while True:
        before = _helpers(children)
        time.sleep(_LOOKS_EVERY)
        if usage.since(before, _helpers(children)).wakeups <= _QUIET:
            return True
        if time.monotonic() > until:
            return False


def _helpers(processes: Sequence[int]) -> dict[int, usage.Used]:
    return {thread: used for thread, used in usage.used(processes).items() if thread not in processes}
