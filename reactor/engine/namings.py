"""Which first process the engine named of a run, and when it had been asked for that.

Only the memory is here: whoever holds on to that process can tell by it whether it was there when the engine
spoke of it. It has a bound; of whom it knows nothing, the engine is asked once more.
"""

from collections import OrderedDict
from typing import Final

from reactor.core.container import Run

REMEMBERED: Final = 4096


class Namings:
    """The last naming of each of the runs that were looked at lately."""

    def __init__(self) -> None:
        self._named: OrderedDict[Run, tuple[int, float]] = OrderedDict()

    def note(self, run: Run, pid: int, asked: float) -> None:
        """The engine was asked at this moment, in seconds since boot, and answered this."""
        self._named[run] = pid, asked
        self._named.move_to_end(run)
        if len(self._named) > REMEMBERED:
            self._named.popitem(last=False)

    def asked(self, run: Run, pid: int) -> float | None:
        """When the engine had been asked that named this process of this run last; None if it did not."""
        known = self._named.get(run)
        return known[1] if known is not None and known[0] == pid else None
