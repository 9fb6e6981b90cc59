"""How the monitor itself is: what it hears, what it writes, what holds it back, and what it costs.

Only plain values for the status page; the numbers come from the rooms' own statistics. Unknown is None,
moments are told as ages in seconds.
"""

from collections.abc import Mapping
from typing import Any

import trio

from reactor import __version__
from reactor.app.braking import braked
from reactor.app.numbers import Numbers, Sources
from reactor.core.obeying import is_held
from reactor.core.state import Setup, State
from reactor.observe.own import OwnCost
from reactor.observe.text import plain

Told = Mapping[str, Any]
LONGEST = 500


def health(
    engine: str, numbers: Numbers, sources: Sources, own: OwnCost, busy: float | None, wall: float
) -> Told:
    """All of it at this moment. ``busy`` is the share of a core that the monitor used of late."""
    setup, state, at = sources.setup(), sources.state(), trio.current_time()
    return {
        "version": __version__,
        "engine": plain(engine),
        "now": wall,
        "uptime": max(0.0, wall - numbers.started),
        "ready": numbers.is_ready,
        "not_ready": plain(numbers.why_not_ready(), LONGEST),
        "remark": plain(numbers.remark(), LONGEST),
        "dry_run": setup.dry_run,
        "held": is_held(state, at),
        **braked(setup, state, at),
        "gate": _gate(state),
        "rules": _rules(sources, setup),
        "containers": len(state.entries),
        "events": _events(sources, at),
        "readings": _readings(sources),
        "lane": _lane(sources),
        "reconcile": _reconcile(sources, at),
        "journal": _journal(sources),
        "acting": _acting(sources),
        "cost": _cost(own, busy),
    }


def _gate(state: State) -> Told:
    gate = state.curbs.gate
    return {
        "held": gate.held,
        "matches": gate.matching if gate.held else 0,
        "unknown": gate.unknown if gate.held else 0,
    }


def _rules(sources: Sources, setup: Setup) -> Told:
    return {
        "loaded": len(setup.rules.rules),
        "version": setup.rules.version,
        "errors": [plain(error, LONGEST) for error in sources.reloads().errors],
    }


def _events(sources: Sources, at: float) -> Told:
    watch = sources.watch()
    hearing = watch.hearing
    return {
        "up": hearing.subscribed,
        "last": _age(hearing.last_event_at, at),
        "received": hearing.events,
        "reconnects": max(0, hearing.subscriptions - 1),
        "gaps": watch.gaps,
        "blind_for": _age(watch.blind_since, at),
        "blind_seconds": watch.blind_seconds,
    }


def _readings(sources: Sources) -> Told:
    readings = sources.readings()
    return {
        "streams": readings.open,
        "wanted": readings.wanted,
        "shed": readings.shed,
        "samples": readings.samples,
        "no_data": readings.no_data,
        "reconnects": readings.reconnects,
    }


def _lane(sources: Sources) -> Told | None:
    """The fast lane; None where there is to be none, as on an engine elsewhere."""
    lane = sources.lane() if sources.lane is not None else None
    if lane is None:
        return None
    beat, found = lane.beat, sources.abilities()
    return {
        "up": lane.on,
        "mode": found.mode.value if found is not None else None,
        "runs": lane.here,
        "elsewhere": lane.elsewhere,
        "told": lane.told,
        "deaths": lane.deaths,
        "why": plain(lane.why),
        "busy": beat.busy if beat is not None else None,
        "late": beat.late if beat is not None else None,
    }


def _reconcile(sources: Sources, at: float) -> Told:
    watch = sources.watch()
    return {
        "done": watch.snapshots,
        "last": _age(watch.last_snapshot_at, at),
        "took": watch.reconcile_seconds if watch.snapshots else None,
        "failures": watch.list_failures,
    }


def _journal(sources: Sources) -> Told:
    journal = sources.journal()
    return {
        "healthy": journal.healthy,
        "queued": journal.queued,
        "written": journal.written,
        "dropped": journal.dropped,
        "failures": journal.failures,
        "late": journal.late,
    }


def _acting(sources: Sources) -> Told:
    outbox = sources.outbox()
    return {
        "queued": outbox.queued,
        "in_flight": outbox.in_flight,
        "quarantined": outbox.quarantined,
        "waiting": outbox.waiting,
        "overdue": outbox.overdue,
        "retries": outbox.retries,
    }


def _cost(own: OwnCost, busy: float | None) -> Told:
    return {
        "cpu_seconds": own.cpu,
        "cores": busy,
        "memory": own.memory,
        "threads": own.threads,
        "open_files": own.open_fds,
    }


def _age(moment: float | None, at: float) -> float | None:
    return None if moment is None else max(0.0, at - moment)
