"""The shape of the configuration file: which keys there are, and what each takes.

Shape only: what single values mean is in ``configvalues``, what keys mean together and what comes of it in
``configuration``. Parts with a matter of their own have modules of their own.
"""

from pydantic import Field

from reactor.app.braketext import BreakerText, BudgetsText, ComebacksText, GateText
from reactor.app.calling import ApiText, MeansText, NoticesText, ProgramText, WebhookText
from reactor.app.canarytext import CanaryText
from reactor.app.configvalues import (
    Amount,
    Containment,
    Count,
    Few,
    Folder,
    FullId,
    LabelName,
    Listening,
    MetricLabels,
    Moments,
    Patience,
    ProfileName,
    Seldom,
)
from reactor.app.data.text import DataText
from reactor.app.enginetext import EngineText
from reactor.app.settings import HEARTBEAT_TTL, Settings, Times
from reactor.app.webtext import WebText
from reactor.core.evidence import EvidenceTerms
from reactor.core.protection import LabelNames
from reactor.ruleset.models import Duration, Glob, SelectorText, Shape, Strict, Text


class LabelsText(Strict):
    """``labels``: an existing runner's own labels in the place of ours."""

    task: LabelName = LabelNames().task
    sidecar_of: LabelName = LabelNames().sidecar_of
    skip: LabelName = LabelNames().skip
    owner: LabelName = LabelNames().owner


class ProtectText(Strict):
    """``protect``: who is never touched, whatever the rules say."""

    ids: list[FullId] = Field(default=[])
    containers: list[SelectorText] = Field(default=[])


class TimesText(Strict):
    """``times``."""

    orphan_after: Duration = Times().orphan_after
    creation_grace: Duration = Times().creation_grace
    sidecar_grace: Duration = Times().sidecar_grace
    reconcile_every: Duration = Times().reconcile_every
    stale_after: Duration = Times().stale_after
    drain: Duration = Times().drain
    layer_every: Seldom = Times().layer_every
    owner_grace: Duration = Times().owner_grace


class HeartbeatsText(Strict):
    """``owners.heartbeats``: where the files of owners lie, and for how long one may stand still."""

    root: Folder
    ttl: Patience = HEARTBEAT_TTL


class OwnersText(Strict):
    """``owners``: whether those are ended whose owner is proved to be gone, and where files of owners lie."""

    enforce: bool = False
    heartbeats: HeartbeatsText | None = None


class JournalText(Strict):
    """``journal``."""

    path: Text = ""
    keep: Duration = Settings().keep_days * 86400
    strict: bool = False


class EvidenceText(Strict):
    """``evidence``: what is gathered around the ends that we bring, and for how long at most."""

    budget: Moments = EvidenceTerms().budget
    log_lines: Few = EvidenceTerms().log_lines
    processes: Few = EvidenceTerms().processes


class LeftoversText(Strict):
    """``leftovers``: when what is over is removed."""

    after: Duration


class RecordText(Strict):
    """``record``: facts and decisions to files, in a folder that is kept within bounds."""

    folder: Glob
    keep: Duration = Settings().record_limits.keep
    size: Amount = Settings().record_limits.size


class ConfigurationText(MeansText):
    """The whole file."""

    scope: list[SelectorText] = Field(default=[], min_length=1)
    labels: LabelsText = LabelsText()
    protect: ProtectText = ProtectText()
    trusted_images: list[Glob] = Field(default=[])
    times: TimesText = TimesText()
    owners: OwnersText = OwnersText()
    journal: JournalText = JournalText()
    record: RecordText | None = None
    leftovers: LeftoversText | None = None
    listen: Listening = ""
    dry_run: bool = False
    at_once: Count = Settings().at_once
    most_streams: Count = Settings().most_streams
    profile: ProfileName = Settings().profile
    containment: Containment = Settings().containment
    gate: GateText = GateText()
    budgets: BudgetsText = BudgetsText()
    breaker: BreakerText = BreakerText()
    comebacks: ComebacksText = ComebacksText()
    evidence: EvidenceText = EvidenceText()
    control: Text = ""
    reload_on_change: bool = False
    proc: Glob = str(Settings().proc)
    metrics_labels: MetricLabels = ()
    web: WebText = WebText()
    canary: CanaryText | None = None
    data: DataText | None = None
    engines: list[EngineText] = Field(default=[], min_length=1)


SHAPE = Shape(
    models={
        (): (ConfigurationText, "the configuration"),
        ("scope",): (SelectorText, "a selector"),
        ("labels",): (LabelsText, "'labels'"),
        ("protect",): (ProtectText, "'protect'"),
        ("protect", "containers"): (SelectorText, "a selector"),
        ("times",): (TimesText, "'times'"),
        ("gate",): (GateText, "'gate'"),
        ("budgets",): (BudgetsText, "'budgets'"),
        ("breaker",): (BreakerText, "'breaker'"),
        ("comebacks",): (ComebacksText, "'comebacks'"),
        ("evidence",): (EvidenceText, "'evidence'"),
        ("owners",): (OwnersText, "'owners'"),
        ("owners", "heartbeats"): (HeartbeatsText, "'heartbeats'"),
        ("journal",): (JournalText, "'journal'"),
        ("record",): (RecordText, "'record'"),
        ("leftovers",): (LeftoversText, "'leftovers'"),
        ("webhooks",): (WebhookText, "a webhook"),
        ("programs",): (ProgramText, "a program"),
        ("notices",): (NoticesText, "'notices'"),
        ("api",): (ApiText, "'api'"),
        ("web",): (WebText, "'web'"),
        ("canary",): (CanaryText, "'canary'"),
        ("data",): (DataText, "'data'"),
        ("engines",): (EngineText, "an engine"),
        ("engines", "scope"): (SelectorText, "a selector"),
    }
)
