"""What a monitor that starts takes over from the one before: orders, open intents, and how they went.

Only the start belongs here. What becomes of an intent is in ``act.reopening``; by whom a run was ended is
found in the core.
"""

import logging
from dataclasses import replace

import trio

from reactor.act.reopening import reopen
from reactor.act.workers import Workers
from reactor.app.monitor import Monitor
from reactor.core.decisions import Outcome, Result, Why
from reactor.core.ports import Engine
from reactor.engine.past import words_about
from reactor.journal.journal import Journal

log = logging.getLogger("reactor.app")

EARLIER = 5.0
"""Seconds before the first intent from which on the engine is asked: its clock may be behind."""


def take_up_orders(journal: Journal, monitor: Monitor) -> None:
    """Obey what was ordered before, and say so where only the wall's clock tells when that is over."""
    if journal.by_wall:
        log.warning(
            "the machine was started anew: what was ordered for a time goes by the wall's clock",
            extra={"orders": journal.by_wall},
        )
    monitor.take_up_orders()


async def take_up_intents(journal: Journal, engine: Engine, monitor: Monitor, workers: Workers) -> None:
    """Finish, or close, what an earlier monitor intended and did not write the end of."""
    intents = journal.open_intents()
    in_force = [intent for intent in intents if monitor.is_in_force(intent)]
    armed = [replace(each, dry_run=each.dry_run or monitor.runs_dry(each)) for each in in_force]
    dry_run = monitor.setup.dry_run or monitor.is_held
    closed = list(await reopen(armed, engine, journal, workers.put, asked=journal.asked(), dry_run=dry_run))
    for intent in intents:
        if intent not in in_force:
            outcome = Outcome(intent, trio.current_time(), Result.REFUSED, Why.NO_RULE)
            journal.conclude(outcome)
            closed.append(outcome)
    for outcome in closed:
        monitor.report(outcome)
    if intents:
        taken_up = {"intents": len(intents), "closed": len(closed)}
        log.warning("an earlier monitor left intents behind; they are taken up", extra=taken_up)


async def hear_of_ends(engine: Engine, monitor: Monitor) -> None:
    """Ask what is still known of the ends that an earlier monitor meant to bring, and did not write down."""
    ended = [each for each in monitor.state.entries.values() if each.ended_at is not None]
    unclear = {
        each.run.id: (each.container, each.meant)
        for each in ended
        if each.meant is not None and each.died is None
    }
    if not unclear:
        return
    since = min(meant.at for _, meant in unclear.values()) / 1e9 - EARLIER
    for word in await words_about(engine, {key: container for key, (container, _) in unclear.items()}, since):
        monitor.feed(word)
