"""What is noted of all that holds rules back: limits, gate, budgets, breaker, holds and silences."""

import logging
from functools import singledispatch
from typing import Any

from reactor.app.telling.naming import some, who
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
    RuleHeld,
    RuleReleased,
    SilenceBegan,
    SilenceOver,
)
from reactor.core.notes import Note
from reactor.core.orders import Silence

log = logging.getLogger("reactor.monitor")

MOST_NAMED = 20
"""How many of those that new rules would end get a line of their own."""


@singledispatch
def tell_of_restraint(note: Note) -> None:
    """Say it; notes without a line of their own are only counted, or told in ``runs``."""


@tell_of_restraint.register
def _(note: RuleHeld) -> None:
    fields = {"rule": note.rule, "matches": note.matches, "limit": note.limit}
    log.error("a rule matches more than its limit at once: it holds back", extra=fields)


@tell_of_restraint.register
def _(note: RuleReleased) -> None:
    fields = {"rule": note.rule, "matches": note.matches, "limit": note.limit}
    log.warning("a rule that held back decides again", extra=fields)


@tell_of_restraint.register
def _(note: GateHeld) -> None:
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
        judged = {"rule": match.rule, "reason": match.reason}
        log.error("it would be ended", extra={**who(match.name, match.run.id), **judged})
    if len(note.matches) > MOST_NAMED:
        log.error("and others would be ended, too", extra={"more": len(note.matches) - MOST_NAMED})


@tell_of_restraint.register
def _(note: GateOpened) -> None:
    fields = {"rules": some(note.rules), "matches": note.matches, "by": note.by or "count"}
    if note.unread:
        fields["unread"] = True
    log.log(logging.WARNING if note.by else logging.INFO, "new rules are in force", extra=fields)


@tell_of_restraint.register
def _(note: AcknowledgementRefused) -> None:
    log.error("an acknowledgement was refused", extra={"by": note.by, "why": note.why})


@tell_of_restraint.register
def _(note: BudgetSpent) -> None:
    fields = {"budget": note.budget, "waiting": note.waiting}
    log.warning("a budget is spent: what matches waits for a token, and is not lost", extra=fields)


@tell_of_restraint.register
def _(note: BudgetBack) -> None:
    log.info("nobody waits for this budget any more", extra={"budget": note.budget})


@tell_of_restraint.register
def _(note: BreakerOpened) -> None:
    fields = {
        "owner": note.owner or "all",
        "matches": note.matches,
        "of": note.of,
        "remedy": "see reactor status; reactor resume --breaker lets them act; or mend the rules",
    }
    log.error("so many match that the breaker is open: only hard verdicts go on", extra=fields)


@tell_of_restraint.register
def _(note: BreakerClosed) -> None:
    fields = {"owner": note.owner or "all", "released": note.released, "by": note.by or "time"}
    log.warning("the breaker is closed", extra=fields)


@tell_of_restraint.register
def _(note: BroughtBack) -> None:
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


@tell_of_restraint.register
def _(note: HoldBegan) -> None:
    hold = note.hold
    fields = {"by": hold.who, "why": hold.why, "for_s": _lasts(hold.until, note.at)}
    log.error("held: nothing is done, and all is said; what is under way is not undone", extra=fields)


@tell_of_restraint.register
def _(note: HoldOver) -> None:
    fields = {"by": note.by or "time", "lasted_s": round(note.at - note.hold.since, 1)}
    log.warning("resumed: what is decided is done again", extra=fields)


@tell_of_restraint.register
def _(note: SilenceBegan) -> None:
    silence = note.silence
    fields = {"by": silence.who, "why": silence.why, "for_s": _lasts(silence.until, note.at)}
    log.warning("silenced for a while", extra={**_silenced(silence), **fields})


@tell_of_restraint.register
def _(note: SilenceOver) -> None:
    log.warning("a silence is over", extra={**_silenced(note.silence), "by": note.by or "time"})


def _lasts(until: float | None, at: float) -> float | str:
    return "until resumed" if until is None else round(until - at, 1)


def _silenced(silence: Silence) -> dict[str, Any]:
    what = {"container": silence.name, "id": silence.container[:12]} if silence.container else {}
    return {"silence": silence.id, **what, **({"rule": silence.rule} if silence.rule else {})}
