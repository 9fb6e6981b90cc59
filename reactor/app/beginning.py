"""From one engine to a monitor that can be supervised: who it is, what it is asked by, what it is told.

The same for the only engine of a process and for one of several. What they have to themselves or share is
``Around``; whatever a user can mend is raised as what it is, for ``running`` and the fleet to say.
"""

import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import trio

from reactor.app.canary import canaries
from reactor.app.control import Rereading, told_something
from reactor.app.counters import Counters
from reactor.app.exporting import identity_of, sent
from reactor.app.feeding import Bulletin
from reactor.app.hosted import knowing_itself
from reactor.app.page.gazette import Gazette
from reactor.app.places import default_journal, shipped_rules
from reactor.app.plan import Export, Plan, Service
from reactor.app.planning import draw_up
from reactor.app.recorder import Recorder
from reactor.app.refusals import in_words
from reactor.app.rights import sees_to_rights
from reactor.app.settings import Settings
from reactor.app.sidecars.hands import Hands
from reactor.app.sidecars.serving import SidecarDesk, sees_to_sidecars
from reactor.core.ports import EngineInfo
from reactor.core.rules import RuleSet
from reactor.engine.calls import DockerEngine
from reactor.engine.endpoint import Endpoint
from reactor.engine.making import Making
from reactor.journal.errors import JournalError
from reactor.journal.journal import PATIENCE
from reactor.web.leases import LeaseDesk

log = logging.getLogger("reactor.app")


def named_or_shipped(named: Sequence[Path] | None) -> list[Path]:
    """The rule files that were named; the shipped ones where none were."""
    return [*(named or ())] or [shipped_rules()]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which engine is to be watched, and how. ``named`` are rule files; none means the shipped ones. ``here``
    is whether its containers may be this host's, so that our kernel can be asked for them. ``called`` is what
    the engine is called here, in the place of what it calls itself."""

    endpoint: Endpoint
    settings: Settings
    rules: RuleSet
    named: Sequence[Path] | None = None
    here: bool = True
    called: str = ""

    @property
    def files(self) -> list[Path]:
        """From where rules are read again."""
        return named_or_shipped(self.named)


@dataclass(frozen=True, slots=True)
class Around:
    """What a monitor is joined to: where it is asked, where its pages are shown, how its rules are read
    again; the ``last`` of its services, and who attends from its first moment to its last."""

    counters: Counters
    exports: Callable[[Gazette], tuple[Export, ...]]
    rereading: Rereading
    last: tuple[Service, ...] = ()
    attendants: tuple[Callable[[], Awaitable[None]], ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """An engine that has said who it is, with the settings that follow from where we are."""

    wanted: Wanted
    settings: Settings
    info: EngineInfo

    @property
    def name(self) -> str:
        """What the engine is called."""
        return self.wanted.called or self.info.name

    @property
    def journal(self) -> Path:
        """The file of its journal."""
        return self.settings.journal or default_journal(self.info.id)


async def get_to_know(wanted: Wanted) -> Known:
    """Ask the engine who it is. Raises EngineError, and Complaint where we could be a container of its own
    and do not know which."""
    engine = DockerEngine(wanted.endpoint)
    info = await engine.identify()
    return Known(wanted, await knowing_itself(wanted.settings, engine), info)


def plan_for(known: Known, around: Around) -> Plan:
    """Everything that is to run for this engine. Raises JournalError, BadSetting; nothing runs yet."""
    wanted, settings, info, path = known.wanted, known.settings, known.info, known.journal
    make_folder(path)
    bulletin, beside = Bulletin(path), SidecarDesk()
    feed = bulletin.feed()
    gazette = Gazette(feed, known.name)
    plan = draw_up(wanted.endpoint, settings, wanted.rules, info, path, here=wanted.here)
    leases, record = _lease_desk(plan), settings.recording_place()
    services = (
        told_something(
            settings, wanted.files, known.name, feed, leases, around.counters, around.rereading, beside
        ),
        *canaries(settings.canary, plan.engine, info.id, path),
        *sees_to_rights(plan.engine, dry_run=settings.dry_run),
        sees_to_sidecars(_hands(wanted.endpoint), plan.journal, settings.data, beside),
        *around.last,
    )
    plan = replace(
        plan,
        services=services,
        attendants=around.attendants,
        exports=around.exports(gazette),
        observers=(bulletin, gazette),
        tell=settings.tell,
        recorder=Recorder(record, info) if record is not None else None,
    )
    return sent(plan, identity_of(info), os.environ)


def _hands(endpoint: Endpoint) -> Hands:
    """Hands for sidecars, with connections that nobody else waits for."""
    engine = DockerEngine(endpoint)
    return Hands(engine, Making.on(engine))


def make_folder(journal: Path) -> None:
    """Make the folder of the journal. Raises JournalError."""
    try:
        journal.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JournalError(
            f"the journal's folder cannot be had: {in_words(error)}; choose another file with --journal"
        ) from None


def _lease_desk(plan: Plan) -> LeaseDesk | None:
    async def written() -> None:
        with trio.move_on_after(PATIENCE):
            await plan.journal.wait_written()

    return LeaseDesk(plan.book, written) if plan.book is not None else None


def greet(known: Known, listening: str) -> None:
    """Say whom we watch, and by what."""
    info, endpoint, settings, rules = known.info, known.wanted.endpoint, known.settings, known.wanted.rules
    log.info(
        "watching",
        extra={
            "engine": known.name,
            "engine_id": info.id,
            "version": info.version,
            "api": info.api_version,
            "host": endpoint.host,
            "from": endpoint.source,
        },
    )
    log.info(
        "in force",
        extra={
            "rules": len(rules.rules),
            "rules_version": rules.version,
            "dry_run": settings.dry_run,
            "journal": known.journal,
            "listening": listening or "off",
        },
    )
    for warning in info.warnings:
        log.warning("the engine warns", extra={"warning": warning})
