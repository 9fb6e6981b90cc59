"""The configuration file: scope, labels, protection, times. Text in, Settings out, or all mistakes.

The YAML is read as rule files are, with a place for every mistake. What the settings mean
is in ``settings``; flags go over them in ``running``.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PlainValidator, ValidationError, ValidationInfo

from reactor.app.settings import Settings, Times
from reactor.core.container import ContainerId
from reactor.core.protection import LabelNames, Policy
from reactor.core.rules import Selector
from reactor.ruleset.document import NotYamlError, read_document
from reactor.ruleset.errors import RuleError, error_at
from reactor.ruleset.models import Duration, Glob, SelectorText, Shape, Strict, Text
from reactor.ruleset.selectors import empty_selectors, selector
from reactor.ruleset.sentences import sentences
from reactor.ruleset.values import wrong

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


LabelName = Annotated[str, PlainValidator(_label_name)]
FullId = Annotated[str, PlainValidator(_full_id)]
Count = Annotated[int, PlainValidator(_count)]


class LabelsText(Strict):
    """``labels``: an existing runner's own labels in the place of ours."""

    task: LabelName = LabelNames().task
    sidecar_of: LabelName = LabelNames().sidecar_of
    skip: LabelName = LabelNames().skip


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


class JournalText(Strict):
    """``journal``."""

    path: Text = ""
    keep: Duration = Settings().keep_days * 86400
    strict: bool = False


class ConfigurationText(Strict):
    """The whole file."""

    scope: list[SelectorText] = Field(default=[], min_length=1)
    labels: LabelsText = LabelsText()
    protect: ProtectText = ProtectText()
    trusted_images: list[Glob] = Field(default=[])
    times: TimesText = TimesText()
    journal: JournalText = JournalText()
    listen: Text = ""
    dry_run: bool = False
    at_once: Count = Settings().at_once
    most_streams: Count = Settings().most_streams


SHAPE = Shape(
    models={
        (): (ConfigurationText, "the configuration"),
        ("scope",): (SelectorText, "a selector"),
        ("labels",): (LabelsText, "'labels'"),
        ("protect",): (ProtectText, "'protect'"),
        ("protect", "containers"): (SelectorText, "a selector"),
        ("times",): (TimesText, "'times'"),
        ("journal",): (JournalText, "'journal'"),
    }
)


def read_configuration(path: Path | None) -> Settings:
    """The settings from a file, or the defaults without one. Raises BadConfiguration."""
    if path is None:
        return Settings()
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        message = f"the configuration cannot be read: {error.strerror}"
        raise BadConfiguration(RuleError(str(path), 0, 0, message)) from None
    except UnicodeDecodeError:
        raise BadConfiguration(RuleError(str(path), 0, 0, "the file is not UTF-8 text")) from None
    return parse_configuration(text, str(path))


def parse_configuration(text: str, name: str) -> Settings:
    """The settings from a text; ``name`` is what it is called in messages. Raises BadConfiguration."""
    try:
        document = read_document(text)
    except NotYamlError as error:
        raise BadConfiguration(_error(name, text, error.offset, error.message)) from None
    if document.data is None:
        return Settings()
    found = [*document.problems, *empty_selectors(document, document.data, "scope", ())]
    if isinstance(document.data, dict):
        protect = document.data.get("protect")
        found += empty_selectors(document, protect, "containers", ("protect",))
    written: ConfigurationText | None = None
    try:
        written = ConfigurationText.model_validate(document.data)
    except ValidationError as error:
        found += sentences(document, error, SHAPE)
    if found or written is None:
        raise BadConfiguration(*(_error(name, text, *each) for each in sorted(set(found))))
    return _settings(written)


def _error(name: str, text: str, offset: int, message: str) -> RuleError:
    return error_at(name, text, offset, message)


def _settings(written: ConfigurationText) -> Settings:
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
    )


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
