"""Makes Rx schedulers that start threads or block the loop fail loudly.

Belongs here: guards that hold for every test. An operator without a scheduler falls back to
`TimeoutScheduler`, which starts a thread for each timer, and a trampoline that is given a delay blocks the
whole event loop; both look harmless in a small test and are neither in the product.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn
from unittest.mock import patch

from reactivex.scheduler import TimeoutScheduler
from reactivex.scheduler.trampolinescheduler import TrampolineScheduler


class ForbiddenSchedulerError(AssertionError):
    """Something asked for a scheduler that starts threads, or for a delay on one that would block."""


@contextmanager
def no_waiting_schedulers() -> Iterator[None]:
    """Refuse thread timers and blocking trampolines inside; fail at the end if one was asked for."""
    offences: list[ForbiddenSchedulerError] = []

    def refuse(sentence: str) -> NoReturn:
        offences.append(ForbiddenSchedulerError(sentence))
        raise offences[-1]

    def no_singleton(_class: type) -> NoReturn:
        refuse("an operator fell back to TimeoutScheduler, which starts threads: pass the scheduler")

    at_once = TrampolineScheduler.schedule_absolute

    def no_delay(self: TrampolineScheduler, duetime: Any, action: Any, state: Any = None) -> Any:
        if self.to_datetime(duetime) > self.now:
            refuse(f"a delay on {type(self).__name__} blocks the event loop: pass the scheduler")
        return at_once(self, duetime, action, state)

    with (
        patch.object(TimeoutScheduler, "singleton", classmethod(no_singleton)),
        patch.object(TrampolineScheduler, "schedule_absolute", no_delay),
    ):
        yield
    # Rx turns an exception inside a subscription into `on_error`, where a test may overlook it.
    if offences:
        raise offences[0]
