"""Takes down what one contender and the engine use while it watches.

No thread of its own: it looks when it is told to, between the moments that are measured.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.clock import now
from bench.processes import EngineCost, Usage, usage
from bench.programs import DidNotBegin
from bench.records import Cost


@dataclass(frozen=True, slots=True)
class Mark:
    """The numbers at one moment."""

    at: float
    cpu: float
    engine: Mapping[str, float] = field(default_factory=dict)


class Meter:
    """From now on; ``quiet`` has to be called once, before anything happens."""

    def __init__(self, pid: int, engine: EngineCost, *, threads: int = 0) -> None:
        self._pid = pid
        self._engine = engine
        self._threads = threads
        self._memory = 0
        self._began = self._quiet = self.look()

    def look(self) -> Mark:
        """Look now. Shims that end until the next look take along what they used since this one."""
        used = self._used()
        self._threads = max(self._threads, used.threads)
        self._memory = used.peak
        return Mark(now(), used.cpu, self._engine.look())

    def quiet(self, seconds: float) -> None:
        """Wait so long while nothing happens."""
        self._began = self.look()
        time.sleep(seconds)
        self._quiet = self.look()

    def cost(self) -> Cost:
        """What was used until now."""
        end, began, quiet = self.look(), self._began, self._quiet
        return Cost(
            threads=self._threads,
            memory=self._memory,
            quiet=quiet.at - began.at,
            quiet_cpu=quiet.cpu - began.cpu,
            quiet_engine=_between(began, quiet),
            whole=end.at - began.at,
            whole_cpu=end.cpu - began.cpu,
            whole_engine=_between(began, end),
        )

    def _used(self) -> Usage:
        used = usage(self._pid)
        if used is None:
            raise DidNotBegin("a contender ended before it was told to")
        return used


def _between(first: Mark, last: Mark) -> dict[str, float]:
    return {program: seconds - first.engine[program] for program, seconds in last.engine.items()}
