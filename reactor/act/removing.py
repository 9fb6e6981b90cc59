"""Removing a container whose run is over: never one that runs, never its volumes.

What is removed is what was looked at a moment ago; whoever has begun another run in between is refused
by the engine, because nothing is forced.
"""

import trio

from reactor.act.case import Case, Guard, Then, Unsettled, Verdict
from reactor.act.config import ActConfig
from reactor.act.looking import Sight, look
from reactor.core.decisions import Result, Why
from reactor.core.ports import EngineAnswered, EngineError, EngineForbids

_NO_ANSWER = 0
_GONE_OR_GOING = frozenset({204, 404, 409, _NO_ANSWER})
"""Removed, gone already, or somebody else's removal is under way; or it runs again, or nobody knows: a look
tells."""


async def clear_away(case: Case, guard: Guard, config: ActConfig) -> Verdict | Unsettled:
    """Remove it, and look until it is gone. Raises EngineForbids."""
    seen = await look(case.calls, case.decision.run, config.look_deadline)
    if seen.sight is Sight.GONE:
        return _removed(case)
    if seen.sight is Sight.LATER_RUN:
        return Verdict(Result.REFUSED, Why.STALE, "it has begun another run and was not removed")
    if seen.sight is Sight.IMPOSTOR:
        return Verdict(Result.REFUSED, Why.IMPOSTOR)
    if seen.sight is not Sight.OVER or seen.container is None:
        return Unsettled(Then.AGAIN, seen.detail or "it could not be looked at before its removal")
    if not guard(seen.container, case.decision):
        return Verdict(Result.REFUSED, Why.PROTECTED)
    status = await _remove(case, config)
    if status not in _GONE_OR_GOING:
        return Unsettled(Then.AGAIN, f"the engine answered {status} to its removal")
    return await _until_gone(case, config)


async def _remove(case: Case, config: ActConfig) -> int:
    try:
        return await case.calls.remove(config.call_deadline)
    except EngineAnswered as error:
        return error.status
    except EngineForbids:
        raise
    except EngineError:
        return _NO_ANSWER


async def _until_gone(case: Case, config: ActConfig) -> Verdict | Unsettled:
    until, pause = trio.current_time() + config.settle, 0.02
    while True:
        seen = await look(case.calls, case.decision.run, config.verify_deadline)
        if seen.sight is Sight.GONE:
            return _removed(case)
        if trio.current_time() + pause > until:
            return Unsettled(Then.AGAIN, "it is still there after its removal")
        await trio.sleep(pause)
        pause = min(pause * 2, 0.5)


def _removed(case: Case) -> Verdict:
    return Verdict(Result.DONE, Why.ENDED if case.struck else Why.GONE)
