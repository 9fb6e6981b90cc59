"""The configuration file: scope, labels, protection, times. Text in, Settings out, or all mistakes.

The YAML is read as rule files are, with a place for every mistake. What the settings mean
is in ``settings``; environment and flags go over the file in ``levels``.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PlainValidator, ValidationError, ValidationInfo

from reactor.app.calling import (
    ApiText,
    MeansText,
    NoticesText,
    ProgramText,
    WebhookText,
    means_of,
    twice,
    untold,
    without_token,
)
from reactor.app.canarytext import CanaryText, canary_terms
from reactor.app.data.text import DataText
from reactor.app.settings import HEARTBEAT_TTL, Api, HeartbeatTerms, Profile, Settings, Times
from reactor.app.webtext import WebText, web_terms
from reactor.core.breaker import BreakerTerms
from reactor.core.budgets import Budget, BudgetTerms
from reactor.core.comebacks import ComebackTerms
from reactor.core.container import ContainerId
from reactor.core.evidence import EvidenceTerms
from reactor.core.language.units import read_bytes, read_duration, say_duration
from reactor.core.protection import LabelNames, Policy
from reactor.core.restraint import GateTerms
from reactor.core.selector import Selector
from reactor.observe.labels import BadLabels, label_keys
from reactor.owners.lease import LONGEST_TTL
from reactor.recording.places import Limits
from reactor.ruleset.document import Document, NotYamlError, read_document
from reactor.ruleset.document import Path as Place
from reactor.ruleset.errors import RuleError, error_at
from reactor.ruleset.files import LARGEST, read_regular
from reactor.ruleset.models import Duration, Glob, SelectorText, Shape, Strict, Text
from reactor.ruleset.selectors import empty_selectors, selector
from reactor.ruleset.sentences import Found, sentences
from reactor.ruleset.values import checked_text, wrong
from reactor.web.listen import BadListen, parse_listen

NO_FILE = "this is no regular file: a pipe or a device cannot be the configuration"
TOO_LARGE = f"this file is larger than {LARGEST // 1024} KiB: is it a configuration?"
LEAST_SIZE = 1024 * 1024
"""Bytes of recordings that are worth keeping."""
LEAST_PERIOD = 10.0
"""Seconds between two measures of a layer that a configuration may ask for."""
SHORTEST_HEARTBEAT = 5.0
"""Seconds: two looks at a file have to fit in."""
MOST_EVIDENCE = 200
MOST_ENDS = 1_000_000
"""Tokens of a budget."""
LONGEST_BUDGET = 10.0
LONGEST_WAIT = 60.0
"""Seconds for which an end of what is brought back may wait: labels say what that is, and they may lie."""
LIKE = "such as the 64 hex digits that `docker inspect -f '{{.Id}}' NAME` prints"


class BadConfiguration(Exception):
    """The configuration cannot be used; ``errors`` are all that is wrong with it."""

    def __init__(self, *errors: RuleError) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = errors


def _full_id(value: Any, info: ValidationInfo) -> str:
    if isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef"):
        return value
    raise wrong(f"'{info.field_name}' takes full ids, {LIKE}: names can be given to other containers")


def _label_name(value: Any, info: ValidationInfo) -> str:
    if isinstance(value, str) and value.strip() == value and value and "=" not in value:
        return value
    raise wrong(f"'{info.field_name}' is the name of a label, such as com.example.job-id")


def _count(value: Any, info: ValidationInfo) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and 0 < int(value) <= 100_000:
        return int(value)
    raise wrong(f"'{info.field_name}' is a whole number from 1 to 100000")


def _amount(value: Any, info: ValidationInfo) -> int:
    amount = read_bytes(value) if isinstance(value, str) else None
    if amount is not None and amount >= LEAST_SIZE:
        return amount
    raise wrong(f"'{info.field_name}' is an amount of bytes such as 256MiB, and at least 1MiB")


def _seldom(value: Any, info: ValidationInfo) -> float:
    seconds = read_duration(value) if isinstance(value, str) else None
    if seconds is not None and seconds >= LEAST_PERIOD:
        return seconds
    raise wrong(f"'{info.field_name}' is a duration of at least 10s, such as 5m: it costs the engine much")


def _profile(value: Any, info: ValidationInfo) -> Profile:
    if isinstance(value, str) and value in set(Profile):
        return Profile(value)
    raise wrong(f"'{info.field_name}' is one of {', '.join(Profile)}")


def _containment(value: Any, info: ValidationInfo) -> bool:
    if isinstance(value, str) and value in {"auto", "off"}:
        return value == "auto"
    raise wrong(f"'{info.field_name}' is one of auto, off")


def _metric_labels(value: Any, info: ValidationInfo) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise wrong(f"'{info.field_name}' is a list of keys of labels, such as [team]")
    try:
        return label_keys(value)
    except BadLabels as bad:
        raise wrong(str(bad)) from None


def _listening(value: Any, info: ValidationInfo) -> str:
    found = checked_text(value, str(info.field_name))
    try:
        if found not in {"", "off"}:
            parse_listen(found)
    except BadListen as error:
        raise wrong(str(error)) from None
    return found


LabelName = Annotated[str, PlainValidator(_label_name)]
FullId = Annotated[str, PlainValidator(_full_id)]
Amount = Annotated[int, PlainValidator(_amount)]
Count = Annotated[int, PlainValidator(_count)]
Seldom = Annotated[float, PlainValidator(_seldom)]


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


def _absolute(value: Any, info: ValidationInfo) -> str:
    if isinstance(value, str) and value.startswith("/") and value.isprintable():
        return value
    raise wrong(f"'{info.field_name}' is the absolute path of a folder, such as /run/heartbeats")


def _patience(value: Any, info: ValidationInfo) -> float:
    seconds = read_duration(value) if isinstance(value, str) else None
    if seconds is not None and SHORTEST_HEARTBEAT <= seconds <= LONGEST_TTL:
        return seconds
    raise wrong(f"'{info.field_name}' is a duration from 5s to 24h, such as 30s")


class HeartbeatsText(Strict):
    """``owners.heartbeats``: where the files of owners lie, and for how long one may stand still."""

    root: Annotated[str, PlainValidator(_absolute)]
    ttl: Annotated[float, PlainValidator(_patience)] = HEARTBEAT_TTL


class OwnersText(Strict):
    """``owners``: whether those are ended whose owner is proved to be gone, and where files of owners lie."""

    enforce: bool = False
    heartbeats: HeartbeatsText | None = None


class JournalText(Strict):
    """``journal``."""

    path: Text = ""
    keep: Duration = Settings().keep_days * 86400
    strict: bool = False


def _share(value: Any, info: ValidationInfo) -> float:
    found = re.fullmatch(r"([0-9]{1,3})%", value) if isinstance(value, str) else None
    if found and 0 < int(found[1]) <= 100:
        return int(found[1]) / 100
    raise wrong(f"'{info.field_name}' is a percentage from 1% to 100%")


class GateText(Strict):
    """``gate``: how much rules that were never in force before may do at once."""

    most: Count = GateTerms().most
    share: Annotated[float, PlainValidator(_share)] = GateTerms().share
    at_least: Count = GateTerms().at_least
    off: bool = False


def _rate(value: Any, info: ValidationInfo) -> Budget:
    most, _, per = value.partition(" per ") if isinstance(value, str) else ("", "", "")
    seconds = read_duration(per.strip())
    if most.isascii() and most.isdigit() and 0 < int(most) <= MOST_ENDS and seconds and seconds >= 1:
        return Budget(int(most), seconds)
    raise wrong(f"'{info.field_name}' is a count and a duration of at least 1s, such as 100 per 1m")


Rate = Annotated[Budget, PlainValidator(_rate)]


class BudgetsText(Strict):
    """``budgets``: how many runs may be ended in how much time."""

    rule: Rate = BudgetTerms().rule
    owner: Rate = BudgetTerms().owner
    host: Rate = BudgetTerms().host
    hard: Rate = BudgetTerms().hard
    off: bool = False


class BreakerText(Strict):
    """``breaker``: when so many match within a while that only hard verdicts go on."""

    at_least: Count = BreakerTerms().at_least
    share: Annotated[float, PlainValidator(_share)] = BreakerTerms().share
    within: Duration = BreakerTerms().within
    off: bool = False


def _longest_wait(value: Any, info: ValidationInfo) -> float:
    seconds = read_duration(value) if isinstance(value, str) else None
    if seconds is not None and 0 < seconds <= LONGEST_WAIT:
        return seconds
    raise wrong(f"'{info.field_name}' is a duration up to {say_duration(LONGEST_WAIT)}, such as 1m")


class ComebacksText(Strict):
    """``comebacks``: how far apart the ends of a service are that is brought back whenever it is ended."""

    at_least: Count = ComebackTerms().at_least
    back_within: Duration = ComebackTerms().back_within
    window: Duration = ComebackTerms().window
    first: Duration = ComebackTerms().first
    longest: Annotated[float, PlainValidator(_longest_wait)] = ComebackTerms().longest
    off: bool = False


def _few(value: Any, info: ValidationInfo) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and int(value) <= MOST_EVIDENCE:
        return int(value)
    raise wrong(f"'{info.field_name}' is a whole number from 0 (none) to {MOST_EVIDENCE}")


def _budget(value: Any, info: ValidationInfo) -> float:
    seconds = read_duration(value) if isinstance(value, str) else None
    if seconds is not None and 0 < seconds <= LONGEST_BUDGET:
        return seconds
    raise wrong(f"'{info.field_name}' is a duration such as 300ms, and at most {LONGEST_BUDGET:g}s")


class EvidenceText(Strict):
    """``evidence``: what is gathered around the ends that we bring, and for how long at most."""

    budget: Annotated[float, PlainValidator(_budget)] = EvidenceTerms().budget
    log_lines: Annotated[int, PlainValidator(_few)] = EvidenceTerms().log_lines
    processes: Annotated[int, PlainValidator(_few)] = EvidenceTerms().processes


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
    listen: Annotated[str, PlainValidator(_listening)] = ""
    dry_run: bool = False
    at_once: Count = Settings().at_once
    most_streams: Count = Settings().most_streams
    profile: Annotated[Profile, PlainValidator(_profile)] = Settings().profile
    containment: Annotated[bool, PlainValidator(_containment)] = Settings().containment
    gate: GateText = GateText()
    budgets: BudgetsText = BudgetsText()
    breaker: BreakerText = BreakerText()
    comebacks: ComebacksText = ComebacksText()
    evidence: EvidenceText = EvidenceText()
    control: Text = ""
    reload_on_change: bool = False
    proc: Glob = str(Settings().proc)
    metrics_labels: Annotated[tuple[str, ...], PlainValidator(_metric_labels)] = ()
    web: WebText = WebText()
    canary: CanaryText | None = None
    data: DataText | None = None


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
    }
)


def read_configuration(path: Path | None) -> Settings:
    """The settings from a file, or the defaults without one. Raises BadConfiguration."""
    return settings_of(checked(document_of(path), str(path)))


def parse_configuration(text: str, name: str) -> Settings:
    """The settings from a text; ``name`` is what it is called in messages. Raises BadConfiguration."""
    return settings_of(checked(_read(text, name), name))


def document_of(path: Path | None) -> Document:
    """What a file says, not checked yet; nothing without one. Raises BadConfiguration."""
    if path is None:
        return Document("", values={(): 0})
    try:
        content = read_regular(path)
        if content is None:
            raise BadConfiguration(RuleError(str(path), 0, 0, NO_FILE))
        if len(content) > LARGEST:
            raise BadConfiguration(RuleError(str(path), 0, 0, TOO_LARGE))
        text = content.decode("utf-8")
    except OSError as error:
        message = f"the configuration cannot be read: {error.strerror}"
        raise BadConfiguration(RuleError(str(path), 0, 0, message)) from None
    except UnicodeDecodeError:
        raise BadConfiguration(RuleError(str(path), 0, 0, "the file is not UTF-8 text")) from None
    return _read(text, str(path))


def _read(text: str, name: str) -> Document:
    try:
        return read_document(text)
    except NotYamlError as error:
        raise BadConfiguration(error_at(name, text, error.offset, error.message)) from None


def checked(
    document: Document, name: str, elsewhere: Callable[[int], RuleError | None] = lambda _: None
) -> ConfigurationText:
    """The configuration that a document has. Raises BadConfiguration with all that is wrong.

    ``elsewhere`` says of an offset who stands there, if it is none of the file's.
    """
    if document.data is None:
        return ConfigurationText()
    found = [*document.problems, *together(document, document.data, ())]
    written: ConfigurationText | None = None
    try:
        written = ConfigurationText.model_validate(document.data)
    except ValidationError as error:
        found += sentences(document, error, SHAPE)
    if found or written is None:
        raise BadConfiguration(
            *(_error(name, document, *each, elsewhere=elsewhere) for each in sorted(set(found)))
        )
    return written


def _error(
    name: str, document: Document, offset: int, message: str, *, elsewhere: Callable[[int], RuleError | None]
) -> RuleError:
    stranger = elsewhere(offset)
    if stranger is not None:
        return replace(stranger, message=message)
    return error_at(name, document.source, offset, message)


def together(document: Document, written: Any, path: Place) -> Iterator[Found]:
    """What the shape alone does not tell; ``path`` is where in the document the configuration stands."""
    yield from empty_selectors(document, written, "scope", path)
    if isinstance(written, dict):
        yield from empty_selectors(document, written.get("protect"), "containers", (*path, "protect"))
        yield from twice(document, written, path)
        yield from without_token(document, written, path)
        yield from untold(document, written, path)


def settings_of(written: ConfigurationText) -> Settings:
    """What a checked configuration means."""
    return Settings(
        policy=_policy(written),
        times=Times(**written.times.model_dump()),
        dry_run=written.dry_run,
        listen=written.listen,
        journal=Path(written.journal.path) if written.journal.path else None,
        keep_days=written.journal.keep / 86400,
        strict=written.journal.strict,
        at_once=written.at_once,
        most_streams=written.most_streams,
        profile=written.profile,
        containment=written.containment,
        gate=GateTerms(**written.gate.model_dump()),
        budgets=BudgetTerms(**dict(written.budgets)),
        breaker=BreakerTerms(**written.breaker.model_dump()),
        comebacks=ComebackTerms(**written.comebacks.model_dump()),
        evidence=EvidenceTerms(**written.evidence.model_dump()),
        control=written.control,
        reload_on_change=written.reload_on_change,
        proc=Path(written.proc),
        record=Path(written.record.folder) if written.record is not None else None,
        record_limits=_limits(written.record),
        means=means_of(written),
        api=Api(written.api.listen, written.api.token_file) if written.api is not None else None,
        tell=tuple(written.tell),
        leftovers_after=written.leftovers.after if written.leftovers is not None else None,
        owners_enforced=written.owners.enforce,
        heartbeats=_heartbeats(written.owners.heartbeats),
        metric_labels=written.metrics_labels,
        web=web_terms(written.web),
        canary=canary_terms(written.canary),
        data=written.data.root if written.data is not None else None,
    )


def _heartbeats(written: HeartbeatsText | None) -> HeartbeatTerms | None:
    return HeartbeatTerms(Path(written.root), written.ttl) if written is not None else None


def _limits(written: RecordText | None) -> Limits:
    return Limits(keep=written.keep, size=written.size) if written is not None else Limits()


def _policy(written: ConfigurationText) -> Policy:
    return Policy(
        labels=LabelNames(**written.labels.model_dump()),
        scope=tuple(_selectors(written.scope)),
        protect=tuple(_selectors(written.protect.containers)),
        protected_ids=frozenset(ContainerId(each) for each in written.protect.ids),
        trusted_images=tuple(written.trusted_images),
    )


def _selectors(written: list[SelectorText]) -> Iterator[Selector]:
    return (selector(each) for each in written)
