"""A decision, and what came of it, as lines of a log for those who keep theirs by OTLP.

They name the trace and the certificate, as the spans do. What is written to stderr is another matter, and
goes on beside it. Nothing here waits or sends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from reactor.core.decisions import Decision, Outcome, Result
from reactor.observe.batches import BatchSender
from reactor.observe.otel import BatchSettings
from reactor.observe.sending import Sink
from reactor.observe.spans import Text, about
from reactor.observe.tally import Tally
from reactor.observe.text import plain
from reactor.observe.waiting import Line

LONGEST_BODY = 500
_SEVERITIES = {Result.DONE: "WARN", Result.REFUSED: "INFO"}


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line. ``at`` is the wall's, in seconds; ``event`` says what kind of line it is."""

    at: float
    severity: str
    body: str
    event: str
    trace: str
    span: str
    attributes: Mapping[str, Text] = field(default_factory=dict, hash=False)

    @property
    def size(self) -> int:
        """Each is one."""
        return 1


def intent_line(decision: Decision, trace: str, offset: float) -> LogLine:
    """That something is to be done. ``offset`` makes our moments those of the wall."""
    said = f"{'would ' if decision.dry_run else ''}{decision.action} {decision.name}: {decision.reason}"
    return LogLine(
        decision.at + offset,
        "INFO" if decision.dry_run else "WARN",
        plain(f"{said} ({decision.rule})", LONGEST_BODY),
        "reactor.intent",
        trace,
        decision.id,
        about(decision),
    )


def outcome_line(outcome: Outcome, trace: str, offset: float) -> LogLine:
    """What came of it, or that it is not done yet."""
    decision = outcome.decision
    detail = f": {outcome.detail}" if outcome.detail else ""
    found = {
        "reactor.result": outcome.result.value,
        "reactor.why": outcome.why.value,
        "reactor.final": outcome.final,
        "reactor.contained": outcome.contained,
    }
    return LogLine(
        outcome.at + offset,
        _SEVERITIES.get(outcome.result, "ERROR"),
        plain(f"{decision.action} {decision.name}: {outcome.result}, {outcome.why}{detail}", LONGEST_BODY),
        "reactor.outcome",
        trace,
        decision.id,
        about(decision) | found,
    )


def log_sender(
    settings: BatchSettings, identity: Mapping[str, str], lines: Line[LogLine], tally: Tally
) -> BatchSender[LogLine, LogLine]:
    """Whoever sends what is in the line. ``identity`` are resource attributes."""
    opening = partial(_open, settings.endpoint, identity)
    return BatchSender("logs", settings, lines, _itself, opening, "reactor_log_records_total", tally)


def _itself(line: LogLine) -> Sequence[LogLine]:
    return (line,)


def _open(endpoint: str, identity: Mapping[str, str]) -> Sink[Sequence[LogLine]]:
    from reactor.observe.otlp_logs import LogSink  # noqa: PLC0415 - heavy, and in the thread

    return LogSink(endpoint, identity)
