"""What an orchestrator brings back, noticed when it is ended again: remembered, said, put on the decision.

Every way to a decision comes by here, hard ones and soft ones. It changes no verdict: who waits is said in
``braking``. What is remembered is lost with the monitor, and is counted from nothing by the next one: nobody
is spared by that.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from reactor.core.cautions import BroughtBack
from reactor.core.comebacks import Line, Loop, ended, is_loud, lately, may_go_from, times
from reactor.core.container import Container
from reactor.core.decisions import Decision
from reactor.core.language.units import say_duration
from reactor.core.rules import Rule, rules_of
from reactor.core.services import Service, remedy, service_of
from reactor.core.state import Entry, Setup, State, Step


class Again(NamedTuple):
    """A line that comes back again and again, for a status."""

    kind: str
    name: str
    rule: str
    times: int
    within: float
    remedy: str


def line_of(container: Container, service: Service, rule: str) -> Line:
    """Where it is kept what is known of those that may stand in its place."""
    return Line(service.kind, service.key, container.image_id, rule)


def waits_until(setup: Setup, state: State, entry: Entry, rule: Rule, at: float) -> float | None:
    """Until when a soft verdict of this rule waits, since what it ends is brought back; None if it may go.

    A verdict about the whole does not wait: what somebody else pays for cannot.
    """
    known = state.curbs.comebacks
    if not known or setup.comebacks.off or rule.waits:
        return None
    service = service_of(entry.container)
    if service is None:
        return None
    loop = known.get(line_of(entry.container, service, rule.name))
    return may_go_from(setup.comebacks, loop, entry.container, at)


def brought_back_of_late(setup: Setup, state: State, at: float) -> Iterator[Again]:
    """Those that came back often enough to be spoken of, the most often first."""
    terms = setup.comebacks
    found = []
    for line, loop in state.curbs.comebacks.items():
        count = times(terms, loop, at)
        if count >= terms.at_least:
            found.append(Again(line.kind, loop.name, line.rule, count, _span(loop, at), loop.remedy))
    yield from sorted(found, key=lambda each: (-each.times, each.name, each.rule))


def notice(setup: Setup, step: Step, at: float) -> Step:
    """The step that knows which of its decisions end what was brought back."""
    if setup.comebacks.off or not step.decisions:
        return step
    decisions, state, notes = [], step.state, list(step.notes)
    for decision in step.decisions:
        entry = state.entries.get(decision.run.id)
        rules = rules_of(setup.rules.rules, decision.rule, decision.level) if _counts(decision) else ()
        service = service_of(entry.container) if entry is not None and rules else None
        if entry is None or service is None:
            decisions.append(decision)
            continue
        state, note = _remember(setup, state, entry, service, next(iter(rules)), at)
        if note is not None:
            notes.append(note)
        decisions.append(_told(setup, decision, note))
    return replace(step, state=state, decisions=tuple(decisions), notes=tuple(notes))


def _counts(decision: Decision) -> bool:
    """Whether it ends its run for itself: who goes along with somebody did nothing."""
    return decision.ends and not decision.dry_run and not decision.cause


def _remember(
    setup: Setup, state: State, entry: Entry, service: Service, rule: Rule, at: float
) -> tuple[State, BroughtBack | None]:
    terms, container = setup.comebacks, entry.container
    line = line_of(container, service, rule.name)
    loop, nth = ended(terms, state.curbs.comebacks.get(line, Loop()), container, at)
    loop = replace(loop, name=service.name, remedy=remedy(service, rule))
    kept = lately(terms, {**state.curbs.comebacks, line: loop}.items(), at)
    state = replace(state, curbs=replace(state.curbs, comebacks=kept))
    if not nth:
        return state, None
    span = _span(loop, at)
    note = BroughtBack(
        at, entry.run, container.name, service.kind, service.name, rule.name, nth, span, loop.remedy,
        is_loud(terms, nth),
    )  # fmt: skip
    return state, note


def _span(loop: Loop, at: float) -> float:
    """For how long it has gone on: since the first of the ends that were answered."""
    first = next((each.at for each in loop.gone if each.answered), at)
    return max(0.0, at - first)


def _told(setup: Setup, decision: Decision, note: BroughtBack | None) -> Decision:
    """The decision whose reason says that it is not the first, from when on that counts."""
    if note is None or note.times < setup.comebacks.at_least:
        return decision
    return replace(decision, reason=f"{decision.reason}; {brought_back(note)}")


def brought_back(note: BroughtBack) -> str:
    """The sentence about it, with what a person can do."""
    span = say_duration(max(1, round(note.within)))
    return f"{note.kind} brought service {note.service} back {note.times} times in {span}: {note.remedy}"
