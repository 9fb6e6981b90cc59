"""A decision as a trace: from the first evidence over each step to the verified end, as plain records.

The id of the span of a decision is the id of its certificate, and the trace is the one that the certificate
names: so each leads to the other. What a sidecar's end followed from is its parent. Nothing here waits or
sends; how spans are sent is in ``batches``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from reactor.core.decisions import Call, Decision, Outcome, Result
from reactor.core.verbs import ENDING
from reactor.observe.text import plain

STRIKES = frozenset(verb.value for verb in ENDING)
"""What ends a run when the engine is asked for it."""
CALLS = STRIKES | {"inspect", "list", "pause", "update"}
"""All that the engine is asked on behalf of a decision; what else is on record was no call."""

Text = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Trail:
    """What came of a decision, and what is known beside: all that its spans are made of.

    ``source`` is where the fact came from that decided, ``judged`` when all that follows from it was handed
    on; both are unknown of what an earlier monitor decided. ``offset`` makes our moments those of the wall.
    """

    outcome: Outcome
    trace: str
    offset: float
    source: str = ""
    judged: float | None = None

    @property
    def size(self) -> int:
        """How many spans it makes, at most."""
        return 5 + len(self.outcome.calls)


@dataclass(frozen=True, slots=True)
class Span:
    """One span. Moments are the wall's, in seconds; ``failed`` says why, empty if nothing did."""

    trace: str
    id: str
    parent: str
    name: str
    start: float
    end: float
    asks: bool = False
    failed: str = ""
    attributes: Mapping[str, Text] = field(default_factory=dict, hash=False)


def spans_of(trail: Trail) -> tuple[Span, ...]:
    """The spans of one outcome. One that is not the last word makes a span of its own, and no decision's."""
    if not trail.outcome.final:
        return (_waiting(trail),)
    return (_decision(trail), *_children(trail))


def _children(trail: Trail) -> Iterator[Span]:
    outcome, decision = trail.outcome, trail.outcome.decision
    source = {"reactor.fact.source": trail.source} if trail.source else {}
    yield _child(trail, "fact", decision.seen, decision.at, source)
    judged = decision.at if trail.judged is None else max(decision.at, trail.judged)
    yield _child(trail, "rule", decision.at, judged, {"reactor.rule": plain(decision.rule)})
    if decision.dry_run:
        return
    first = min((call.began for call in outcome.calls), default=outcome.at)
    yield _child(trail, "intent", judged, max(judged, first), {})
    for number, call in enumerate(outcome.calls):
        yield _call(trail, number, call)
    if outcome.result is Result.DONE and decision.ends:
        last = max((call.began + call.took for call in outcome.calls), default=judged)
        yield _child(trail, "verified", min(last, outcome.at), outcome.at, {"reactor.why": outcome.why.value})


def _decision(trail: Trail) -> Span:
    outcome, decision = trail.outcome, trail.outcome.decision
    lost = outcome.result in {Result.FAILED, Result.UNKNOWN}
    return Span(
        trail.trace,
        decision.id,
        decision.cause,
        f"decision {decision.action}",
        decision.seen + trail.offset,
        outcome.at + trail.offset,
        failed=_said(outcome) if lost else "",
        attributes=about(decision)
        | {
            "reactor.result": outcome.result.value,
            "reactor.why": outcome.why.value,
            "reactor.contained": outcome.contained,
        },
    )


def _waiting(trail: Trail) -> Span:
    outcome, decision = trail.outcome, trail.outcome.decision
    told = about(decision) | {"reactor.why": outcome.why.value}
    span = _child(trail, f"not done yet: {outcome.why}", decision.at, outcome.at, told)
    return replace(span, failed=_said(outcome))


def about(decision: Decision) -> dict[str, Text]:
    """What is told of a decision wherever it goes by OTLP."""
    return {
        "reactor.decision.id": decision.id,
        "reactor.rule": plain(decision.rule),
        "reactor.level": decision.level,
        "reactor.action": decision.action.value,
        "reactor.reason": plain(decision.reason),
        "reactor.dry_run": decision.dry_run,
        "container.id": decision.run.id,
        "container.name": plain(decision.name),
    }


def _call(trail: Trail, number: int, call: Call) -> Span:
    """A call to the engine, or a step that was none."""
    told: dict[str, Text] = {"reactor.note": plain(call.note)} if call.note else {}
    if call.status:
        told["http.response.status_code"] = call.status
    # An engine that knows a container no more, or finds it over, says so by 404, 304 and 409.
    failed = plain(call.note) if call.note and not call.status else ""
    failed = failed or (f"status {call.status}" if call.status >= 500 else "")
    asks, end = call.what in CALLS, call.began + call.took
    name = f"engine {call.what}" if asks else plain(call.what)
    span = _child(trail, name, call.began, end, told, str(number))
    return replace(span, asks=asks, failed=failed)


def _child(
    trail: Trail, name: str, start: float, end: float, told: Mapping[str, Text], nth: str = ""
) -> Span:
    decision, offset = trail.outcome.decision, trail.offset
    key = sha256(f"{decision.id}\n{name}\n{nth}".encode()).hexdigest()[:16]
    return Span(
        trail.trace, key, decision.id, name, start + offset, max(start, end) + offset, attributes=told
    )


def _said(outcome: Outcome) -> str:
    return plain(f"{outcome.why}: {outcome.detail}" if outcome.detail else str(outcome.why))
