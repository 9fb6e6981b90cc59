"""Evidence around the ends that we bring, beside the acting and never in its way.

Only when it is gathered belongs here: the processes at the moment of the decision, while others already
inspect and kill; the last lines once the run is over. What does not fit into the bounded line is left out
and counted. A rule that wants all of it *before* the end has a stage for that.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import trio

from reactor.act.case import Case
from reactor.act.measures import Measure
from reactor.core.container import Container
from reactor.core.decisions import Decision, Outcome, Result, Why
from reactor.core.evidence import Evidence, EvidenceTerms
from reactor.core.ports import Engine, Journal
from reactor.core.stages import Stage
from reactor.core.state import Step
from reactor.core.verbs import ENDING
from reactor.observe.evidence import gather, hear_last_lines, see_processes

LINE = 256
"""How many wait; of a crowd that is ended at once the first are looked at."""
AT_ONCE = 4
LONGEST_WAIT = 10.0
"""Seconds after which a wish is dropped: processes and lines of long ago say nothing about the end."""
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing that is to be gathered."""

    decision: Decision
    gather: Callable[[], Awaitable[Evidence]]
    made: float


def gathering(engine: Engine, journal: Journal, terms: EvidenceTerms) -> Measure:
    """What is done for an ``evidence`` stage: all of it before anything else goes on, within its budget."""

    async def take(case: Case, _stage: Stage, seen: Container | None) -> str:
        container = seen if seen is not None else case.seen
        if container is None:
            return "the container was not seen"
        journal.attach(case.decision, await gather(engine, container, terms.budget, terms))
        return ""

    return take


class Collector:
    """Gathers evidence in the order of the decisions: an observer of steps and outcomes, which never waits.

    ``run`` is started in a few tasks.
    """

    def __init__(self, engine: Engine, journal: Journal, terms: EvidenceTerms | None = None) -> None:
        self._engine = engine
        self._journal = journal
        self._terms = terms or EvidenceTerms()
        self._line: deque[Wish] = deque()
        self._containers: dict[str, Container] = {}
        self._came = trio.Event()
        self.left_out = 0

    def step(self, step: Step) -> None:
        """The decisions of this step were just handed to those who act."""
        for decision in step.decisions:
            entry = step.state.entries.get(decision.run.id)
            if entry is not None and entry.run == decision.run:
                self._decided(decision, entry.container)

    def _decided(self, decision: Decision, container: Container) -> None:
        if decision.dry_run or decision.action not in ENDING:
            return
        self._containers[decision.id] = container
        if len(self._containers) > _REMEMBERED:
            del self._containers[next(iter(self._containers))]
        terms = self._terms
        if terms.processes:
            self._wish(decision, lambda: see_processes(container, terms.budget, terms))

    def outcome(self, outcome: Outcome) -> None:
        """What came of it; of what is removed at its end there is nothing left to ask for."""
        decision, terms = outcome.decision, self._terms
        if not outcome.final:
            return
        container = self._containers.pop(decision.id, None)
        over = outcome.result is Result.DONE and outcome.why is not Why.GONE
        if container is None or not over or container.auto_remove or not terms.log_lines:
            return
        self._wish(decision, lambda: hear_last_lines(self._engine, container, terms.budget, terms))

    async def run(self) -> None:
        """Gather for ever; one of several who do."""
        while True:
            while not self._line:
                await self._came.wait()
            wish = self._line.popleft()
            if trio.current_time() - wish.made > LONGEST_WAIT:
                self.left_out += 1
                continue
            self._journal.attach(wish.decision, await wish.gather())

    def _wish(self, decision: Decision, gather: Callable[[], Awaitable[Evidence]]) -> None:
        if len(self._line) >= LINE:
            self.left_out += 1
            return
        self._line.append(Wish(decision, gather, trio.current_time()))
        self._came.set()
        self._came = trio.Event()
