"""``reactor run``: from flags and files to a supervised monitor, and every way in which it cannot begin.

Whatever a user can mend becomes a Complaint here. What runs then is in ``supervise``.
"""

import argparse
import logging
import os
import sys
from dataclasses import replace
from pathlib import Path

import trio

from reactor.app.canary import canaries
from reactor.app.complaint import OK, Complaint
from reactor.app.control import Runners, open_control, services
from reactor.app.exporting import identity_of, sent
from reactor.app.feeding import Bulletin
from reactor.app.front import Front, open_front, warn_of_open_doors
from reactor.app.garbage import set_aside_the_program
from reactor.app.hosted import knowing_itself
from reactor.app.invocation import check_means, find_endpoint, leaves, read_settings
from reactor.app.levels.outside import fill_in
from reactor.app.levels.strangers import warn_of_unknown
from reactor.app.log import LogFormat
from reactor.app.logsink import logging_to
from reactor.app.page.gazette import Gazette
from reactor.app.places import default_journal
from reactor.app.plan import Plan
from reactor.app.planning import draw_up
from reactor.app.recorder import Recorder
from reactor.app.refusals import in_words
from reactor.app.rights import sees_to_rights
from reactor.app.rulefiles import load_rules
from reactor.app.settings import Profile, Settings
from reactor.app.sidecars.hands import Hands
from reactor.app.sidecars.serving import SidecarDesk, sees_to_sidecars
from reactor.app.supervise import open_stop_signals, supervise
from reactor.app.survival import outlive_others
from reactor.app.systemd.notifying import Notifier, take_notifier
from reactor.app.systemd.reporting import Reporter
from reactor.app.territory import TerritoryTaken
from reactor.app.urgency import go_first
from reactor.core.ports import EngineError, EngineInfo
from reactor.core.rules import RuleSet
from reactor.engine.calls import DockerEngine
from reactor.engine.endpoint import Endpoint
from reactor.engine.making import Making
from reactor.http.server_listeners import CannotListen
from reactor.journal.errors import JournalError
from reactor.journal.journal import PATIENCE
from reactor.observe.otel import BadSetting
from reactor.web.leases import LeaseDesk
from reactor.web.listen import BadListen, open_listeners, parse_listen

log = logging.getLogger("reactor.app")


def run(options: argparse.Namespace) -> int:
    """Carry out ``reactor run``; returns when it was told to stop."""
    fill_in(options, os.environ)
    level = getattr(logging, options.log_level.upper())
    with logging_to(sys.stderr.fileno(), LogFormat(options.log_format), level):
        warn_of_unknown(os.environ)
        notifier = take_notifier(os.environ)
        settings = read_settings(options)
        rules = load_rules(options.rules)
        check_means(rules, settings)
        endpoint = find_endpoint(options, os.environ)
        if endpoint is not None:
            _watch(endpoint, settings, rules, options, notifier)
            return OK
    from reactor.app.demo.command import demo  # noqa: PLC0415 - heavy, and seldom needed

    print("No engine is named and none is at /var/run/docker.sock: here is the demo.", flush=True)
    options.json = False
    return demo(options)


def _watch(
    endpoint: Endpoint, settings: Settings, rules: RuleSet, options: argparse.Namespace, notifier: Notifier
) -> None:
    outlive_others()
    if settings.profile is not Profile.STREAMS:
        go_first()
    set_aside_the_program()
    try:
        trio.run(_run, endpoint, settings, rules, options, notifier)
    except* (EngineError, JournalError, TerritoryTaken, CannotListen, BadListen, BadSetting) as group:
        raise Complaint(*(f"reactor: {error}" for error in leaves(group))) from None


async def _run(
    endpoint: Endpoint, settings: Settings, rules: RuleSet, options: argparse.Namespace, notifier: Notifier
) -> None:
    engine = DockerEngine(endpoint)
    info = await engine.identify()
    settings = await knowing_itself(settings, engine)
    listen = None if settings.listen == "off" else parse_listen(settings.listen)
    front = open_front(settings, listen)
    listeners = [] if listen is None else await open_listeners(listen)
    path = settings.journal or default_journal(info.id)
    make_folder(path)
    bulletin, api = Bulletin(path), await _api_listeners(settings)
    async with open_control(settings.control, info.id) as control:
        gazette = Gazette(bulletin.feed(), info.name)
        plan = draw_up(endpoint, settings, rules, info, path, listeners, front, gazette)
        record, beside = settings.recording_place(), SidecarDesk()
        reporter = Reporter(notifier, info.name, settings.times.reconcile_every, settings.times.drain)
        runners, leases = _runners(settings, bulletin, api, front), _lease_desk(plan)
        asked = (settings, control, options.rules, info.name, runners, leases, front, beside)
        plan = replace(
            plan,
            services=(
                *services(*asked, reporter.reloading),
                *canaries(settings.canary, plan.engine, info.id, path),
                *sees_to_rights(plan.engine, dry_run=settings.dry_run),
                sees_to_sidecars(_hands(endpoint), plan.journal, settings.data, beside),
                reporter.service,
            ),
            attendants=(reporter.attend,),
            observers=(bulletin, *plan.observers),
            tell=settings.tell,
            recorder=Recorder(record, info) if record is not None else None,
        )
        plan = sent(plan, identity_of(info), os.environ)
        _greet(info, endpoint, settings, rules, listeners, path, tls=front.secured)
        warn_of_open_doors(front, listen, settings.api)
        with open_stop_signals() as wait_for_signal:
            await supervise(plan, wait_for_signal)
    log.info("stopped")


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


async def _api_listeners(settings: Settings) -> list[trio.SocketListener]:
    if settings.api is None:
        return []
    try:
        return await open_listeners(settings.api.listen)
    except CannotListen as error:
        raise CannotListen(f"'api' of the configuration: {error}") from None


def _runners(
    settings: Settings, bulletin: Bulletin, listeners: list[trio.SocketListener], front: Front
) -> Runners:
    token = settings.api.token if settings.api is not None else b""
    return Runners(bulletin.feed(), listeners, token, front.security)


def _lease_desk(plan: Plan) -> LeaseDesk | None:
    async def written() -> None:
        with trio.move_on_after(PATIENCE):
            await plan.journal.wait_written()

    return LeaseDesk(plan.book, written) if plan.book is not None else None


def _greet(
    info: EngineInfo,
    endpoint: Endpoint,
    settings: Settings,
    rules: RuleSet,
    listeners: list[trio.SocketListener],
    journal: Path,
    *,
    tls: bool,
) -> None:
    log.info(
        "watching",
        extra={
            "engine": info.name,
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
            "journal": journal,
            "listening": " ".join(_address(listener, tls=tls) for listener in listeners) or "off",
        },
    )
    for warning in info.warnings:
        log.warning("the engine warns", extra={"warning": warning})


def _address(listener: trio.SocketListener, *, tls: bool) -> str:
    host, port = listener.socket.getsockname()[:2]
    scheme = "https" if tls else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
