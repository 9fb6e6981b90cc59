"""From decisions and outcomes to the line of traces: an observer of the monitor that only takes notes.

What a trace consists of, and how it is sent, is the business of ``observe``.
"""

import time
from collections import OrderedDict
from collections.abc import Mapping

import trio

from reactor.app.arrivals import source_of
from reactor.app.numbers import Numbers
from reactor.app.plan import Export
from reactor.core.decisions import Outcome
from reactor.core.facts import Fact
from reactor.core.state import Setup, Step
from reactor.observe.otel import BatchSettings
from reactor.observe.roots import Roots
from reactor.observe.spans import Trail
from reactor.observe.tally import Tally
from reactor.observe.tracing import Trails, trace_sender

MOST_OPEN = 4096
"""So many decisions are remembered until something comes of them; of older ones the fact is not told."""


class Tracer:
    """Notes where a decision came from, and puts what came of it into the line. It never waits."""

    def __init__(self, settings: BatchSettings) -> None:
        self.trails = Trails(settings.most)
        self._batch = settings.batch
        self._roots = Roots()
        self._open: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def take(self, fact: Fact, step: Step, _setup: Setup) -> None:
        """Note by which fact something was decided."""
        if not step.decisions:
            return
        source, now = source_of(fact), trio.current_time()
        for decision in step.decisions:
            self._roots.note(decision)
            self._open[decision.id] = source, now
            if len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)

    def step(self, step: Step) -> None:
        """A step alone tells nothing that ``take`` does not."""

    def outcome(self, outcome: Outcome) -> None:
        """Put what came of a decision into the line."""
        decision = outcome.decision
        known = self._open.pop if outcome.final else self._open.get
        source, judged = known(decision.id, None) or ("", None)
        offset = time.time() - trio.current_time()
        trail = Trail(outcome, self._roots.trace_of(decision), offset, source, judged)
        self.trails.put(trail, self._batch)


def tracing(settings: BatchSettings, identity: Mapping[str, str], tracer: Tracer) -> Export:
    """An export that sends what the tracer has noted."""

    async def export(numbers: Numbers, tally: Tally, task_status: trio.TaskStatus[None]) -> None:
        sender = trace_sender(settings, identity, tracer.trails, tally)
        numbers.spans_queued = lambda: tracer.trails.queued
        task_status.started()
        await sender.run()

    return export
