"""The configuration file: scope, labels, protection, times. Text in, Settings out, or all mistakes.

The YAML is read as rule files are, with a place for every mistake. What the settings mean
is in ``settings``; environment and flags go over the file in ``levels``.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from reactor.app.calling import means_of, twice, untold, without_token
from reactor.app.canarytext import canary_terms
from reactor.app.configtext import SHAPE, ConfigurationText, HeartbeatsText, RecordText
from reactor.app.enginetext import alike, crowded
from reactor.app.settings import Api, HeartbeatTerms, Settings, Times
from reactor.app.webtext import web_terms
from reactor.core.breaker import BreakerTerms
from reactor.core.budgets import BudgetTerms
from reactor.core.comebacks import ComebackTerms
from reactor.core.container import ContainerId
from reactor.core.evidence import EvidenceTerms
from reactor.core.protection import LabelNames, Policy
from reactor.core.restraint import GateTerms
from reactor.core.selector import Selector
from reactor.engine.written import may_hold_password
from reactor.recording.places import Limits
from reactor.ruleset.document import Document, NotYamlError, read_document
from reactor.ruleset.document import Path as Place
from reactor.ruleset.errors import RuleError, error_at
from reactor.ruleset.files import LARGEST, read_regular
from reactor.ruleset.models import SelectorText
from reactor.ruleset.selectors import empty_selectors, selector
from reactor.ruleset.sentences import Found, sentences

NO_FILE = "this is no regular file: a pipe or a device cannot be the configuration"
TOO_LARGE = f"this file is larger than {LARGEST // 1024} KiB: is it a configuration?"


class BadConfiguration(Exception):
    """The configuration cannot be used; ``errors`` are all that is wrong with it."""

    def __init__(self, *errors: RuleError) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = errors


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
    document: Document, name: str, elsewhere: Callable[[int], RuleError | None] | None = None
) -> ConfigurationText:
    """The configuration that a document has. Raises BadConfiguration with all that is wrong.

    ``elsewhere`` says of an offset who stands there, if it is none of the file's; without it the document is
    the file by itself, and not what other levels are laid over: those may name other engines, too.
    """
    if document.data is None:
        return ConfigurationText()
    found = [*document.problems, *together(document, document.data, ())]
    found += crowded(document, document.data) if elsewhere is None else []
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
    name: str,
    document: Document,
    offset: int,
    message: str,
    *,
    elsewhere: Callable[[int], RuleError | None] | None,
) -> RuleError:
    stranger = elsewhere(offset) if elsewhere is not None else None
    if stranger is not None:
        return replace(stranger, message=message)
    error = error_at(name, document.source, offset, message)
    return replace(error, shown=()) if any(map(may_hold_password, error.shown)) else error


def together(document: Document, written: Any, path: Place) -> Iterator[Found]:
    """What the shape alone does not tell; ``path`` is where in the document the configuration stands."""
    yield from empty_selectors(document, written, "scope", path)
    if isinstance(written, dict):
        yield from empty_selectors(document, written.get("protect"), "containers", (*path, "protect"))
        yield from twice(document, written, path)
        yield from without_token(document, written, path)
        yield from untold(document, written, path)
        yield from alike(document, written, path)


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
