"""The numbers of this moment: from the rooms' statistics to the records that the exports read.

Only taking hold of them belongs here: each room says what it knows by ``statistics()``, and the state cannot
change any more. What they come to is worked out in ``held`` and ``figures``, beside the loop.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter

import trio

from reactor.act.outbox import OutboxStatistics
from reactor.app.held import Held, captured
from reactor.app.recorder import RecorderStatistics
from reactor.app.reloads import Reloads
from reactor.app.shortcomings import Shortcomings
from reactor.cgroups.abilities import Abilities
from reactor.containment.keeping import KeeperStatistics
from reactor.core.obeying import is_held
from reactor.core.state import Setup, State
from reactor.engine.layers import LayersStatistics
from reactor.engine.readings import ReadingsStatistics
from reactor.engine.watch import WatchStatistics
from reactor.journal.journal import JournalStatistics
from reactor.kmsg.watching import OomStatistics
from reactor.lane.terms import LaneStatistics
from reactor.observe.canary import CanaryBook
from reactor.observe.snapshot import Captured, Moment
from reactor.observe.tally import Tally
from reactor.owners.book import LeaseStatistics

CLOCKS_AGREE = 0.25
"""Seconds by which two clocks that nobody touched may come to differ."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the numbers come from."""

    setup: Callable[[], Setup]
    state: Callable[[], State]
    repeats: Callable[[], int]
    watch: Callable[[], WatchStatistics]
    readings: Callable[[], ReadingsStatistics]
    lane: Callable[[], LaneStatistics] | None
    ooms: Callable[[], OomStatistics] | None
    abilities: Callable[[], Abilities | None]
    layers: Callable[[], LayersStatistics]
    outbox: Callable[[], OutboxStatistics]
    journal: Callable[[], JournalStatistics]
    reloads: Callable[[], Reloads]
    leases: Callable[[float], LeaseStatistics]
    arrivals: Callable[[], Mapping[str, float]]
    shortcomings: Shortcomings
    recording: Callable[[], RecorderStatistics] | None = None
    containment: Callable[[], KeeperStatistics] | None = None


class Numbers:
    """Captures everything that the exports show. ``wall`` is the wall clock, in seconds.

    ``labels`` are the keys of containers' labels that are shown. ``canary`` is told how canaries fare;
    ``spans_queued`` is asked how many spans wait to be sent, and is set by whoever sends them, and
    ``sidecars`` how many there are in each state by whoever sees to them, and ``may_kill`` whether the engine
    lets us end anything, with a sentence for ``lack`` where it does not, by whoever finds that out.
    """

    def __init__(
        self, sources: Sources, tally: Tally, wall: Callable[[], float], labels: tuple[str, ...] = ()
    ) -> None:
        self._sources = sources
        self._tally = tally
        self._wall = wall
        self._labels = labels
        self._started = wall()
        self._offset = math.inf
        self.canary = CanaryBook(tally, wall)
        self.spans_queued: Callable[[], int | None] = nothing_queued
        self.sidecars: Callable[[], Mapping[tuple[str, str], int]] = nothing_provided
        self.may_kill: Callable[[], bool | None] = nothing_known
        self.lack: Callable[[], str] = str

    def freeze(self) -> Moment:
        """Take hold of this moment; what it tells is worked out by whoever asks, in any thread.

        This is all for which the loop stands still, however many containers there are.
        """
        began = perf_counter()
        sources = self._sources
        watch = sources.watch()
        self._take_over(watch)
        self._take_over_recording()
        self._take_over_layers()
        self._take_over_leases()
        self._take_over_ooms()
        held = self._held(watch)
        counts, started = self._tally.freeze(), self._started
        self._tally.observe("reactor_snapshot_duration_seconds", perf_counter() - began)
        return lambda: captured(held, counts, started)

    def capture(self) -> Captured:
        """The numbers of this moment, as frozen records."""
        return self.freeze()()

    def _held(self, watch: WatchStatistics) -> Held:
        sources, at = self._sources, trio.current_time()
        lane, ooms, recording = sources.lane, sources.ooms, sources.recording
        return Held(
            setup=sources.setup(),
            state=sources.state(),
            at=at,
            offset=self._between(at),
            watch=watch,
            readings=sources.readings(),
            outbox=sources.outbox(),
            journal=sources.journal(),
            reloads=sources.reloads(),
            leases=sources.leases(at),
            arrivals=dict(sources.arrivals()),
            lane=lane() if lane is not None else None,
            ooms=ooms() if ooms is not None else None,
            abilities=sources.abilities(),
            can=sources.shortcomings.can,
            recording=recording() if recording is not None else None,
            containment=sources.containment() if sources.containment is not None else None,
            labels=self._labels,
            canary=self.canary.standing(),
            spans_queued=self.spans_queued(),
            sidecars=self.sidecars(),
            may_kill=self.may_kill(),
        )

    def _between(self, at: float) -> float:
        """What makes a moment of ours one of the wall: always the same, so that what began keeps its moment,
        unless one of the clocks was set or stood still."""
        found = self._wall() - at
        if abs(found - self._offset) > CLOCKS_AGREE:
            self._offset = found
        return self._offset

    @property
    def sources(self) -> Sources:
        """Where they come from, for whoever shows more than numbers."""
        return self._sources

    @property
    def tally(self) -> Tally:
        """Where it is counted what happens."""
        return self._tally

    @property
    def started(self) -> float:
        """When the monitor began, by the wall clock."""
        return self._started

    @property
    def is_ready(self) -> bool:
        """Whether the first reconcile is done and events come in."""
        return _is_ready(self._sources.watch())

    def why_not_ready(self) -> str:
        """What is missing, as a sentence; empty if nothing is."""
        watch = self._sources.watch()
        if not watch.snapshots:
            return "the first reconcile is not done yet"
        return "" if watch.hearing.subscribed else "the event stream is not up"

    def remark(self) -> str:
        """What an operator should know although all is running; empty if there is nothing."""
        remarks = []
        if lack := self.lack():
            remarks.append(lack)
        if self._sources.reloads().errors:
            remarks.append("the last reload of the rules failed, and those before are in force")
        if lost := [harm.rule for harm in self._sources.shortcomings.harms if not harm.covered]:
            remarks.append(f"the engine cannot do what these rules need: {', '.join(dict.fromkeys(lost))}")
        state = self._sources.state()
        gate, brakes = state.curbs.gate, state.curbs.brakes
        if is_held(state, trio.current_time()):
            remarks.append("held by an operator: nothing is done")
        if stuck := self._sources.outbox().quarantined:
            remarks.append(f"runs that the engine does not end, and that are tried again: {stuck}")
        if brakes.opens:
            remarks.append("the breaker is open: only hard verdicts go on")
        if brakes.short:
            remarks.append(f"{sum(brakes.short.values())} containers wait for a token of a budget")
        if gate.waiting:
            remarks.append(f"new rules are held back: {gate.unknown} containers cannot be judged yet")
        elif gate.held:
            remarks.append(f"new rules would act on {len(gate.matches)} containers at once and are held back")
        return "; ".join(remarks)

    def _take_over_recording(self) -> None:
        if self._sources.recording is None:
            return
        recording = self._sources.recording()
        self._tally.reach("reactor_recording_facts_total", recording.facts)
        self._tally.reach("reactor_recording_dropped_total", recording.dropped)
        self._tally.reach("reactor_recording_written_bytes_total", recording.bytes)

    def _take_over_lane(self) -> int:
        """How many readings came from there."""
        if self._sources.lane is None:
            return 0
        lane = self._sources.lane()
        self._tally.reach("reactor_lane_deaths_total", lane.deaths)
        self._tally.reach("reactor_lane_slowed_total", lane.slowed)
        return lane.told

    def _take_over_leases(self) -> None:
        for event, total in self._sources.leases(trio.current_time()).events.items():
            self._tally.reach("reactor_lease_events_total", total, event=event)

    def _take_over_ooms(self) -> None:
        if self._sources.ooms is None:
            return
        ooms = self._sources.ooms()
        for result in ("known", "foreign", "untold"):
            self._tally.reach("reactor_kernel_oom_kills_total", getattr(ooms, result), result=result)
        self._tally.reach("reactor_kernel_log_lost_total", ooms.lost)

    def _take_over_layers(self) -> None:
        layers = self._sources.layers()
        self._tally.reach("reactor_layer_measures_total", layers.measured, result="done")
        self._tally.reach("reactor_layer_measures_total", layers.failed, result="failed")
        self._tally.reach("reactor_layer_measuring_seconds_total", layers.seconds)

    def _take_over(self, watch: WatchStatistics) -> None:
        """Bring the totals that the rooms count themselves into the tally."""
        tally, readings = self._tally, self._sources.readings()
        outbox, journal = self._sources.outbox(), self._sources.journal()
        reconnects = max(0, watch.hearing.subscriptions - 1)
        tally.reach("reactor_stream_reconnects_total", reconnects, stream="events")
        tally.reach("reactor_stream_reconnects_total", readings.reconnects, stream="stats")
        reloads = self._sources.reloads()
        tally.reach("reactor_rules_reloads_total", reloads.succeeded, result="success")
        tally.reach("reactor_rules_reloads_total", reloads.failed, result="failure")
        for (how, outcome), count in outbox.contained.items():
            tally.reach("reactor_contained_total", count, how=how, outcome=outcome)
        for name, total in (
            ("reactor_events_received_total", watch.hearing.events),
            ("reactor_events_repeated_total", self._sources.repeats()),
            ("reactor_gaps_total", watch.gaps),
            ("reactor_stream_deaf_total", watch.deaf),
            ("reactor_look_overflows_total", watch.overflows),
            ("reactor_reconciles_total", watch.snapshots),
            ("reactor_retries_total", outbox.retries),
            ("reactor_blind_seconds_total", _blind(watch)),
            ("reactor_samples_total", readings.samples + self._take_over_lane()),
            ("reactor_no_data_frames_total", readings.no_data),
            ("reactor_reconcile_failures_total", watch.list_failures),
            ("reactor_came_back_total", outbox.came_back),
            ("reactor_outbox_at_bound_total", outbox.at_bound),
            ("reactor_journal_written_total", journal.written),
            ("reactor_journal_dropped_total", journal.dropped),
            ("reactor_journal_failures_total", journal.failures),
            ("reactor_journal_late_total", journal.late),
        ):
            tally.reach(name, total)


def nothing_queued() -> int | None:
    """For a monitor that sends no traces."""
    return None


def nothing_known() -> bool | None:
    """For a monitor that does not ask what it may do."""
    return None


def nothing_provided() -> Mapping[tuple[str, str], int]:
    """For a monitor that sees to no sidecars."""
    return {}


def _is_ready(watch: WatchStatistics) -> bool:
    return watch.snapshots > 0 and watch.hearing.subscribed


def _blind(watch: WatchStatistics) -> float:
    now = trio.current_time() - watch.blind_since if watch.blind_since is not None else 0.0
    return watch.blind_seconds + now
