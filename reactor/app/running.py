"""``reactor run``: from flags and files to a supervised monitor, and every way in which it cannot begin.

Whatever a user can mend becomes a Complaint here. What runs then is in ``supervise``.
"""

import argparse
import logging
import os
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import trio

from reactor.app.calling import missing_means
from reactor.app.complaint import OK, Complaint
from reactor.app.configuration import BadConfiguration, read_configuration
from reactor.app.control import Runners, open_control, services
from reactor.app.exporting import identity_of, scraped, sent
from reactor.app.feeding import Bulletin
from reactor.app.identity import find_own_container
from reactor.app.log import LogFormat
from reactor.app.logsink import logging_to
from reactor.app.places import control_folder, default_journal
from reactor.app.plan import Containment, Lane, Plan
from reactor.app.recorder import Recorder
from reactor.app.refusals import in_words
from reactor.app.rulefiles import load_rules
from reactor.app.settings import Profile, Settings
from reactor.app.supervise import open_stop_signals, supervise
from reactor.app.territory import TerritoryTaken, territory
from reactor.app.urgency import go_first
from reactor.cgroups.mounts import Trees, look_for_trees
from reactor.containment.ability import contain_ability
from reactor.core.ports import EngineError, EngineInfo
from reactor.core.rules import RuleSet
from reactor.engine.calls import DockerEngine
from reactor.engine.endpoint import Endpoint, resolve
from reactor.engine.errors import BadEndpoint
from reactor.http.server_listeners import CannotListen
from reactor.journal.errors import JournalError
from reactor.journal.journal import PATIENCE, Journal
from reactor.observe.labels import BadLabels, label_keys
from reactor.observe.otel import BadSetting
from reactor.owners.book import LeaseBook
from reactor.owners.heartbeats import Heartbeats
from reactor.web.leases import LeaseDesk
from reactor.web.listen import DEFAULT, BadListen, open_listeners, parse_listen

log = logging.getLogger("reactor.app")


def run(options: argparse.Namespace) -> int:
    """Carry out ``reactor run``; returns when it was told to stop."""
    level = getattr(logging, options.log_level.upper())
    with logging_to(sys.stderr.fileno(), LogFormat(options.log_format), level):
        settings = read_settings(options)
        rules = load_rules(options.rules)
        check_means(rules, settings)
        endpoint = find_endpoint(options, os.environ)
        if endpoint is not None:
            _watch(endpoint, settings, rules, options)
            return OK
    from reactor.app.demo.command import demo  # noqa: PLC0415 - heavy, and seldom needed

    print("No engine is named and none is at /var/run/docker.sock: here is the demo.", flush=True)
    options.json = False
    return demo(options)


def _watch(endpoint: Endpoint, settings: Settings, rules: RuleSet, options: argparse.Namespace) -> None:
    if settings.profile is not Profile.STREAMS:
        go_first()
    try:
        trio.run(_run, endpoint, settings, rules, options)
    except* (EngineError, JournalError, TerritoryTaken, CannotListen, BadListen, BadSetting) as group:
        raise Complaint(*(f"reactor: {error}" for error in leaves(group))) from None


def read_settings(options: argparse.Namespace) -> Settings:
    """The configuration file with the flags over it, and with ourselves protected."""
    try:
        settings = read_configuration(options.config)
    except BadConfiguration as bad:
        raise Complaint(*map(str, bad.errors)) from None
    own = find_own_container()
    policy = settings.policy
    if own is not None:
        policy = replace(policy, own=own)
    return replace(
        settings,
        policy=policy,
        profile=Profile(getattr(options, "profile", None) or settings.profile),
        dry_run=settings.dry_run or getattr(options, "dry_run", False),
        listen=getattr(options, "listen", None) or settings.listen or DEFAULT,
        journal=getattr(options, "journal", None) or settings.journal,
        control=str(getattr(options, "control", None) or settings.control),
        metric_labels=_metric_labels(options) or settings.metric_labels,
    )


def _metric_labels(options: argparse.Namespace) -> tuple[str, ...]:
    given = getattr(options, "metrics_labels", None)
    try:
        return label_keys(given.split(",")) if given else ()
    except BadLabels as bad:
        raise Complaint(f"reactor: --metrics-labels: {bad}") from None


def check_means(rules: RuleSet, settings: Settings) -> None:
    """Whether the configuration has all that the rules call."""
    missing = tuple(missing_means(rules, settings.means))
    if missing:
        raise Complaint(*map(str, missing))


REMEDY = "Name one with --docker-host or DOCKER_HOST; or see how it works, without any: reactor demo"


def find_endpoint(
    options: argparse.Namespace,
    environ: Mapping[str, str],
    *,
    flag: str = "--docker-host",
    remedy: str = REMEDY,
) -> Endpoint | None:
    """The engine that is meant; None for the demo. ``flag`` is where the host was named, if it was."""
    try:
        endpoint = resolve(
            options.docker_host, environ, options.context, tls_insecure=options.tls_insecure, flag=flag
        )
    except BadEndpoint as bad:
        raise Complaint(f"reactor: {bad}") from None
    for warning in endpoint.warnings:
        log.warning(warning)
    if endpoint.named or endpoint.exists:
        return endpoint
    if getattr(options, "or_demo", False):
        return None
    raise Complaint(f"reactor: no engine is named, and there is none at {endpoint.host}", remedy)


async def _run(endpoint: Endpoint, settings: Settings, rules: RuleSet, options: argparse.Namespace) -> None:
    info = await DockerEngine(endpoint).identify()
    listeners = [] if settings.listen == "off" else await open_listeners(parse_listen(settings.listen))
    path = settings.journal or default_journal(info.id)
    make_folder(path)
    bulletin, api = Bulletin(path), await _api_listeners(settings)
    async with open_control(settings.control, info.id) as control:
        plan = _plan(endpoint, settings, rules, info, path, listeners)
        record = settings.recording_place(options.record)
        plan = replace(
            plan,
            services=services(
                settings,
                control,
                options.rules,
                info.name,
                _runners(settings, bulletin, api),
                _lease_desk(plan),
            ),
            observers=(bulletin,),
            tell=settings.tell,
            recorder=Recorder(record, info) if record is not None else None,
        )
        plan = sent(plan, identity_of(info), os.environ)
        _greet(info, endpoint, settings, rules, listeners, path)
        with open_stop_signals() as wait_for_signal:
            await supervise(plan, wait_for_signal)
    log.info("stopped")


async def _api_listeners(settings: Settings) -> list[trio.SocketListener]:
    if settings.api is None:
        return []
    try:
        return await open_listeners(settings.api.listen)
    except CannotListen as error:
        raise CannotListen(f"'api' of the configuration: {error}") from None


def _runners(settings: Settings, bulletin: Bulletin, listeners: list[trio.SocketListener]) -> Runners:
    token = settings.api.token if settings.api is not None else b""
    return Runners(bulletin.feed(), listeners, token)


def _lease_desk(plan: Plan) -> LeaseDesk | None:
    async def written() -> None:
        with trio.move_on_after(PATIENCE):
            await plan.journal.wait_written()

    return LeaseDesk(plan.book, written) if plan.book is not None else None


def _heartbeats(settings: Settings) -> Heartbeats | None:
    terms = settings.heartbeats
    return Heartbeats(terms.root, terms.ttl) if terms is not None else None


def _claim(settings: Settings, info: EngineInfo, journal: Path) -> AbstractContextManager[None]:
    return territory(control_folder(), info.id, settings.policy, journal)


def make_folder(journal: Path) -> None:
    """Make the folder of the journal. Raises JournalError."""
    try:
        journal.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JournalError(
            f"the journal's folder cannot be had: {in_words(error)}; choose another file with --journal"
        ) from None


def _plan(
    endpoint: Endpoint,
    settings: Settings,
    rules: RuleSet,
    info: EngineInfo,
    path: Path,
    listeners: list[trio.SocketListener],
) -> Plan:
    journal = Journal(path, container=find_own_container() or "", keep_days=settings.keep_days)
    engine, trees = DockerEngine(endpoint, journal), look_for_trees()
    return Plan(
        settings.setup(rules),
        engine,
        journal,
        acting_engine=engine.for_acting(),
        times=settings.watch_times(),
        acting=settings.acting(),
        exports=(scraped(listeners),) if listeners else (),
        metric_labels=settings.metric_labels,
        means=settings.means,
        source=f"reactor/{info.id}",
        most_streams=settings.most_streams,
        drain=settings.times.drain,
        evidence=settings.evidence,
        proc=settings.proc,
        book=LeaseBook(journal.keep_lease),
        lane=_lane(settings, trees),
        containment=_containment(settings, rules, trees),
        host=trees,
        heartbeats=_heartbeats(settings),
        # Whoever only says what it would do is in nobody's way.
        claim=nullcontext if settings.dry_run else partial(_claim, settings, info, path),
    )


def _lane(settings: Settings, trees: Trees) -> Lane | None:
    """How these trees of cgroups are looked at. Whether a container is in them is found out for each."""
    terms = settings.lane_terms()
    if terms is None or (trees.of("pids") is None and trees.of("memory") is None):
        return None
    return Lane(trees, terms)


def _containment(settings: Settings, rules: RuleSet, trees: Trees) -> Containment | None:
    """Whether rules may have runs ended directly, and a line that says how, or what is missing for it."""
    on = settings.containment and not settings.dry_run
    if on and any(rule.contain for rule in rules.rules):
        able = contain_ability(trees)
        if able.works:
            log.info("containers can be ended directly", extra={"how": able.why})
        else:
            log.info("only the engine ends containers here", extra={"why": able.why, "grant": able.grant})
    return Containment(trees, on) if trees.by_controller else None


def _greet(
    info: EngineInfo,
    endpoint: Endpoint,
    settings: Settings,
    rules: RuleSet,
    listeners: list[trio.SocketListener],
    journal: Path,
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
            "listening": " ".join(_address(listener) for listener in listeners) or "off",
        },
    )
    for warning in info.warnings:
        log.warning("the engine warns", extra={"warning": warning})


def _address(listener: trio.SocketListener) -> str:
    host, port = listener.socket.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The errors themselves."""
    found: list[BaseException] = []
    for error in group.exceptions:
        found += leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
