"""One try at a decision: look, call, look again.

What belongs here is the order of these three and what each answer means. When a try is made,
how often, and who is told is in ``workers``. A status says little: 204 came to two callers for
one kill, and 500 to one whose container was over. Only a look tells whether a run is over.
"""

import trio

from reactor.act.case import Case, Guard, Then, Unsettled, Verdict
from reactor.act.config import ActConfig
from reactor.act.looking import Look, Sight, look, look_at_list
from reactor.act.removing import clear_away
from reactor.core.container import Container
from reactor.core.deciding import POLITE
from reactor.core.decisions import Decision, Result, Why
from reactor.core.ports import (
    DeadlinePassed,
    EngineAnswered,
    EngineError,
    EngineForbids,
    EngineUnreachable,
    GivenUp,
)
from reactor.core.verbs import Action

WITHOUT_EFFECT = frozenset({304, 404, 409})
"""Answers by which an engine says that there was nothing to end."""
NO_ANSWER = 0
"""No answer that can be read, before the call's effect or after it: only a look can tell."""


async def attempt(case: Case, guard: Guard, config: ActConfig) -> Verdict | Unsettled:
    """Look at the run and, if it is the one that was meant and may be ended, end it."""
    try:
        seen = await see(case, guard, config)
        settled = seen if isinstance(seen, Verdict | Unsettled) else await _await_stop(case, config)
        settled = settled or await _strike(case, config)
        to_remove = case.decision.action is Action.REMOVE and _is_over(settled)
        return await clear_away(case, guard, config) if to_remove else settled
    except EngineForbids as error:
        return Verdict(Result.FAILED, Why.FORBIDDEN, str(error))


async def see(case: Case, guard: Guard, config: ActConfig) -> Container | Verdict | Unsettled | None:
    """The container, if its run is alive for certain and may be touched; None if alive is all that is known.

    Raises EngineForbids.
    """
    seen = await _first_look(case, config)
    settled = _judge(case, seen)
    if settled is not None:
        return settled
    # Who was ended directly was let through then, and is only made official now.
    if not case.contained.ended and seen.container is not None and not guard(seen.container, case.decision):
        return Verdict(Result.REFUSED, Why.PROTECTED)
    case.seen = seen.container
    return seen.container


async def _first_look(case: Case, config: ActConfig) -> Look:
    """Of a run in quarantine the list is asked first: its inspect is likely to hang."""
    run = case.decision.run
    if case.quarantined:
        seen = await look_at_list(case.calls, run, config.look_deadline, Look(Sight.PERHAPS))
        if seen.sight is not Sight.PERHAPS:
            return seen
    return await look(case.calls, run, config.look_deadline)


def _judge(case: Case, seen: Look) -> Verdict | Unsettled | None:
    """What a look means; None if the run is alive for certain."""
    match seen.sight:
        case Sight.ALIVE:
            return None
        case Sight.STUCK:
            return Unsettled(Then.QUARANTINE, seen.detail)
        case Sight.PERHAPS:
            return Unsettled(Then.AGAIN, seen.detail)
        case Sight.UNREACHABLE:
            return Unsettled(Then.WAIT, seen.detail)
        case _:
            return _over(case, seen)


def _over(case: Case, seen: Look) -> Verdict:
    """The run is over. It was our doing if a call of ours may have had an effect."""
    if case.struck:
        if seen.container is not None and seen.sight is Sight.LATER_RUN and seen.container.alive:
            case.came_back = seen.container
        return Verdict(Result.DONE, Why.ENDED)
    return {
        Sight.OVER: Verdict(Result.DONE, Why.ALREADY_OVER),
        Sight.GONE: Verdict(Result.DONE, Why.GONE),
        Sight.LATER_RUN: Verdict(Result.REFUSED, Why.STALE),
        Sight.IMPOSTOR: Verdict(Result.REFUSED, Why.IMPOSTOR),
    }[seen.sight]


def stopping_until(decision: Decision, asked: float, config: ActConfig) -> float:
    """Until when an engine that was told to stop a run then may be expected to have done it."""
    return asked + grace_of(decision, config) + config.settle


async def _await_stop(case: Case, config: ActConfig) -> Verdict | Unsettled | None:
    """What becomes of a run of which an earlier monitor said to the engine that it is to be stopped.

    The engine goes on with that by itself. A process that is shutting down must not be asked a second time:
    to many that means to leave everything and go. None if nothing came of it, or nothing was said. An engine
    that does not answer meanwhile takes nothing away from its grace.
    """
    if case.asked is None:
        return None
    patience = stopping_until(case.decision, case.asked, config) - trio.current_time()
    settled = await _settle(case, config, patience)
    is_alive = isinstance(settled, Unsettled) and settled.then is Then.AGAIN
    if is_alive:
        case.asked = None
    return None if is_alive else settled


async def _strike(case: Case, config: ActConfig) -> Verdict | Unsettled:
    """Make the call and see what became of the run."""
    # A stop that did not do it is followed by a kill; a task that is to go on is never killed for that.
    polite, case.polite = case.polite, case.decision.action is Action.RESTART
    before, case.struck, began = case.struck, True, trio.current_time()
    try:
        status = await _asked(case, config, polite=polite)
    except DeadlinePassed as error:
        if polite and trio.current_time() < began + grace_of(case.decision, config):
            return await _outlast(case, config, began)
        # Two restarts would be two new runs; a second kill of a run that is seen alive is no second end.
        if case.polite or not isinstance(error, GivenUp):
            return await _after_hang(case, config, str(error))
        status = NO_ANSWER
    except EngineAnswered as error:
        status = error.status
    except EngineForbids:
        raise
    except EngineUnreachable:
        # Nobody may have heard of this stop: who is alive has his grace still, a few times.
        status, case.polite = NO_ANSWER, polite and case.tries < config.tries - 1
    except EngineError:
        # It broke off, or made no sense: what became of the call, a look will tell.
        status = NO_ANSWER
    case.struck = before or status not in WITHOUT_EFFECT
    patience = config.settle if status < 500 else 0.0
    settled = await _settle(case, config, patience)
    if polite and not case.polite and isinstance(settled, Unsettled) and settled.then is Then.AGAIN:
        return Unsettled(Then.KILL, f"alive after a stop (status {status})")
    return settled


async def _asked(case: Case, config: ActConfig, *, polite: bool) -> int:
    """Make the call. The engine counts this as the end of the run from then on: who was frozen can thaw."""
    try:
        return await _call(case, config, polite=polite)
    finally:
        case.release()


async def _call(case: Case, config: ActConfig, *, polite: bool) -> int:
    if not polite:
        return await case.calls.kill(config.call_deadline)
    grace = grace_of(case.decision, config)
    if case.decision.action is Action.RESTART:
        return await case.calls.restart(grace, grace + config.call_deadline)
    await case.before_stop()
    return await case.calls.stop(grace, grace + config.call_deadline)


async def _outlast(case: Case, config: ActConfig, began: float) -> Verdict | Unsettled:
    """Something between us and the engine gave up on a stop before its grace was over. The engine goes on
    with it, and who is shutting down keeps the time that it was promised.
    """
    case.asked = began
    settled = await _await_stop(case, config)
    if settled is not None:
        return settled
    return Unsettled(Then.AGAIN if case.polite else Then.KILL, "alive when the grace of its stop was over")


async def _after_hang(case: Case, config: ActConfig, detail: str) -> Verdict | Unsettled:
    """A call hung until its deadline, so an inspect would hang too."""
    stuck = Look(Sight.STUCK, detail=detail)
    seen = await look_at_list(case.calls, case.decision.run, config.verify_deadline, stuck)
    return _judge(case, seen) or Unsettled(Then.QUARANTINE, detail)


async def _settle(case: Case, config: ActConfig, patience: float) -> Verdict | Unsettled:
    """Look until the run is seen to be over, or ``patience`` is."""
    until = trio.current_time() + patience
    pause = 0.01
    while True:
        judged = _judge(case, await _verifying_look(case, config))
        alive = judged is None or (isinstance(judged, Unsettled) and judged.then is Then.AGAIN)
        if judged is not None and not alive:
            return judged
        if trio.current_time() + pause > until:
            return judged or Unsettled(Then.AGAIN, "still alive after the call")
        await trio.sleep(pause)
        pause = min(pause * 2, 0.5)


async def _verifying_look(case: Case, config: ActConfig) -> Look:
    """A container that is removed at its end is not inspected then: some engines fall over that."""
    run = case.decision.run
    if case.seen is not None and case.seen.auto_remove:
        return await look_at_list(case.calls, run, config.verify_deadline, Look(Sight.ALIVE, case.seen))
    return await look(case.calls, run, config.verify_deadline)


def _is_over(settled: Verdict | Unsettled) -> bool:
    return isinstance(settled, Verdict) and settled.result is Result.DONE and settled.why is not Why.GONE


def grace_of(decision: Decision, config: ActConfig) -> float:
    """The grace of a stop, never negative (which means for ever) and never without an end."""
    return min(max(decision.grace, 0.0), config.longest_grace) if decision.action in POLITE else 0.0
