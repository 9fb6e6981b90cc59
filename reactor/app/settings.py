"""What can be configured, with the defaults that are safe. Only the records are here.

How a configuration file is written is in ``configuration``; environment and flags go over the file in
``levels``.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from reactor.act.config import ActConfig
from reactor.act.means import Means
from reactor.core.breaker import BreakerTerms
from reactor.core.budgets import BudgetTerms
from reactor.core.comebacks import ComebackTerms
from reactor.core.evidence import EvidenceTerms
from reactor.core.protection import Policy
from reactor.core.restraint import GateTerms
from reactor.core.rules import RuleSet
from reactor.core.state import OWNER_FRESH, Setup
from reactor.engine.watch import WatchTimes
from reactor.kernel.memory import PROC
from reactor.lane.terms import FAST, NORMAL, LaneTerms
from reactor.recording.places import Folder, Limits, Place, place_of
from reactor.web.listen import Listen


@dataclass(frozen=True, slots=True)
class Times:
    """When a main counts as gone, and the pace of reconciling and stopping, in seconds."""

    orphan_after: float = 10.0
    creation_grace: float = 60.0
    sidecar_grace: float = 10.0
    reconcile_every: float = 10.0
    stale_after: float = 10.0
    drain: float = 20.0
    layer_every: float = 300.0
    owner_grace: float = 30.0


class Profile(StrEnum):
    """How readings are taken: by looking at the kernel's cgroups so often, or from the engine's streams."""

    STREAMS = "streams"
    NORMAL = "normal"
    FAST = "fast"


LANES = {Profile.NORMAL: NORMAL, Profile.FAST: FAST}


@dataclass(frozen=True, slots=True)
class Api:
    """Where runners ask, and the token that they show."""

    listen: Listen
    token: bytes = field(repr=False)


HEARTBEAT_TTL = 30.0
"""Seconds, where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class HeartbeatTerms:
    """The folder below which files of owners lie, and for how many seconds one may stand still."""

    root: Path
    ttl: float = HEARTBEAT_TTL


@dataclass(frozen=True, slots=True)
class CanaryTerms:
    """How often a canary is sent, of which image, and within how many seconds it has to be over."""

    every: float
    image: str
    within: float = 10.0


@dataclass(frozen=True, slots=True)
class WebTerms:
    """Who is let in where ``listen`` says: by which web configuration, whether orders are taken there, and
    by which further names this machine is called."""

    config_file: Path | None = None
    orders: bool = False
    hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration. ``journal`` is None for the default place, ``keep_days`` how long rows are kept.

    ``at_once`` is how many kills are under way together; ``strict`` refuses to act while the
    journal cannot take an intent. ``control`` is the control socket: empty for the default place, or ``off``.
    ``record`` is the folder for recordings, None for no recording; ``record_named`` is the file or folder
    that a flag or a variable named in its place. ``evidence`` is what is gathered around the
    ends that we bring. ``proc`` is where the ``/proc`` of the engine's host is, as the monitor sees it.
    ``means`` are what rules may call. ``api`` is where runners ask over TCP, ``tell`` are the webhooks that
    are told what came of every decision. ``leftovers_after`` is in seconds, None for ever.
    ``owners_enforced`` has those ended whose owner is gone, ``heartbeats`` is where owners' files lie.
    ``canary`` is what is sent to be ended, None for nothing. ``web`` is who is let in where ``listen`` says,
    and what for. ``profile`` is how readings are taken, ``containment`` whether rules may have runs ended
    directly.
    ``metric_labels`` are the keys of containers' labels that metrics show. ``data`` is the folder below which
    the data folders of tasks lie, None for none: then no template may ask for one.
    """

    policy: Policy = field(default_factory=Policy)
    times: Times = field(default_factory=Times)
    dry_run: bool = False
    listen: str = ""
    journal: Path | None = None
    keep_days: float = 30.0
    strict: bool = False
    at_once: int = 10
    most_streams: int = 2000
    gate: GateTerms = field(default_factory=GateTerms)
    budgets: BudgetTerms = field(default_factory=BudgetTerms)
    breaker: BreakerTerms = field(default_factory=BreakerTerms)
    comebacks: ComebackTerms = field(default_factory=ComebackTerms)
    control: str = ""
    reload_on_change: bool = False
    record: Path | None = None
    record_named: str = ""
    record_limits: Limits = field(default_factory=Limits)
    evidence: EvidenceTerms = field(default_factory=EvidenceTerms)
    proc: Path = PROC
    means: Means = field(default_factory=Means)
    api: Api | None = None
    tell: tuple[str, ...] = ()
    leftovers_after: float | None = None
    owners_enforced: bool = False
    profile: Profile = Profile.NORMAL
    containment: bool = True
    heartbeats: HeartbeatTerms | None = None
    web: WebTerms = field(default_factory=WebTerms)
    canary: CanaryTerms | None = None
    metric_labels: tuple[str, ...] = ()
    data: Path | None = None

    def recording_place(self) -> Place | None:
        """Where to record: what was named by flag or environment, else the folder; None for nowhere."""
        if self.record_named:
            return place_of(self.record_named, self.record_limits)
        return Folder(self.record, self.record_limits) if self.record is not None else None

    def setup(self, rules: RuleSet) -> Setup:
        """What the core is set up with."""
        times = self.times
        return Setup(
            rules,
            self.policy,
            orphan_after=times.orphan_after,
            creation_grace=times.creation_grace,
            sidecar_grace=times.sidecar_grace,
            stale_after=times.stale_after,
            dry_run=self.dry_run,
            gate=self.gate,
            budgets=self.budgets,
            breaker=self.breaker,
            comebacks=self.comebacks,
            layer_every=times.layer_every,
            leftovers_after=self.leftovers_after,
            owner_grace=times.owner_grace,
            # Two lists have to be within it, however seldom they are.
            owner_fresh=max(OWNER_FRESH, 2.5 * times.reconcile_every),
            owners_enforced=self.owners_enforced,
        )

    def lane_terms(self) -> LaneTerms | None:
        """How the fast lane looks; None if it is not wanted."""
        return LANES.get(self.profile)

    def watch_times(self) -> WatchTimes:
        """When the engine is listed."""
        return WatchTimes(period=self.times.reconcile_every)

    def acting(self) -> ActConfig:
        """How acting goes."""
        return ActConfig(kill_slots=self.at_once, strict=self.strict)
