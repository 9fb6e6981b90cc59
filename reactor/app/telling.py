"""What the monitor says in its log: one line for each thing that an operator may ask about.

The core's notes, decisions and outcomes come in as records and go out as lines; nothing is
decided or counted here. Engine text goes into fields, where the log room escapes it.
"""

import logging
from collections.abc import Sequence
from functools import singledispatchmethod
from typing import Any

from reactor.core.cautions import (
    AcknowledgementRefused,
    BreakerClosed,
    BreakerOpened,
    BroughtBack,
    BudgetBack,
    BudgetSpent,
    GateHeld,
    GateOpened,
    HoldBegan,
    HoldOver,
    LabelIgnored,
    RuleBroken,
    RuleHeld,
    RuleReleased,
    SilenceBegan,
    SilenceOver,
)
from reactor.core.container import Container
from reactor.core.decisions import Decision, Outcome, Result, Why
from reactor.core.facts import Witness
from reactor.core.notes import (
    Adopted,
    CannotTell,
    CascadeHeld,
    Cause,
    Ended,
    MainTold,
    Note,
    OomSeen,
    Reconciled,
)
from reactor.core.orders import Silence
from reactor.core.state import Step

log = logging.getLogger("reactor.monitor")

MOST_NAMED = 20
"""How many of those that new rules would end get a line of their own."""
MOST_RULES = 10
"""How many rules a line names."""
ROOM_FOR_RULES = 180
"""Characters for their names: what is longer than a field may be is cut by the log, and the count with it."""
_DONE_OR_NOT = {
    Result.DONE: "it was done, and the container goes on",
    Result.REFUSED: "it was not done",
    Result.FAILED: "it could not be done",
    Result.UNKNOWN: "it is not done yet",
}
LEVELS = {Result.DONE: logging.WARNING, Result.REFUSED: logging.INFO}


class Teller:
    """Writes steps and outcomes to the log."""

    def step(self, step: Step) -> None:
        """Say what one step led to."""
        for note in step.notes:
            self._note(note)
        for decision in step.decisions:
            self._decision(decision)

    def outcome(self, outcome: Outcome) -> None:
        """Say what came of a decision."""
        decision = outcome.decision
        if outcome.why is Why.DRY_RUN:
            return
        log.log(
            LEVELS.get(outcome.result, logging.ERROR),
            _sentence(outcome),
            extra={
                "container": decision.name,
                "id": decision.run.id[:12],
                "rule": decision.rule,
                "reason": decision.reason,
                "why": outcome.why.value,
                "detail": outcome.detail,
                "took_ms": round((outcome.at - decision.seen) * 1000, 1),
                "decision": decision.id,
            },
        )

    def came_back(self, container: Container) -> None:
        """Say that a container runs again after it was ended."""
        fields = {"restart_policy": container.restart_policy or "none"}
        log.warning(
            "it runs again: a new run, judged anew",
            extra={**self._who(container.name, container.id), **fields},
        )

    def _decision(self, decision: Decision) -> None:
        log.warning(
            _intention(decision),
            extra={
                "container": decision.name,
                "id": decision.run.id[:12],
                "action": decision.action.value,
                "rule": decision.rule,
                "reason": decision.reason,
                **({"then": " ".join(each.action for each in decision.stages)} if decision.stages else {}),
                **({"summary": decision.summary} if decision.summary else {}),
                "decision": decision.id,
            },
        )

    @singledispatchmethod
    def _note(self, note: Note) -> None:
        """Notes without a line of their own are only counted."""

    @_note.register
    def _(self, note: Adopted) -> None:
        fields = self._who(note.container.name, note.container.id)
        log.debug("a container is followed", extra={**fields, "standing": note.standing.value})
        if note.unreadable_image:
            log.warning(
                "its image cannot be read: its labels may create scope, but exempt it from nothing",
                extra=fields,
            )
        if note.awaited_image:
            log.warning(
                "its image cannot be read yet: until then, and for a while, its labels are believed where "
                "they exempt it",
                extra=fields,
            )
        if note.vain_skip:
            log.warning("it carries the skip label of its image, which exempts nobody", extra=fields)

    @_note.register
    def _(self, note: Ended) -> None:
        notable = note.cause in {Cause.OOM, Cause.UNSEEN} and not note.old
        level = logging.INFO if notable else logging.DEBUG
        fields = {"exit_code": note.exit_code, "cause": note.cause.value, "oom": note.oom}
        if note.basis:
            fields["basis"] = note.basis.value
        log.log(level, "a run ended", extra={**self._who(note.name, note.run.id), **fields})

    @_note.register
    def _(self, note: OomSeen) -> None:
        if note.by is Witness.HOST:
            log.warning(
                "the host had no memory left, and the kernel ended a process of this container",
                extra={"id": note.run.id[:12]},
            )

    @_note.register
    def _(self, note: CannotTell) -> None:
        fields = {"rule": note.rule, "why": note.why}
        log.warning("a rule cannot be judged", extra={**self._who(note.name, note.run.id), **fields})

    @_note.register
    def _(self, note: MainTold) -> None:
        fields = {"main": note.main.id[:12], "sidecar": note.sidecar.id[:12], "rule": note.rule}
        log.warning("a sidecar was ended for its own breach; its main goes on", extra=fields)

    @_note.register
    def _(self, note: CascadeHeld) -> None:
        fields = {"id": note.run.id[:12], "why": note.why.value, "sidecars": note.sidecars}
        log.error("the main did not end, so its sidecars were left alone", extra=fields)

    @_note.register
    def _(self, note: LabelIgnored) -> None:
        fields = {"rule": note.rule, "label": note.label, "text": note.text}
        log.warning(
            "its label cannot make the rule stricter, and is ignored",
            extra={**self._who(note.name, note.run.id), **fields},
        )

    @_note.register
    def _(self, note: RuleHeld) -> None:
        fields = {"rule": note.rule, "matches": note.matches, "limit": note.limit}
        log.error("a rule matches more than its limit at once: it holds back", extra=fields)

    @_note.register
    def _(self, note: RuleReleased) -> None:
        fields = {"rule": note.rule, "matches": note.matches, "limit": note.limit}
        log.warning("a rule that held back decides again", extra=fields)

    @_note.register
    def _(self, note: GateHeld) -> None:
        fields = {
            "rules": some(note.rules),
            "matches": len(note.matches),
            "sidecars": note.along,
            "unknown": note.unknown,
            "in_scope": note.governed,
            "token": note.token,
            "remedy": "see reactor status; reactor ack TOKEN lets them act; or mend the rules and reload",
        }
        log.error("new rules would end too many at once: they wait for an acknowledgement", extra=fields)
        for match in note.matches[:MOST_NAMED]:
            who = self._who(match.name, match.run.id)
            log.error("it would be ended", extra={**who, "rule": match.rule, "reason": match.reason})
        if len(note.matches) > MOST_NAMED:
            log.error("and others would be ended, too", extra={"more": len(note.matches) - MOST_NAMED})

    @_note.register
    def _(self, note: GateOpened) -> None:
        fields = {"rules": some(note.rules), "matches": note.matches, "by": note.by or "count"}
        if note.unread:
            fields["unread"] = True
        log.log(logging.WARNING if note.by else logging.INFO, "new rules are in force", extra=fields)

    @_note.register
    def _(self, note: AcknowledgementRefused) -> None:
        log.error("an acknowledgement was refused", extra={"by": note.by, "why": note.why})

    @_note.register
    def _(self, note: BudgetSpent) -> None:
        fields = {"budget": note.budget, "waiting": note.waiting}
        log.warning("a budget is spent: what matches waits for a token, and is not lost", extra=fields)

    @_note.register
    def _(self, note: BudgetBack) -> None:
        log.info("nobody waits for this budget any more", extra={"budget": note.budget})

    @_note.register
    def _(self, note: BreakerOpened) -> None:
        fields = {
            "owner": note.owner or "all",
            "matches": note.matches,
            "of": note.of,
            "remedy": "see reactor status; reactor resume --breaker lets them act; or mend the rules",
        }
        log.error("so many match that the breaker is open: only hard verdicts go on", extra=fields)

    @_note.register
    def _(self, note: BreakerClosed) -> None:
        fields = {"owner": note.owner or "all", "released": note.released, "by": note.by or "time"}
        log.warning("the breaker is closed", extra=fields)

    @_note.register
    def _(self, note: BroughtBack) -> None:
        fields = {
            "container": note.name,
            "service": note.service,
            "by": note.kind,
            "rule": note.rule,
            "times": note.times,
            "within_s": round(note.within),
            "remedy": note.remedy,
        }
        level = logging.WARNING if note.loud else logging.DEBUG
        log.log(level, "a service is brought back whenever it is ended", extra=fields)

    @_note.register
    def _(self, note: HoldBegan) -> None:
        hold = note.hold
        fields = {"by": hold.who, "why": hold.why, "for_s": _lasts(hold.until, note.at)}
        log.error("held: nothing is done, and all is said; what is under way is not undone", extra=fields)

    @_note.register
    def _(self, note: HoldOver) -> None:
        fields = {"by": note.by or "time", "lasted_s": round(note.at - note.hold.since, 1)}
        log.warning("resumed: what is decided is done again", extra=fields)

    @_note.register
    def _(self, note: SilenceBegan) -> None:
        silence = note.silence
        fields = {"by": silence.who, "why": silence.why, "for_s": _lasts(silence.until, note.at)}
        log.warning("silenced for a while", extra={**_silenced(silence), **fields})

    @_note.register
    def _(self, note: SilenceOver) -> None:
        log.warning("a silence is over", extra={**_silenced(note.silence), "by": note.by or "time"})

    @_note.register
    def _(self, note: RuleBroken) -> None:
        fields = {"rule": note.rule, "error": note.error, "altogether": note.altogether}
        log.error(
            "a rule failed by a defect and is out of force, for this container at least",
            extra={**self._who(note.name, note.run.id), **fields},
        )

    @_note.register
    def _(self, note: Reconciled) -> None:
        notable = note.gap or note.blind or note.found_dead or note.orphans or note.number == 1
        fields = {
            "number": note.number,
            "blind_s": round(note.blind, 3),
            "gap": note.gap,
            "listed": note.listed,
            "adopted": note.adopted,
            "found_dead": note.found_dead,
            "orphans": note.orphans,
            "acted_on": note.acted_on,
            **{f"left_{why}": count for why, count in note.left.items()},
        }
        log.log(logging.INFO if notable else logging.DEBUG, "reconciled", extra=fields)

    @staticmethod
    def _who(name: str, container: str) -> dict[str, Any]:
        return {"container": name, "id": container[:12]}


def _lasts(until: float | None, at: float) -> float | str:
    return "until resumed" if until is None else round(until - at, 1)


def _silenced(silence: Silence) -> dict[str, Any]:
    what = {"container": silence.name, "id": silence.container[:12]} if silence.container else {}
    return {"silence": silence.id, **what, **({"rule": silence.rule} if silence.rule else {})}


def some(names: Sequence[str]) -> str:
    """The first of these names, and how many more there are: a line of the log has an end."""
    named: list[str] = []
    for name in names[:MOST_RULES]:
        if named and len(", ".join([*named, name])) > ROOM_FOR_RULES:
            break
        named.append(name)
    rest = len(names) - len(named)
    return ", ".join(named) + (f" and {rest} more" if rest else "")


def _intention(decision: Decision) -> str:
    if decision.ends:
        return "dry run: would end a container" if decision.dry_run else "a container is to be ended"
    return (
        "dry run: would act on a container"
        if decision.dry_run
        else "something is to be done about a container"
    )


def _sentence(outcome: Outcome) -> str:
    if not outcome.decision.ends:
        return _DONE_OR_NOT[outcome.result]
    match outcome.result:
        case Result.DONE:
            return "the container was ended" if outcome.why is Why.ENDED else "the container was over already"
        case Result.REFUSED:
            return "the container was not ended"
        case Result.FAILED:
            return "the container could not be ended"
        case Result.UNKNOWN:
            return "the container does not end yet; it is tried again"
