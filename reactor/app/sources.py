"""The monitor's eyes and ears, put together: engine, cgroups, the host's kernel, owners. All feed facts.

What belongs here is which source there is and whom it tells; each lives in a room of its own, and their tasks
run in the nursery that ``supervise`` opened for them.
"""

import time
from dataclasses import dataclass
from functools import partial

import trio

from reactor.act.workers import Workers
from reactor.app.arming import Arming
from reactor.app.inheriting import (
    hear_of_ends,
    take_up_extensions,
    take_up_intents,
    take_up_late,
    take_up_orders,
)
from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers, Sources
from reactor.app.oomwords import OomWords, hear_of_ooms
from reactor.app.plan import Plan
from reactor.app.probing import ProbeOnce
from reactor.app.sameness import Sameness
from reactor.app.shortcomings import Shortcomings, elsewhere
from reactor.app.wanting import Remembered, Wanted, hold_nobody
from reactor.containment.keeping import Keeper
from reactor.core.container import Run
from reactor.core.facts import Sample
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


@dataclass(frozen=True, slots=True)
class Eyes:
    """All that a monitor sees by, before it looks. What is not to be had here, or not wanted, is None."""

    watch: Watch
    readings: Readings
    layers: Layers
    kernel: KernelWatch
    owners: OwnerWatch
    book: LeaseBook
    lane: FastLane | None
    arming: Arming
    ooms: OomWords | None
    probing: ProbeOnce | None
    shortcomings: Shortcomings

    def read(self, wanted: frozenset[Watched]) -> None:
        """Take resource readings of these: from their cgroups where there is a fast lane, else by streams."""
        runs = frozenset(each.run for each in wanted)
        self.arming.want(runs)
        if self.lane is not None:
            self.lane.want(wanted)
        else:
            self.readings.want(runs)

    async def open(self, sources: trio.Nursery) -> None:
        """Look from now on; returns when the engine's containers have been listed and events come in."""
        if self.lane is not None:
            sources.start_soon(self.lane.run)
        sources.start_soon(self.layers.measure_for_ever)
        await sources.start(self.watch.run, sources)
        sources.start_soon(self.kernel.watch_host)
        sources.start_soon(self.kernel.watch_zombies)
        sources.start_soon(self.owners.run)
        if self.probing is not None:
            sources.start_soon(self.probing.run)


async def start_watching(
    plan: Plan,
    monitor: Monitor,
    workers: Workers,
    sources: trio.Nursery,
    tally: Tally,
    keeper: Keeper | None = None,
) -> Numbers:
    """Begin to watch; returns when the first snapshot has been taken in."""
    eyes = _eyes(plan, monitor, workers, sources, tally)
    hold_on = keeper.want if keeper is not None else hold_nobody
    monitor.begin(workers.put, Wanted(eyes.read, eyes.layers.want, hold_on), eyes.watch.look)
    take_up_extensions(plan.journal, monitor)
    if plan.journal.is_recalled:
        take_up_orders(plan.journal, monitor)
    else:
        sources.start_soon(take_up_late, plan.journal, monitor)
    known = frozenset(plan.journal.known_exits())
    await eyes.open(sources)
    await take_up_intents(plan.journal, plan.engine, monitor, workers)
    await hear_of_ends(plan.engine, monitor, known)
    return Numbers(_seen(plan, monitor, workers, keeper, eyes), tally, time.time, plan.metric_labels)


def _eyes(plan: Plan, monitor: Monitor, workers: Workers, sources: trio.Nursery, tally: Tally) -> Eyes:
    def streamed(sample: Sample) -> None:
        if lane is None or not lane.answers_for(sample.run):
            monitor.feed(sample)

    readings = Readings(plan.engine, streamed, sources, most=plan.most_streams, chance=plan.chance)
    kernel, book = _kernel_watch(plan, monitor), plan.book or LeaseBook(plan.journal.keep_lease)
    owners, arming = _owner_watch(plan, monitor, book), Arming(monitor.feed, tally.observe)
    lane = _lane(plan, monitor, arming, readings)
    ooms = hear_of_ooms(plan, monitor, sources)
    beside = partial(elsewhere, proc=plan.proc, ooms=plan.host is not None, readings=plan.lane is not None)
    shortcomings = Shortcomings(lambda: monitor.setup.rules, beside)
    monitor.also_tell(shortcomings)

    sameness = Sameness(plan.whose)
    sources.start_soon(sameness.run)

    def opened(info: EngineInfo) -> None:
        sameness.connected(info)
        kernel.connected(info)
        owners.connected(info)
        shortcomings.connected(info)
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
    layers = Layers(plan.engine, monitor.feed, every=plan.setup.layer_every)
    probing = ProbeOnce(plan.host) if plan.host is not None else None
    return Eyes(watch, readings, layers, kernel, owners, book, lane, arming, ooms, probing, shortcomings)


def _seen(plan: Plan, monitor: Monitor, workers: Workers, keeper: Keeper | None, eyes: Eyes) -> Sources:
    """Whom the numbers are asked of."""
    probing = eyes.probing
    return Sources(
        setup=lambda: monitor.setup,
        state=lambda: monitor.state,
        repeats=lambda: monitor.graph.repeats.dropped,
        watch=eyes.watch.statistics,
        readings=eyes.readings.statistics,
        lane=eyes.lane.statistics if eyes.lane is not None else None,
        ooms=eyes.ooms.statistics if eyes.ooms is not None else None,
        abilities=lambda: probing.found if probing is not None else None,
        layers=eyes.layers.statistics,
        outbox=workers.statistics,
        journal=plan.journal.statistics,
        reloads=lambda: monitor.reloads,
        leases=eyes.book.statistics,
        arrivals=lambda: monitor.arrivals,
        containment=keeper.statistics if keeper is not None else None,
        shortcomings=eyes.shortcomings,
        recording=plan.recorder.statistics if plan.recorder is not None else None,
    )


def _kernel_watch(plan: Plan, monitor: Monitor) -> KernelWatch:
    return KernelWatch(
        monitor.feed,
        lambda: wants_host(monitor.setup),
        Remembered(lambda: monitor.setup, lambda: monitor.state, wanted_zombies),
        plan.proc,
    )


def _lane(plan: Plan, monitor: Monitor, arming: Arming, readings: Readings) -> FastLane | None:
    if plan.lane is None:
        return None

    async def is_present(run: Run) -> bool:
        try:
            return (await plan.engine.inspect(run.id)).run == run
        except EngineError:
            return False

    lane = plan.lane
    return FastLane(
        lane.trees, arming.take, readings.want, is_present, lane.terms, vouch=monitor.feed, proc=plan.proc
    )


def _owner_watch(plan: Plan, monitor: Monitor, book: LeaseBook) -> OwnerWatch:
    journal = plan.journal
    book.recall(journal.leases())
    return OwnerWatch(
        monitor.feed,
        Remembered(lambda: monitor.setup, lambda: monitor.state, wanted_owners),
        book,
        journal.boots(),
        journal.keep_boot,
        plan.proc,
        plan.heartbeats,
    )
