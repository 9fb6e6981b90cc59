"""The numbers of this moment: from the rooms' statistics to the records that the exports read.

Only reading belongs here: each room says what it knows by ``statistics()``, the state says
what is alive, and our moments are turned into the wall's.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import trio

from reactor import __version__
from reactor.act.outbox import OutboxStatistics
from reactor.app.recorder import RecorderStatistics
from reactor.app.reloads import Reloads
from reactor.cgroups.abilities import Abilities, Mode
from reactor.containment.keeping import KeeperStatistics
from reactor.core.amounts import fresh_host
from reactor.core.judging import fresh_sample, fresh_zombies, needs_samples, view_of
from reactor.core.layers import layer_writes
from reactor.core.leases import count_owners
from reactor.core.obeying import is_held
from reactor.core.rules import Rule, View
from reactor.core.state import Entry, Setup, State
from reactor.core.step import wants_host
from reactor.engine.layers import LayersStatistics
from reactor.engine.readings import ReadingsStatistics
from reactor.engine.watch import WatchStatistics
from reactor.journal.journal import JournalStatistics
from reactor.kmsg.watching import OomStatistics
from reactor.lane.terms import LaneStatistics
from reactor.observe.readings import ContainerReading, Readings
from reactor.observe.snapshot import Captured
from reactor.observe.tally import Tally
from reactor.owners.book import LeaseStatistics


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
    recording: Callable[[], RecorderStatistics] | None = None
    containment: Callable[[], KeeperStatistics] | None = None


class Numbers:
    """Captures everything that the exports show. ``wall`` is the wall clock, in seconds."""

    def __init__(self, sources: Sources, tally: Tally, wall: Callable[[], float]) -> None:
        self._sources = sources
        self._tally = tally
        self._wall = wall
        self._started = wall()

    def capture(self) -> Captured:
        """The numbers of this moment, as frozen records."""
        watch = self._sources.watch()
        self._take_over(watch)
        self._take_over_recording()
        self._take_over_layers()
        self._take_over_leases()
        self._take_over_ooms()
        return Captured(self._read(watch), self._tally.freeze(), self._started)

    @property
    def sources(self) -> Sources:
        """Where they come from, for whoever shows more than numbers."""
        return self._sources

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
        if self._sources.reloads().errors:
            remarks.append("the last reload of the rules failed, and those before are in force")
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

    def _read(self, watch: WatchStatistics) -> Readings:
        setup, state, at = self._sources.setup(), self._sources.state(), trio.current_time()
        outbox, journal = self._sources.outbox(), self._sources.journal()
        recording = self._sources.recording() if self._sources.recording is not None else None
        lane = self._sources.lane() if self._sources.lane is not None else None
        beat = lane.beat if lane is not None else None
        ooms = self._sources.ooms() if self._sources.ooms is not None else None
        offset, host, leases = self._wall() - at, state.host, self._sources.leases(at)
        if host is not None and (at - host.at > setup.stale_after or not wants_host(setup)):
            host = None
        return Readings(
            at=self._wall(),
            version=__version__,
            containers=tuple(container_reading(setup, entry, at) for entry in state.living()),
            ready=_is_ready(watch),
            rules_loaded=len(setup.rules.rules),
            reload_successful=not self._sources.reloads().errors,
            gate_held=_held_back(state),
            held=is_held(state, at),
            silences=len(state.curbs.orders.silences) if state.curbs.orders is not None else 0,
            breakers_open=len(state.curbs.brakes.opens),
            brakes_waiting=len(state.curbs.brakes.waiting),
            rule_unknown=rule_unknown(setup, state, at),
            stats_streams=self._sources.readings().open,
            stats_shed=self._sources.readings().shed,
            lane_up=lane.on if lane is not None else None,
            lane_runs=lane.here if lane is not None else None,
            lane_bells=beat.bells if beat is not None else None,
            lane_busy=beat.busy if beat is not None else None,
            lane_late=beat.late if beat is not None else None,
            kernel_log=ooms.reading if ooms is not None else None,
            **_abilities(self._sources.abilities()),
            stale_samples=stale(setup, state, at),
            host_memory_known=host is not None if wants_host(setup) else None,
            host_memory_available=host.memory_available if host is not None else None,
            owners={(k.value, p.value): count for (k, p), count in count_owners(setup, state, at).items()},
            leases=leases.standing,
            lease_connections=leases.connections,
            outbox_queued=outbox.queued,
            outbox_in_flight=outbox.in_flight,
            outbox_quarantined=outbox.quarantined + outbox.waiting,
            outbox_beside=outbox.beside,
            outbox_overdue=outbox.overdue,
            containment_held=self._sources.containment().held if self._sources.containment else None,
            journal_queued=journal.queued,
            journal_healthy=journal.healthy,
            recording_healthy=recording.healthy if recording is not None else None,
            last_event=_shifted(watch.hearing.last_event_at, offset),
            last_reconcile=_shifted(watch.last_snapshot_at, offset),
        )

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


def container_reading(setup: Setup, entry: Entry, at: float) -> ContainerReading:
    """One living container as the metrics show it; what is stale is unknown."""
    container, sample = entry.container, fresh_sample(setup, entry, at)
    return ContainerReading(
        id=container.id,
        name=container.name,
        image=container.image,
        standing=entry.standing,
        threads=sample.pids if sample else None,
        threads_max=sample.pids_limit if sample else container.pids_limit,
        memory=sample.memory if sample else None,
        memory_limit=sample.memory_limit if sample else container.memory_limit,
        cpu=sample.cpu if sample else None,
        uptime=None if container.born is None else max(0.0, at - container.born),
        zombies=fresh_zombies(entry, at),
        layer=layer_writes(setup, entry, at),
    )


def rule_unknown(setup: Setup, state: State, at: float) -> dict[str, int]:
    """For each rule, for how many living runs it cannot be judged."""
    counts: Counter[str] = Counter({rule.name: 0 for rule in setup.rules.rules})
    for entry in state.living():
        view = view_of(setup, entry, at)
        counts.update(
            rule.name
            for rule in entry.rules
            if entry.unsure or _is_unknown(rule, view) or _lacks_host(setup, state, rule, at)
        )
    return dict(counts)


def _lacks_host(setup: Setup, state: State, rule: Rule, at: float) -> bool:
    asks = rule.when is not None and rule.when.total is not None and rule.when.total.is_left
    return asks and fresh_host(setup, state, rule, at) is None


def _is_unknown(rule: Rule, view: View) -> bool:
    if rule.when is None or rule.waits:
        # What is about more than one run is unknown for every single one.
        return False
    try:
        return rule.when.test(view) is None
    except Exception:  # noqa: BLE001  # A rule with a defect is counted as such, and must not stop the numbers.
        return False


def stale(setup: Setup, state: State, at: float) -> int:
    """How many runs that need samples have none that is evidence."""
    return sum(needs_samples(entry) and fresh_sample(setup, entry, at) is None for entry in state.living())


def _abilities(found: Abilities | None) -> dict[str, Mapping[str, int]]:
    """What the kernel lets us do, as soon as it was tried."""
    if found is None:
        return {}
    return {
        "kernel_mode": {mode.value: int(mode is found.mode) for mode in Mode},
        "kernel_abilities": {name.replace(" ", "-"): int(each.works) for name, each in found.lines()},
    }


def _held_back(state: State) -> int:
    """On how many containers the rules that are held back would act, or might."""
    gate = state.curbs.gate
    return len(gate.matches) + (gate.unknown if gate.waiting else 0) if gate.held else 0


def _is_ready(watch: WatchStatistics) -> bool:
    return watch.snapshots > 0 and watch.hearing.subscribed


def _blind(watch: WatchStatistics) -> float:
    now = trio.current_time() - watch.blind_since if watch.blind_since is not None else 0.0
    return watch.blind_seconds + now


def _shifted(at: float | None, offset: float) -> float | None:
    return None if at is None else at + offset
