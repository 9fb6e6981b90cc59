"""The nursery tree: the only place where the monitor's nurseries are opened and its tasks begin.

What is needed longest begins first and ends last: the journal outlives those who act, those
who act outlive the sources. A stop ends the sources, lets what is in flight come to its
end within the grace, and then closes the rest.
"""

import logging
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace

import trio

from reactor.act.collecting import AT_ONCE, Collector, gathering
from reactor.act.courier import Courier
from reactor.act.crier import Crier
from reactor.act.measures import Measures
from reactor.act.workers import Workers
from reactor.app.garbage import keep_collections_short
from reactor.app.inheriting import told_to_stop
from reactor.app.monitor import Monitor, Observer, OnFact, in_turn
from reactor.app.numbers import Numbers
from reactor.app.plan import Export, Plan, Service
from reactor.app.proofs import proven
from reactor.app.sources import start_watching
from reactor.containment.keeping import Keeper, usual_most
from reactor.containment.thawing import thaw_left
from reactor.core.state import Setup
from reactor.observe.own import watch_loop
from reactor.observe.tally import Tally
from reactor.streams.scheduler import TrioScheduler

log = logging.getLogger("reactor.app")

_LAST_WORDS = 2.0
"""For how many seconds messages are still sent when everything else is done."""


async def supervise(
    plan: Plan,
    wait_for_stop: Callable[[], Awaitable[object]],
    *,
    task_status: trio.TaskStatus[Numbers] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Run a monitor until ``wait_for_stop`` returns; ``task_status`` is told when it watches."""
    scheduler, tally = TrioScheduler(), Tally()
    async with AsyncExitStack() as claims, trio.open_nursery() as keeping:
        for attend in plan.attendants:
            keeping.start_soon(attend)
        await keeping.start(plan.journal.run)
        # After the journal: whoever has that is the better sentence.
        claims.enter_context(plan.claim())
        await keeping.start(scheduler.run)
        setup = _with_memory(plan)
        collector = Collector(plan.engine, plan.journal, plan.evidence) if plan.evidence else None
        courier = Courier(plan.means.webhooks, time.time, plan.chance.random)
        observers = _observers(plan, collector, courier)
        monitor = Monitor(setup, scheduler, plan.journal, tally, observers, _on_fact(plan))
        if plan.recorder is not None:
            await keeping.start(plan.recorder.run, setup)
        async with trio.open_nursery() as acting:
            acting.start_soon(courier.run)
            keeper = _keeper(plan, acting)
            workers = _workers(plan, monitor, courier, acting, keeper)
            workers.start()
            _start_collecting(collector, acting)
            async with trio.open_nursery() as sources:
                numbers = await start_watching(plan, monitor, workers, sources, tally, keeper)
                await _start_exports(plan, numbers, tally, acting)
                for service in plan.services:
                    await sources.start(_serving, service, monitor, numbers)
                task_status.started(numbers)
                await wait_for_stop()
                sources.cancel_scope.cancel()
            monitor.stop_clock()
            await _drain(plan, workers, courier)
            acting.cancel_scope.cancel()
        keeping.cancel_scope.cancel()


def _on_fact(plan: Plan) -> OnFact:
    """Who is told of every fact, a recording first."""
    recording = (plan.recorder.take,) if plan.recorder is not None else ()
    return in_turn((*recording, *plan.on_facts))


def _observers(plan: Plan, collector: Collector | None, courier: Courier) -> tuple[Observer, ...]:
    """Who is told of every step and outcome."""
    collecting = (collector,) if collector is not None else ()
    crying = (Crier(plan.tell, courier, plan.source, time.time),) if plan.tell else ()
    return (*plan.observers, *collecting, *crying)


async def _start_exports(plan: Plan, numbers: Numbers, tally: Tally, acting: trio.Nursery) -> None:
    """What is told of the monitor from outside, and what it watches of itself."""
    for export in plan.exports:
        await acting.start(_started, export, numbers, tally)
    acting.start_soon(watch_loop, tally)
    acting.start_soon(keep_collections_short)


def _start_collecting(collector: Collector | None, acting: trio.Nursery) -> None:
    if collector is not None:
        for _ in range(AT_ONCE):
            acting.start_soon(collector.run)


def _with_memory(plan: Plan) -> Setup:
    """The setup with what an earlier monitor left in the journal."""
    setup, journal = plan.setup, plan.journal
    away = {known.run: known.name for known in journal.open_runs()}
    known = proven(setup.rules, setup, journal.proven())
    return replace(
        setup,
        remembered=journal.remembered(),
        away=away,
        meant=journal.meant(),
        done=journal.done(),
        proven=known | setup.proven,
    )


def _keeper(plan: Plan, acting: trio.Nursery) -> Keeper | None:
    """Whoever ends runs directly, if that is wanted; what is left frozen is thawed in any case."""
    if plan.containment is None:
        return None
    trees, inspect = plan.containment.trees, plan.engine.inspect
    most = usual_most(plan.containment.sharers)
    keeper = Keeper(trees, inspect, named=plan.containment.named, proc=plan.proc, most=most)
    meant = [intent.run for intent in plan.journal.open_intents()]
    acting.start_soon(thaw_left, meant, trees, inspect, keeper.is_frozen, plan.proc)
    if not plan.containment.on:
        return None
    acting.start_soon(keeper.run)
    return keeper


def _workers(
    plan: Plan, monitor: Monitor, courier: Courier, acting: trio.Nursery, keeper: Keeper | None
) -> Workers:
    gather = gathering(plan.engine, plan.journal, plan.evidence) if plan.evidence is not None else None
    interrupted = {(each.run, each.rule) for each in plan.journal.open_intents()}
    measures = Measures(
        plan.means,
        courier,
        plan.acting,
        source=plan.source,
        wall=time.time,
        gather=gather,
        interrupted=interrupted,
    )
    workers = Workers(
        plan.acting_engine or plan.engine,
        plan.journal,
        monitor.allows,
        acting,
        monitor.report,
        plan.acting,
        jitter=plan.chance.random,
        returned=monitor.came_back,
        measures=measures,
        containment=keeper,
        known=monitor.known,
    )
    workers.recall(told_to_stop(plan.journal))
    return workers


async def _started(
    export: Export, numbers: Numbers, tally: Tally, *, task_status: trio.TaskStatus[None]
) -> None:
    await export(numbers, tally, task_status)


async def _serving(
    service: Service, monitor: Monitor, numbers: Numbers, *, task_status: trio.TaskStatus[None]
) -> None:
    await service(monitor, numbers, task_status)


async def _drain(plan: Plan, workers: Workers, courier: Courier) -> None:
    """Let what is in flight come to its end; what does not is taken up by the next monitor."""
    left = workers.statistics()
    if left.queued or left.in_flight:
        log.info("stopping: waiting for what is in flight", extra={"in_flight": left.queued + left.in_flight})
    with trio.move_on_after(plan.drain):
        await workers.wait_empty()
        with trio.move_on_after(_LAST_WORDS):
            await courier.wait_empty()


@contextmanager
def open_stop_signals() -> Iterator[Callable[[], Awaitable[None]]]:
    """Take SIGTERM and SIGINT from now on, so that none is missed; what is given waits for the first."""
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:

        async def wait_for_signal() -> None:
            async for number in signals:
                log.info("stopping", extra={"signal": signal.Signals(number).name})
                return

        yield wait_for_signal
