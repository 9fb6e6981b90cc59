"""Waiting in real time: a condition is asked again and again until a deadline, and never slept over.

Only the waiting belongs here; what is waited for is said by the caller, and stands in the message
of a wait that was in vain.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from tests.tooling.patience import patient

Answer = TypeVar("Answer")
PAUSE = patient(0.05)
"""Seconds between two times of asking; that costs whoever is asked, too, most on an emulated processor."""


class InVain(AssertionError):
    """Something that was waited for did not come."""


def until(condition: Callable[[], Answer], seconds: float, what: str = "") -> Answer:
    """Ask until the answer is true, and return it; ``what`` says what is waited for."""
    seconds = patient(seconds)
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise InVain(f"not within {seconds:g} s: {what or 'what was waited for'} (now: {answer!r})")
        time.sleep(PAUSE)
