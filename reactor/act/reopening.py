"""What an earlier monitor intended and never wrote the end of: finished or closed by looking.

Only the start belongs here, before anything new is decided.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import trio

from reactor.core.decisions import Decision, Outcome, Result, Why
from reactor.core.ports import DeadlinePassed, Engine, EngineError, Journal

NOBODY: Mapping[str, float] = {}


async def reopen(
    intents: Sequence[Decision],
    engine: Engine,
    journal: Journal,
    put: Callable[[Decision, float | None], None],
    *,
    asked: Mapping[str, float] = NOBODY,
    dry_run: bool = False,
    deadline: float = 5.0,
) -> tuple[Outcome, ...]:
    """Close the intents whose run is over, and ``put`` the others again; returns what was closed.

    A container that is alive may be in a later run: whoever carries the decision out sees that.
    Where the engine cannot say, all are put again. ``asked`` is when the engine was told
    already to stop their runs, by the decisions' ids. ``dry_run`` holds for what was intended before it was
    switched on, too.
    """
    alive = await _alive(engine, deadline) if intents else None
    closed = []
    for decision in intents:
        if not decision.ends:
            # Nobody knows how far it came. Whether it is still called for, its rule will find out anew.
            outcome = Outcome(decision, trio.current_time(), Result.FAILED, Why.INTERRUPTED)
            journal.conclude(outcome)
            closed.append(outcome)
        elif alive is not None and not alive.get(decision.run.id, False):
            # Most likely it was our doing. What is said of that is found out by how and when it ended.
            why = Why.ALREADY_OVER if decision.run.id in alive else Why.GONE
            outcome = Outcome(decision, trio.current_time(), Result.DONE, why, "found so at the start")
            journal.conclude(outcome)
            closed.append(outcome)
        else:
            again = replace(decision, dry_run=decision.dry_run or dry_run)
            put(again, None if again.dry_run else asked.get(decision.id))
    return tuple(closed)


async def _alive(engine: Engine, deadline: float) -> dict[str, bool] | None:
    """Which containers there are and whether they are alive; None if the engine does not say."""
    try:
        with trio.fail_after(deadline):
            return {row.id: row.alive for row in await engine.list()}
    except (trio.TooSlowError, DeadlinePassed, EngineError):
        return None
