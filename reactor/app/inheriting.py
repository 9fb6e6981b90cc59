"""What a monitor that starts takes over from the one before: orders, open intents, and how they went.

Only the start belongs here. What becomes of an intent is in ``act.reopening``; by whom a run was ended is
found in the core.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace

import trio

from reactor.act.reopening import reopen, resumed
from reactor.act.workers import Workers
from reactor.app.monitor import Monitor
from reactor.core import last_look
from reactor.core.container import Run
from reactor.core.decisions import Outcome, Result, Why
from reactor.core.moments import nanoseconds
from reactor.core.ports import Engine
from reactor.engine.past import words_about
from reactor.journal.journal import Journal

log = logging.getLogger("reactor.app")

EARLIER = 15.0
"""Seconds before the first of them from which the engine is asked: its clock may be behind, and who is told
to stop has ten seconds as a rule."""


def take_up_orders(journal: Journal, monitor: Monitor) -> None:
    """Obey what was ordered before, and say so where only the wall's clock tells when that is over."""
    if journal.by_wall:
        log.warning(
            "the machine was started anew: what was ordered for a time goes by the wall's clock",
            extra={"orders": journal.by_wall},
        )
    monitor.take_up_orders()


def told_to_stop(journal: Journal) -> Mapping[Run, float]:
    """When the engine was told first to stop a run of which nobody wrote down that it ended."""
    asked = journal.asked()
    told = [(each.run, asked[each.id]) for each in journal.open_intents() if each.id in asked]
    return dict(sorted(told, key=lambda run_and_moment: run_and_moment[1], reverse=True))


def take_up_extensions(journal: Journal, monitor: Monitor) -> None:
    """Let those live longer of whom that was said to an earlier monitor."""
    for extended in journal.extensions():
        monitor.feed(extended)


async def take_up_late(journal: Journal, monitor: Monitor) -> None:
    """Obey what was ordered before, of a journal that could not be read at the start, as soon as it can."""
    await journal.wait_recalled()
    log.warning("the journal can be read by now: what was ordered before is obeyed from now on")
    take_up_extensions(journal, monitor)
    take_up_orders(journal, monitor)


async def take_up_intents(journal: Journal, engine: Engine, monitor: Monitor, workers: Workers) -> None:
    """Finish, or close, what an earlier monitor intended and did not write the end of."""
    intents = journal.open_intents()
    in_force = [intent for intent in intents if last_look.is_in_force(monitor.setup, intent)]
    asked, now = told_to_stop(journal), trio.current_time()
    whole = [
        resumed(each, last_look.chain_of(monitor.setup, each), now, was_asked=each.run in asked)
        for each in in_force
    ]
    armed = [replace(each, dry_run=each.dry_run or last_look.runs_dry(monitor.setup, each)) for each in whole]
    dry_run = monitor.setup.dry_run or monitor.is_held
    closed = list(await reopen(armed, engine, journal, workers.put, dry_run=dry_run))
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


async def hear_of_ends(engine: Engine, monitor: Monitor, known: frozenset[Run]) -> None:
    """Ask what the engine still remembers of the ends that came while no monitor was there.

    Of those that are ``known`` it was written down before, unless an earlier monitor meant to bring them.
    """
    unclear = {
        each.run.id: each
        for each in monitor.state.entries.values()
        if each.ended_at is not None
        and each.died is None
        and (each.meant is not None or each.run not in known)
    }
    moments = [
        # A run that was meant to be ended may have been struck long before it was over.
        moment
        for each in unclear.values()
        for moment in (each.meant.at if each.meant else None, nanoseconds(each.container.finished_at))
        if moment is not None
    ]
    if moments:
        wanted = {key: each.container for key, each in unclear.items()}
        for word in await words_about(engine, wanted, min(moments) / 1e9 - EARLIER):
            monitor.feed(word)
