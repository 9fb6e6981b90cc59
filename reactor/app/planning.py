"""From settings to a plan: which parts a monitor has, and what each is given.

Only what follows from what was asked for and from what this machine has belongs here. Nothing is opened, and
nothing runs: that is for ``running`` and ``supervise``.
"""

import logging
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from reactor.app.identity import find_own_container
from reactor.app.places import control_folder
from reactor.app.plan import Containment, Lane, Plan
from reactor.app.settings import Settings
from reactor.app.territory import territory
from reactor.cgroups.mounts import Trees, look_for_trees
from reactor.containment.ability import contain_ability
from reactor.core.ports import EngineInfo
from reactor.core.rules import RuleSet
from reactor.engine.calls import DockerEngine
from reactor.engine.endpoint import Endpoint
from reactor.engine.ssh import MOST_STREAMS
from reactor.journal.journal import Journal
from reactor.journal.shelter import slip_folder
from reactor.owners.book import LeaseBook
from reactor.owners.heartbeats import Heartbeats

log = logging.getLogger("reactor.app")


def draw_up(
    endpoint: Endpoint, settings: Settings, rules: RuleSet, info: EngineInfo, path: Path, *, here: bool = True
) -> Plan:
    """What is to be supervised: this engine, these rules, with a journal in this file. ``here`` says whether
    its containers may be of this host."""
    # Whoever is strict acts on nothing that is not on the disk.
    slips = None if settings.acting().strict else slip_folder()
    journal = Journal(path, container=find_own_container() or "", keep_days=settings.keep_days, slips=slips)
    # What is behind ssh is another host's: none of our cgroups is.
    here = here and not endpoint.address.program
    engine, trees = DockerEngine(endpoint, journal), look_for_trees() if here else Trees()
    return Plan(
        settings.setup(rules),
        engine,
        journal,
        acting_engine=engine.for_acting(),
        times=settings.watch_times(),
        acting=settings.acting(),
        metric_labels=settings.metric_labels,
        # What a container elsewhere has mounted may be called like a folder here, of somebody else.
        means=replace(settings.means, notices=replace(settings.means.notices, here=here)),
        source=f"reactor/{info.id}",
        most_streams=_most_streams(settings, endpoint),
        drain=settings.times.drain,
        evidence=settings.evidence,
        proc=settings.proc,
        book=LeaseBook(journal.keep_lease),
        lane=_lane(settings, trees),
        containment=_containment(settings, rules, trees, engine),
        host=trees if here else None,
        heartbeats=_heartbeats(settings),
        # Whoever only says what it would do is in nobody's way.
        claim=nullcontext if settings.dry_run else partial(_claim, settings, info, path),
    )


def _most_streams(settings: Settings, endpoint: Endpoint) -> int:
    """How many runs are read by streams; those beyond are counted as shed, and are not judged by readings."""
    if not endpoint.address.program or settings.most_streams <= MOST_STREAMS:
        return settings.most_streams
    log.warning(
        "by ssh only so many containers are read: each is a connection",
        extra={"most_streams": MOST_STREAMS, "remedy": "run reactor on the engine's host, or use TLS"},
    )
    return MOST_STREAMS


def _lane(settings: Settings, trees: Trees) -> Lane | None:
    """How these trees of cgroups are looked at. Whether a container is in them is found out for each."""
    terms = settings.lane_terms()
    if terms is None or (trees.of("pids") is None and trees.of("memory") is None):
        return None
    return Lane(trees, terms)


def _containment(
    settings: Settings, rules: RuleSet, trees: Trees, engine: DockerEngine
) -> Containment | None:
    """Whether rules may have runs ended directly, and a line that says how, or what is missing for it."""
    on = settings.containment and not settings.dry_run
    if on and any(rule.contain for rule in rules.rules):
        able = contain_ability(trees)
        if able.works:
            log.info("containers can be ended directly", extra={"how": able.why})
        else:
            log.info("only the engine ends containers here", extra={"why": able.why, "grant": able.grant})
    return Containment(trees, on, engine.named) if trees.by_controller else None


def _heartbeats(settings: Settings) -> Heartbeats | None:
    terms = settings.heartbeats
    return Heartbeats(terms.root, terms.ttl) if terms is not None else None


def _claim(settings: Settings, info: EngineInfo, journal: Path) -> AbstractContextManager[None]:
    return territory(control_folder(), info.id, settings.policy, journal)
