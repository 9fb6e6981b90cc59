"""The monitor's eyes and ears, put together: engine, cgroups, the host's kernel, owners. All feed facts.

What belongs here is which source there is and whom it tells; each lives in a room of its own, and their tasks
run in the nursery that ``supervise`` opened for them.
"""

import time

import trio

from reactor.act.workers import Workers
from reactor.app.inheriting import hear_of_ends, take_up_intents, take_up_late, take_up_orders
from reactor.app.monitor import Monitor, hold_nobody
from reactor.app.numbers import Numbers, Sources
from reactor.app.oomwords import hear_of_ooms
from reactor.app.plan import Plan
from reactor.app.probing import ProbeOnce
from reactor.containment.keeping import Keeper
from reactor.core.container import Run
from reactor.core.leases import wanted_owners
from reactor.core.ports import EngineError, EngineInfo
from reactor.core.step import wanted_zombies, wants_host
from reactor.core.watched import Watched
from reactor.engine.layers import Layers
from reactor.engine.readings import Readings
from reactor.engine.watch import Watch
from reactor.kernel.watching import KernelWatch
from reactor.lane.watching import FastLane
from reactor.observe.tally import Tally
from reactor.owners.book import LeaseBook
from reactor.owners.watching import OwnerWatch


async def start_watching(
    plan: Plan,
    monitor: Monitor,
    workers: Workers,
    sources: trio.Nursery,
    tally: Tally,
    keeper: Keeper | None = None,
) -> Numbers:
    """Begin to watch; returns when the first snapshot has been taken in."""
    readings = Readings(plan.engine, monitor.feed, sources, most=plan.most_streams, chance=plan.chance)
    layers = Layers(plan.engine, monitor.feed, every=plan.setup.layer_every)
    kernel, book = _kernel_watch(plan, monitor), plan.book or LeaseBook(plan.journal.keep_lease)
    owners, lane = _owner_watch(plan, monitor, book), _lane(plan, monitor, readings)
    ooms = hear_of_ooms(plan, monitor, sources)
    probing = ProbeOnce(plan.host) if plan.host is not None else None

    def opened(info: EngineInfo) -> None:
        kernel.connected(info)
        owners.connected(info)
        if ooms is not None:
            ooms.connected(info)
        if lane is not None:
            lane.connected(info.memory)
        workers.nudge()

    watch = Watch(
        plan.engine,
        monitor.feed,
        plan.times,
        chance=plan.chance,
        on_open=opened,
        on_reconciled=lambda took: tally.observe("reactor_reconcile_duration_seconds", took),
    )

    def want(wanted: frozenset[Watched]) -> None:
        (lane.want if lane is not None else streamed)(wanted)

    def streamed(wanted: frozenset[Watched]) -> None:
        readings.want(frozenset(each.run for each in wanted))

    hold_on = keeper.want if keeper is not None else hold_nobody
    monitor.begin(workers.put, want, watch.look, layers.want, hold_on)
    if lane is not None:
        sources.start_soon(lane.run)
    for extended in plan.journal.extensions():
        monitor.feed(extended)
    if plan.journal.is_recalled:
        take_up_orders(plan.journal, monitor)
    else:
        sources.start_soon(take_up_late, plan.journal, monitor)
    sources.start_soon(layers.measure_for_ever)
    seen = Sources(
        setup=lambda: monitor.setup,
        state=lambda: monitor.state,
        repeats=lambda: monitor.graph.repeats.dropped,
        watch=watch.statistics,
        readings=readings.statistics,
        lane=lane.statistics if lane is not None else None,
        ooms=ooms.statistics if ooms is not None else None,
        abilities=lambda: probing.found if probing is not None else None,
        layers=layers.statistics,
        outbox=workers.statistics,
        journal=plan.journal.statistics,
        reloads=lambda: monitor.reloads,
        leases=book.statistics,
        arrivals=lambda: monitor.arrivals,
        containment=keeper.statistics if keeper is not None else None,
        recording=plan.recorder.statistics if plan.recorder is not None else None,
    )
    await sources.start(watch.run, sources)
    sources.start_soon(kernel.watch_host)
    sources.start_soon(kernel.watch_zombies)
    sources.start_soon(owners.run)
    if probing is not None:
        sources.start_soon(probing.run)
    await take_up_intents(plan.journal, plan.engine, monitor, workers)
    await hear_of_ends(plan.engine, monitor)
    return Numbers(seen, tally, time.time, plan.metric_labels)


def _kernel_watch(plan: Plan, monitor: Monitor) -> KernelWatch:
    return KernelWatch(
        monitor.feed,
        lambda: wants_host(monitor.setup),
        lambda: wanted_zombies(monitor.setup, monitor.state),
        plan.proc,
    )


def _lane(plan: Plan, monitor: Monitor, readings: Readings) -> FastLane | None:
    if plan.lane is None:
        return None

    async def is_present(run: Run) -> bool:
        try:
            return (await plan.engine.inspect(run.id)).run == run
        except EngineError:
            return False

    lane = plan.lane
    return FastLane(lane.trees, monitor.feed, readings.want, is_present, lane.terms, proc=plan.proc)


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
