"""One moment, taken hold of: records of all rooms that do not change any more, and what they come to.

Nothing here asks a room, a clock or the engine: so it can be worked out in a thread, as late as one likes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from reactor import __version__
from reactor.act.outbox import OutboxStatistics
from reactor.app.figures import Figures, budgets, held_back
from reactor.app.recorder import RecorderStatistics
from reactor.app.reloads import Reloads
from reactor.cgroups.abilities import Abilities, Mode
from reactor.containment.keeping import KeeperStatistics
from reactor.core.capabilities import Capabilities
from reactor.core.leases import count_owners
from reactor.core.obeying import is_held
from reactor.core.state import Setup, State
from reactor.core.step import wants_host
from reactor.engine.readings import ReadingsStatistics
from reactor.engine.watch import WatchStatistics
from reactor.journal.journal import JournalStatistics
from reactor.kmsg.watching import OomStatistics
from reactor.lane.terms import LaneStatistics
from reactor.observe.canary import CanaryStanding
from reactor.observe.crowd import Crowd
from reactor.observe.labels import Shown
from reactor.observe.readings import Readings
from reactor.observe.snapshot import Captured
from reactor.observe.tally import Counts
from reactor.owners.book import LeaseStatistics


@dataclass(frozen=True, slots=True)
class Held:
    """The moment ``at``, on our monotonic clock; ``offset`` makes it the wall's."""

    setup: Setup
    state: State
    at: float
    offset: float
    watch: WatchStatistics
    readings: ReadingsStatistics
    outbox: OutboxStatistics
    journal: JournalStatistics
    reloads: Reloads
    leases: LeaseStatistics
    arrivals: Mapping[str, float]
    lane: LaneStatistics | None
    ooms: OomStatistics | None
    abilities: Abilities | None
    can: Capabilities | None
    recording: RecorderStatistics | None
    containment: KeeperStatistics | None
    labels: tuple[str, ...]
    canary: CanaryStanding
    spans_queued: int | None
    sidecars: Mapping[tuple[str, str], int]
    may_kill: bool | None = None

    def wall(self, at: float | None) -> float | None:
        """A moment of ours as one of the wall."""
        return None if at is None else at + self.offset


def captured(held: Held, counts: Counts, started: float) -> Captured:
    """What this moment comes to."""
    figures = Figures(held.setup, held.state, held.at, held.offset, Shown(held.labels))
    # The containers come first: on the way through them the rules are judged, too.
    crowd = Crowd(figures.containers())
    return Captured(_readings(held, figures), counts, started, crowd)


def _readings(held: Held, figures: Figures) -> Readings:
    setup, state, at = held.setup, held.state, held.at
    return Readings(
        at=at + held.offset,
        version=__version__,
        labels=held.labels,
        dry_run=setup.dry_run,
        rules_loaded=len(setup.rules.rules),
        rules=figures.rules(),
        rules_read=held.wall(held.reloads.at),
        reload_successful=not held.reloads.errors,
        gate_held=held_back(state),
        held=is_held(state, at),
        silences=len(state.curbs.orders.silences) if state.curbs.orders is not None else 0,
        breakers_open=len(state.curbs.brakes.opens),
        brakes_waiting=len(state.curbs.brakes.waiting),
        budgets=budgets(setup, state, at),
        stale_samples=figures.stale,
        owners={(k.value, p.value): count for (k, p), count in count_owners(setup, state, at).items()},
        leases=held.leases.standing,
        lease_connections=held.leases.connections,
        containment_held=held.containment.held if held.containment is not None else None,
        kernel_log=held.ooms.reading if held.ooms is not None else None,
        recording_healthy=held.recording.healthy if held.recording is not None else None,
        canary_interval=held.canary.interval,
        canary_success=held.canary.last_success,
        canary_excused=held.canary.excused,
        spans_queued=held.spans_queued,
        sidecars=held.sidecars,
        may_kill=held.may_kill,
        **_of_streams(held),
        **_of_outbox(held.outbox),
        **_of_journal(held.journal),
        **_of_lane(held.lane),
        **_of_host(held),
        engine_capabilities=_capabilities(held.can),
        **_of_abilities(held.abilities),
    )


def _of_streams(held: Held) -> dict[str, Any]:
    watch, readings = held.watch, held.readings
    return {
        "ready": watch.snapshots > 0 and watch.hearing.subscribed,
        "events_up": watch.hearing.subscribed,
        "last_facts": {source: at + held.offset for source, at in held.arrivals.items()},
        "last_event": held.wall(watch.hearing.last_event_at),
        "last_reconcile": held.wall(watch.last_snapshot_at),
        "stats_streams": readings.open,
        "stats_shed": readings.shed,
    }


def _of_outbox(outbox: OutboxStatistics) -> dict[str, Any]:
    return {
        "outbox_queued": outbox.queued,
        "outbox_in_flight": outbox.in_flight,
        "outbox_wedged": outbox.quarantined,
        "outbox_unreachable": outbox.waiting,
        "outbox_beside": outbox.beside,
        "outbox_overdue": outbox.overdue,
    }


def _of_journal(journal: JournalStatistics) -> dict[str, Any]:
    return {
        "journal_queued": journal.queued,
        "journal_healthy": journal.healthy,
        "journal_commit": journal.last_commit_seconds if journal.written else None,
    }


def _of_lane(lane: LaneStatistics | None) -> dict[str, Any]:
    if lane is None:
        return {}
    beat = lane.beat
    found: dict[str, Any] = {"lane_up": lane.on, "lane_runs": lane.here, "lane_pid": lane.pid}
    if beat is not None:
        found |= {"lane_bells": beat.bells, "lane_busy": beat.busy, "lane_late": beat.late}
    return found


def _of_host(held: Held) -> dict[str, Any]:
    """Of the host's memory nothing is said where no rule asks for it."""
    if not wants_host(held.setup):
        return {}
    host = held.state.host
    if host is None or held.at - host.at > held.setup.stale_after:
        return {"host_memory_known": False}
    return {"host_memory_known": True, "host_memory_available": host.memory_available}


def _capabilities(can: Capabilities | None) -> dict[str, int]:
    """What the engine can do; nothing before it answered."""
    return (
        {}
        if can is None
        else {each.name.replace("_", "-"): int(getattr(can, each.name)) for each in fields(can)}
    )


def _of_abilities(found: Abilities | None) -> dict[str, Any]:
    """What the kernel lets us do, as soon as it was tried."""
    if found is None:
        return {}
    return {
        "kernel_mode": {mode.value: int(mode is found.mode) for mode in Mode},
        "kernel_abilities": {name.replace(" ", "-"): int(each.works) for name, each in found.lines()},
        "kernel_lacks": {
            name.replace(" ", "-"): (each.why, each.grant) for name, each in found.lines() if not each.works
        },
    }
