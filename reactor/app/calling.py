"""The part of the configuration that says what rules may call: webhooks, programs, the folder for notices.

A rule names these; their addresses, secrets and arguments stand here and nowhere else.
"""

import os
import re
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, PlainValidator, ValidationInfo

from reactor.act.means import Means, Notices, Webhook
from reactor.core.rules import Rule, RuleSet
from reactor.core.verbs import Action
from reactor.http.address import Address
from reactor.ruleset.document import Document
from reactor.ruleset.document import Path as Place
from reactor.ruleset.errors import RuleError
from reactor.ruleset.models import Duration, SafeName, SomeTime, Strict
from reactor.ruleset.sentences import Found
from reactor.ruleset.values import checked_text, wrong

_PORTS = {"http": 80, "https": 443}
_CONTROL = re.compile(r"[\x00-\x20\x7f]")


def _url(value: Any, _info: ValidationInfo) -> str:
    found = checked_text(value, "url")
    if not _parts(found):
        raise wrong("'url' is an address such as https://example.org/hooks/reactor, without a password in it")
    return found


def _parts(url: str) -> SplitResult | None:
    """The parts of an address that can be called; None if it is none."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _PORTS and parts.hostname and not parts.username and parts.port != 0
    except ValueError:
        return None
    return parts if usable and not _CONTROL.search(url) else None


def _secret(value: Any, _info: ValidationInfo) -> bytes:
    """The secret in a file: its first line."""
    name = checked_text(value, "secret_file")
    try:
        secret = Path(name).read_bytes().partition(b"\n")[0].strip()
    except OSError as error:
        raise wrong(f"'secret_file' cannot be read: {error.strerror}") from None
    if len(secret) < 16:
        raise wrong("the secret in 'secret_file' is shorter than 16 characters: that can be guessed")
    return secret


def _authority(value: Any, _info: ValidationInfo) -> ssl.SSLContext:
    name = checked_text(value, "ca_file")
    try:
        return ssl.create_default_context(cafile=name)
    except (OSError, ssl.SSLError) as error:
        raise wrong(f"'ca_file' cannot be used: {error.strerror or error.args[0]}") from None


def _root(value: Any, _info: ValidationInfo) -> Path:
    root = Path(checked_text(value, "root"))
    if not root.is_absolute():
        raise wrong("'root' is the absolute path of a folder")
    if not root.is_dir():
        raise wrong("'root' is no folder that is there")
    return root


def _inside(value: Any, _info: ValidationInfo) -> str:
    found = checked_text(value, "inside")
    if not found.startswith("/") or os.path.normpath(found) != found:
        raise wrong("'inside' is where containers have their folder mounted, such as /run/reactor")
    return found


def _arguments(value: Any, _info: ValidationInfo) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
        raise wrong("'run' is a list: a program and its arguments, as in [/usr/local/bin/dump, --short]")
    if not value[0].startswith("/"):
        raise wrong(f"'run' begins with the absolute path of a program, and '{value[0]}' is none")
    if not os.access(value[0], os.X_OK):
        raise wrong(f"'run' begins with a program, and '{value[0]}' cannot be executed")
    return value


class WebhookText(Strict):
    """An entry of ``webhooks``."""

    name: SafeName
    url: Annotated[str, PlainValidator(_url)]
    secret_file: Annotated[bytes, PlainValidator(_secret)] = b""
    ca_file: Annotated[ssl.SSLContext | None, PlainValidator(_authority)] = None
    timeout: SomeTime = 10.0
    keep: Duration = 900.0


class ProgramText(Strict):
    """An entry of ``programs``."""

    name: SafeName
    run: Annotated[list[str], PlainValidator(_arguments)]


class NoticesText(Strict):
    """``notices``."""

    root: Annotated[Path, PlainValidator(_root)]
    inside: Annotated[str, PlainValidator(_inside)] = Notices().inside


class MeansText(Strict):
    """The keys of the configuration that are about this."""

    webhooks: list[WebhookText] = Field(default=[])
    programs: list[ProgramText] = Field(default=[])
    notices: NoticesText | None = None


def twice(document: Document, written: Mapping[str, Any], path: Place) -> Iterator[Found]:
    """Names that stand twice, where each has to mean one thing."""
    for key in ("webhooks", "programs"):
        seen: set[str] = set()
        entries = written.get(key)
        for number, each in enumerate(entries if isinstance(entries, list) else ()):
            name = each.get("name") if isinstance(each, dict) else None
            if isinstance(name, str) and name in seen:
                place = (*path, key, number, "name")
                yield document.value_at(place), f"there are two {key} named '{name}': choose another name"
            seen.add(str(name))


def means_of(written: MeansText) -> Means:
    """What a checked configuration lets rules call."""
    notices = Notices(written.notices.root, written.notices.inside) if written.notices else Notices()
    return Means(
        webhooks={each.name: _webhook(each) for each in written.webhooks},
        programs={each.name: tuple(each.run) for each in written.programs},
        notices=notices,
    )


def _webhook(written: WebhookText) -> Webhook:
    parts = urlsplit(written.url)
    tls = (written.ca_file or ssl.create_default_context()) if parts.scheme == "https" else None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    address = Address.tcp(parts.hostname or "", parts.port or _PORTS[parts.scheme], tls)
    return Webhook(address, target, written.secret_file, written.timeout, written.keep)


def missing_means(rules: RuleSet, means: Means) -> Iterator[RuleError]:
    """What rules call that nobody configured."""
    known: Mapping[Action, tuple[str, Mapping[str, Any]]] = {
        Action.WEBHOOK: ("webhook", means.webhooks),
        Action.EXEC: ("program", means.programs),
    }
    for rule in rules.rules:
        for stage in rule.then:
            kind, there = known.get(stage.action, ("", {}))
            if kind and stage.target not in there:
                names = ", ".join(sorted(there)) or "none"
                yield _at(rule, f"the configuration has no {kind} named '{stage.target}': it has {names}")
            if stage.action is Action.NOTICE and means.notices.root is None:
                yield _at(
                    rule, "a notice needs 'notices' in the configuration, with a 'root' for the folders"
                )


def _at(rule: Rule, message: str) -> RuleError:
    # A compiled rule knows its line and no column.
    return RuleError(rule.place, 0, 0, message)
