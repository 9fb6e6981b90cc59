"""The lines of decisions and of what came of them; those of notes are in ``runs`` and ``restraint``."""

import logging

from reactor.app.telling.naming import who
from reactor.app.telling.restraint import tell_of_restraint
from reactor.app.telling.runs import tell_of_run
from reactor.core.container import Container
from reactor.core.decisions import Decision, Outcome, Result, Why
from reactor.core.state import Step

log = logging.getLogger("reactor.monitor")

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
            tell_of_run(note)
            tell_of_restraint(note)
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
            extra={**who(container.name, container.id), **fields},
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
