"""The measures of writable layers: of one container at a time, seldom, and only of those that are wanted.

The engine walks over every file of a layer to say how large it is, and goes on walking when nobody waits
for it any more. So the next one is asked for only after a rest as long as the last one took, and one
that fails is asked for less and less often.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

import trio

from reactor.core.container import ContainerId, Run
from reactor.core.facts import LayerSized
from reactor.core.ports import DeadlinePassed, Engine, EngineError, EngineUnreachable, NoSuchContainer

log = logging.getLogger("reactor.engine")

MOST_PATIENCE = 12
"""How many periods there are at most between two tries of what fails again and again."""


@dataclass(frozen=True, slots=True)
class LayersStatistics:
    """Runs that are to be measured; measures that came to something, and those that came to nothing."""

    wanted: int = 0
    measured: int = 0
    failed: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class _Turn:
    """When a container is to be measured next, in which run it is, and how often in a row that failed."""

    run: Run
    due: float
    failures: int = 0


class Layers:
    """Measures the layers of the wanted runs, each at most every ``every`` seconds."""

    def __init__(self, engine: Engine, feed: Callable[[LayerSized], None], *, every: float = 300.0) -> None:
        self._engine = engine
        self._feed = feed
        self._every = every
        self._turns: dict[ContainerId, _Turn] = {}
        self._wake = trio.Event()
        self._stats = LayersStatistics()

    def statistics(self) -> LayersStatistics:
        """The counters."""
        return self._stats

    def want(self, runs: frozenset[Run]) -> None:
        """Measure these runs and no others from now on; who was not wanted before has its turn soon.

        A layer outlives the run: a container that is restarted again and again is not measured each time.
        """
        for gone in self._turns.keys() - {run.id for run in runs}:
            del self._turns[gone]
        fresh = []
        for run in runs:
            if run.id in self._turns:
                self._turns[run.id].run = run
            else:
                fresh.append(run)
        self._turns |= {run.id: _Turn(run, trio.current_time()) for run in sorted(fresh)}
        self._stats = replace(self._stats, wanted=len(runs))
        self._wake.set()

    async def measure_for_ever(self) -> None:
        """Measure, one after the other."""
        while True:
            turn = await self._wait_for_turn()
            began = trio.current_time()
            await self._measure(turn)
            took = trio.current_time() - began
            self._stats = replace(self._stats, seconds=self._stats.seconds + took)
            await trio.sleep(took)

    async def _wait_for_turn(self) -> _Turn:
        while True:
            turn = min(self._turns.values(), key=lambda each: each.due, default=None)
            until = turn.due if turn is not None else float("inf")
            if turn is not None and until <= trio.current_time():
                return turn
            with trio.move_on_at(until):
                await self._wake.wait()
            self._wake = trio.Event()

    async def _measure(self, turn: _Turn) -> None:
        run, size, error = turn.run, None, EngineError("the engine does not say how large its layer is")
        try:
            size = await self._engine.layer_size(run.id)
        except EngineError as raised:
            error = raised
        if self._turns.get(run.id) is not turn:
            return  # Nobody wants to know any more: it is over, or the rules are others.
        if size is not None:
            turn.failures = 0
            self._stats = replace(self._stats, measured=self._stats.measured + 1)
            self._feed(LayerSized(trio.current_time(), turn.run, size))
        else:
            self._failed(turn, error)
        turn.due = trio.current_time() + self._every * min(MOST_PATIENCE, 2 ** max(0, turn.failures - 1))

    def _failed(self, turn: _Turn, error: EngineError) -> None:
        self._stats = replace(self._stats, failed=self._stats.failed + 1)
        if isinstance(error, EngineUnreachable) and not isinstance(error, DeadlinePassed):
            return  # It is the engine that is away, and not this layer that is too large.
        turn.failures += 1
        if turn.failures == 1 and not isinstance(error, NoSuchContainer):
            fields = {"container": turn.run.id, "why": str(error)}
            log.warning("a container's layer could not be measured", extra=fields)
