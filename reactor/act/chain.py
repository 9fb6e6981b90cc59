"""The stages of a decision before and behind the end of its run: in order, each within its time.

What belongs here is the order, the times and what a failure means for the rest. What a stage does is in
``measures``; ending a run is in ``trying``, and nothing here keeps it from that for longer than was said.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import trio

from reactor.act.case import Case, Guard, Unsettled, Verdict
from reactor.act.config import ActConfig
from reactor.act.measures import NEEDS_RUN, Measures
from reactor.act.trying import see
from reactor.core.container import Container
from reactor.core.decisions import Decision, Result, Why
from reactor.core.ports import EngineError
from reactor.core.stages import OnFailure, Stage
from reactor.core.verbs import ENDING, Action

USUAL_TIMEOUTS = {Action.EXEC: 30.0, Action.LIMIT: 10.0, Action.EVIDENCE: 1.0}
USUAL_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Went:
    """How the stages went: what failed, in words, and whether the rest of the chain is called off.

    ``verdict`` is set where the run must not be touched, or is over already.
    """

    failed: tuple[str, ...] = ()
    called_off: bool = False
    verdict: Verdict | None = None


def timeout_of(stage: Stage) -> float:
    """For how many seconds a stage may take, its wait not included."""
    return USUAL_TIMEOUTS.get(stage.action, USUAL_TIMEOUT) if stage.timeout is None else stage.timeout


def before_end(decision: Decision) -> tuple[Stage, ...]:
    """The stages before the one that ends the run; all, where none does."""
    ends = [number for number, stage in enumerate(decision.stages) if stage.action in ENDING]
    return decision.stages[: ends[0]] if ends else decision.stages


def after_end(decision: Decision) -> tuple[Stage, ...]:
    """The stages behind the one that ends the run."""
    return decision.stages[len(before_end(decision)) + 1 :]


async def go_through(
    case: Case, stages: Sequence[Stage], measures: Measures, guard: Guard | None, config: ActConfig
) -> Went:
    """Do stages one after the other. ``guard`` is asked before anything is done to the run itself; None where
    it is over, and only told about."""
    failed: list[str] = []
    for stage in stages:
        taken = await _take(case, stage, measures, guard, config)
        if isinstance(taken, Verdict):
            return Went(tuple(failed), verdict=taken)
        if taken:
            failed.append(f"{stage.action}: {taken}")
            if stage.on_failure is OnFailure.STOP:
                return Went(tuple(failed), called_off=True)
        elif stage.wait:
            await trio.sleep(stage.wait)
    return Went(tuple(failed))


def verdict_of(went: Went) -> Verdict:
    """How a chain went that leaves its run alive."""
    if went.verdict is not None:
        return went.verdict
    if went.failed:
        return Verdict(Result.FAILED, Why.STAGE_FAILED, "; ".join(went.failed))
    return Verdict(Result.DONE, Why.CARRIED_OUT)


async def _take(
    case: Case, stage: Stage, measures: Measures, guard: Guard | None, config: ActConfig
) -> str | Verdict:
    """Do one stage within its time, the look before it included; what went wrong, empty for nothing."""
    timeout = timeout_of(stage)
    began = trio.current_time()
    trouble: str | Verdict = f"it took longer than {timeout:g} s"
    with trio.move_on_after(timeout):
        try:
            trouble = await _look_and_take(case, stage, measures, guard, config)
        except EngineError as error:
            trouble = str(error)
    what = f"{stage.action} {stage.target}".strip()
    # What was left out has said so itself.
    if isinstance(trouble, str) and (trouble or not case.calls.is_noted(what, began)):
        case.calls.note(what, began, trouble)
    return trouble


async def _look_and_take(
    case: Case, stage: Stage, measures: Measures, guard: Guard | None, config: ActConfig
) -> str | Verdict:
    seen: Container | Verdict | Unsettled | None = None
    if guard is not None and stage.action in NEEDS_RUN:
        seen = await see(case, guard, config)
        if isinstance(seen, Verdict):
            return seen
        if not isinstance(seen, Container):
            return "the engine does not say how the container is"
    return await measures.take(case, stage, seen if isinstance(seen, Container) else None)
