"""The nursery tree: the only place where the monitor's nurseries are opened and its tasks begin.

What is needed longest begins first and ends last: the journal outlives those who act, those
who act outlive the sources. A stop ends the sources, lets what is in flight come to its
end within the grace, and then closes the rest.
"""

import logging
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import trio

from reactor.act.collecting import AT_ONCE, Collector, gathering
from reactor.act.config import ActConfig
from reactor.act.courier import Courier
from reactor.act.crier import Crier
from reactor.act.means import Means
from reactor.act.measures import Measures
from reactor.act.workers import Workers
from reactor.app.inheriting import hear_of_ends, take_up_intents, take_up_orders
from reactor.app.monitor import Monitor, Observer, ignore
from reactor.app.numbers import Numbers, Sources
from reactor.app.proofs import proven
from reactor.app.recorder import Recorder
from reactor.core.evidence import EvidenceTerms
from reactor.core.leases import wanted_owners
from reactor.core.ports import Engine, EngineInfo
from reactor.core.state import Setup
from reactor.core.step import wanted_zombies, wants_host
from reactor.engine.layers import Layers
from reactor.engine.readings import Readings
from reactor.engine.watch import Watch, WatchTimes
from reactor.journal.journal import Journal
from reactor.kernel.memory import PROC
from reactor.kernel.watching import KernelWatch
from reactor.observe.own import watch_loop
from reactor.observe.tally import Tally
from reactor.owners.book import LeaseBook
from reactor.owners.heartbeats import Heartbeats
from reactor.owners.watching import OwnerWatch
from reactor.streams.scheduler import TrioScheduler

log = logging.getLogger("reactor.app")

Export = Callable[[Numbers, Tally, trio.TaskStatus[None]], Awaitable[None]]
"""Something that shows the numbers to others: the web server, the push."""
_LAST_WORDS = 2.0
"""For how many seconds messages are still sent when everything else is done."""
Service = Callable[[Monitor, Numbers, trio.TaskStatus[None]], Awaitable[None]]
"""Something that asks the monitor, or tells it: the control socket, the signal. It ends with the sources."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to supervise. ``setup`` lacks only what the journal remembers; times are in seconds.

    ``acting_engine`` is the engine for those who act, if it is not to be the same. ``evidence`` says what is
    gathered around the ends that we bring; None is nothing. ``proc`` is where the kernel of the engine's host
    is read. ``means`` are what rules may call, ``source`` says in messages who we are. ``tell`` are the
    webhooks that hear of every outcome. ``book`` has the
    leases; without one nobody can renew any, and none runs out. ``heartbeats`` looks at the files of owners.
    ``claim`` keeps others from acting beside us.
    """

    setup: Setup
    engine: Engine
    journal: Journal
    acting_engine: Engine | None = None
    times: WatchTimes = field(default_factory=WatchTimes)
    acting: ActConfig = field(default_factory=ActConfig)
    exports: tuple[Export, ...] = ()
    services: tuple[Service, ...] = ()
    observers: tuple[Observer, ...] = ()
    recorder: Recorder | None = None
    evidence: EvidenceTerms | None = None
    means: Means = field(default_factory=Means)
    tell: tuple[str, ...] = ()
    source: str = "reactor"
    most_streams: int = 2000
    drain: float = 20.0
    chance: Random = field(default_factory=Random)
    proc: Path = PROC
    book: LeaseBook | None = None
    heartbeats: Heartbeats | None = None
    claim: Callable[[], AbstractContextManager[object]] = nullcontext


async def supervise(
    plan: Plan,
    wait_for_stop: Callable[[], Awaitable[object]],
    *,
    task_status: trio.TaskStatus[Numbers] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Run a monitor until ``wait_for_stop`` returns; ``task_status`` is told when it watches."""
    scheduler, tally = TrioScheduler(), Tally()
    async with AsyncExitStack() as claims, trio.open_nursery() as keeping:
        await keeping.start(plan.journal.run)
        # After the journal: whoever has that is the better sentence.
        claims.enter_context(plan.claim())
        await keeping.start(scheduler.run)
        setup = _with_memory(plan)
        recorder = plan.recorder
        on_fact = recorder.take if recorder is not None else ignore
        collector = Collector(plan.engine, plan.journal, plan.evidence) if plan.evidence else None
        observers = (*plan.observers, collector) if collector is not None else plan.observers
        courier = Courier(plan.means.webhooks, time.time, plan.chance.random)
        if plan.tell:
            observers = (*observers, Crier(plan.tell, courier, plan.source, time.time))
        monitor = Monitor(setup, scheduler, plan.journal, tally, observers, on_fact)
        if recorder is not None:
            await keeping.start(recorder.run, setup)
        async with trio.open_nursery() as acting:
            acting.start_soon(courier.run)
            workers = _workers(plan, monitor, courier, acting)
            workers.start()
            _start_collecting(collector, acting)
            async with trio.open_nursery() as sources:
                numbers = await _start_watching(plan, monitor, workers, sources, tally)
                for export in plan.exports:
                    await acting.start(_started, export, numbers, tally)
                acting.start_soon(watch_loop, tally)
                for service in plan.services:
                    await sources.start(_serving, service, monitor, numbers)
                task_status.started(numbers)
                await wait_for_stop()
                sources.cancel_scope.cancel()
            monitor.stop_clock()
            await _drain(plan, workers, courier)
            acting.cancel_scope.cancel()
        keeping.cancel_scope.cancel()


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


def _workers(plan: Plan, monitor: Monitor, courier: Courier, acting: trio.Nursery) -> Workers:
    gather = gathering(plan.engine, plan.journal, plan.evidence) if plan.evidence is not None else None
    interrupted = frozenset(each.id for each in plan.journal.open_intents())
    measures = Measures(
        plan.means,
        courier,
        plan.acting,
        source=plan.source,
        wall=time.time,
        gather=gather,
        interrupted=interrupted,
    )
    return Workers(
        plan.acting_engine or plan.engine,
        plan.journal,
        monitor.allows,
        acting,
        monitor.report,
        plan.acting,
        jitter=plan.chance.random,
        returned=monitor.came_back,
        measures=measures,
    )


async def _start_watching(
    plan: Plan, monitor: Monitor, workers: Workers, sources: trio.Nursery, tally: Tally
) -> Numbers:
    """Begin to watch; returns when the first snapshot has been taken in."""
    readings = Readings(plan.engine, monitor.feed, sources, most=plan.most_streams, chance=plan.chance)
    kernel = KernelWatch(
        monitor.feed,
        lambda: wants_host(monitor.setup),
        lambda: wanted_zombies(monitor.setup, monitor.state),
        plan.proc,
    )

    book = plan.book or LeaseBook(plan.journal.keep_lease)
    owners = _owner_watch(plan, monitor, book)

    def opened(info: EngineInfo) -> None:
        kernel.connected(info)
        owners.connected(info)
        workers.nudge()

    layers = Layers(plan.engine, monitor.feed, every=plan.setup.layer_every)
    watch = Watch(
        plan.engine,
        monitor.feed,
        plan.times,
        chance=plan.chance,
        on_open=opened,
        on_reconciled=lambda took: tally.observe("reactor_reconcile_duration_seconds", took),
    )
    monitor.begin(workers.put, readings.want, watch.look, layers.want)
    for extended in plan.journal.extensions():
        monitor.feed(extended)
    take_up_orders(plan.journal, monitor)
    sources.start_soon(layers.measure_for_ever)
    numbers = Numbers(
        Sources(
            setup=lambda: monitor.setup,
            state=lambda: monitor.state,
            repeats=lambda: monitor.graph.repeats.dropped,
            watch=watch.statistics,
            readings=readings.statistics,
            layers=layers.statistics,
            outbox=workers.statistics,
            journal=plan.journal.statistics,
            reloads=lambda: monitor.reloads,
            leases=book.statistics,
            recording=plan.recorder.statistics if plan.recorder is not None else None,
        ),
        tally,
        time.time,
    )
    await sources.start(watch.run, sources)
    sources.start_soon(kernel.watch_host)
    sources.start_soon(kernel.watch_zombies)
    sources.start_soon(owners.run)
    await take_up_intents(plan.journal, plan.engine, monitor, workers)
    await hear_of_ends(plan.engine, monitor)
    return numbers


def _owner_watch(plan: Plan, monitor: Monitor, book: LeaseBook) -> OwnerWatch:
    journal = plan.journal
    book.recall(journal.leases())
    return OwnerWatch(
        monitor.feed,
        lambda: wanted_owners(monitor.setup, monitor.state),
        book,
        journal.boots(),
        journal.keep_boot,
        plan.proc,
        plan.heartbeats,
    )


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
