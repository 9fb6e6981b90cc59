"""From decisions and outcomes to the log lines that go out by OTLP: an observer that only takes notes.

What a line says, and how it is sent, is the business of ``observe``.
"""

import time
from collections.abc import Mapping

import trio

from reactor.app.numbers import Numbers
from reactor.app.plan import Export
from reactor.core.decisions import Outcome, Why
from reactor.core.state import Step
from reactor.observe.loglines import LogLine, intent_line, log_sender, outcome_line
from reactor.observe.otel import BatchSettings
from reactor.observe.roots import Roots
from reactor.observe.tally import Tally
from reactor.observe.waiting import Line


class Narrator:
    """Puts what is decided, and what comes of it, into the line. It never waits."""

    def __init__(self, settings: BatchSettings) -> None:
        self.lines = Line[LogLine](settings.most)
        self._batch = settings.batch
        self._roots = Roots()

    def step(self, step: Step) -> None:
        """Say what is to be done."""
        for decision in step.decisions:
            trace = self._roots.trace_of(decision)
            self.lines.put(intent_line(decision, trace, _offset()), self._batch)

    def outcome(self, outcome: Outcome) -> None:
        """Say what came of it; of a dry run all was said before."""
        if outcome.why is not Why.DRY_RUN:
            trace = self._roots.trace_of(outcome.decision)
            self.lines.put(outcome_line(outcome, trace, _offset()), self._batch)


def narrating(settings: BatchSettings, identity: Mapping[str, str], narrator: Narrator) -> Export:
    """An export that sends what the narrator has noted."""

    async def export(_: Numbers, tally: Tally, task_status: trio.TaskStatus[None]) -> None:
        sender = log_sender(settings, identity, narrator.lines, tally)
        task_status.started()
        await sender.run()

    return export


def _offset() -> float:
    return time.time() - trio.current_time()
