"""What is said of a web configuration before anybody trusts it: by ``reactor check``, and by the doctor.

Whether it can be used, who may then do what, and whether a monitor would begin with it. What it means is
decided in ``access``, and enforced in ``front``.
"""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from reactor.access.account import Account, account_of
from reactor.access.reading import BadWebConfig, read_access
from reactor.access.terms import OPEN, Access
from reactor.app.front import NEEDED
from reactor.app.patient import Finding, Patient, Verdict
from reactor.app.settings import Settings
from reactor.ruleset.errors import RuleError
from reactor.web.listen import DEFAULT, BadListen, Listen, parse_listen

_NAME = "web access"
_DOC = "see docs/access.md"
_OTHERS = 0o007


@dataclass(frozen=True, slots=True)
class WebReport:
    """What was found. ``account`` is None where the file cannot be used."""

    file: Path | None
    listen: Listen | None
    mistakes: tuple[RuleError, ...] = ()
    account: Account | None = None
    access: Access = OPEN

    def lines(self) -> Iterator[str]:
        """The account for people, one thing in each line."""
        if self.account is not None:
            for name, said in _said(self.account):
                yield f"{self.file}: {name}: {said}"

    def document(self) -> dict[str, object]:
        """The same for machines."""
        told = asdict(self.account) if self.account is not None else None
        return {"file": str(self.file), "account": told}


def examine_web(settings: Settings) -> WebReport:
    """Read the web configuration of these settings as a monitor would at its start."""
    web = settings.web
    try:
        access = read_access(web.config_file) if web.config_file is not None else OPEN
        listen = None if settings.listen == "off" else parse_listen(settings.listen or DEFAULT)
    except BadWebConfig as bad:
        return WebReport(web.config_file, None, bad.errors)
    except BadListen as bad:
        return WebReport(web.config_file, None, (RuleError("listen", 0, 0, str(bad)),))
    account = account_of(access, orders=web.orders)
    mistakes: tuple[RuleError, ...] = ()
    elsewhere = listen is not None and not listen.is_loopback
    if web.orders and elsewhere and not (access.secured and access.authenticated):
        said = f"{NEEDED}, and {listen} can be reached from there: a monitor does not begin so"
        mistakes = (RuleError(str(web.config_file or "web"), 0, 0, said),)
    return WebReport(web.config_file, listen, mistakes, account, access)


def web_access(patient: Patient) -> Iterator[Finding]:
    """Who is let in over TCP, and whether that is meant."""
    report = examine_web(patient.settings)
    if report.mistakes or report.account is None:
        yield from (Finding(_NAME, Verdict.FAILED, str(each), _DOC) for each in report.mistakes)
        return
    if report.listen is None:
        yield Finding(_NAME, Verdict.OK, "nothing listens on TCP for people and scrapers")
        return
    told = "; ".join(f"{name}: {said}" for name, said in _said(report.account))
    yield _judged(report, f"{report.file or 'no web configuration'}, at {report.listen}: {told}")
    yield from _open_keys(report.access)


def _judged(report: WebReport, said: str) -> Finding:
    if report.listen is None or report.listen.is_loopback:
        return Finding(_NAME, Verdict.OK, said)
    lacks = [
        *([] if report.access.secured else ["TLS"]),
        *([] if report.access.authenticated else ["passwords or certificates"]),
    ]
    if not lacks:
        return Finding(_NAME, Verdict.OK, said)
    return Finding(
        _NAME, Verdict.DEGRADED, said, f"a --web.config.file with {' and '.join(lacks)}, or 127.0.0.1"
    )


def _open_keys(access: Access) -> Iterator[Finding]:
    """Files that everybody on this machine may read or write, and who holds them is let in, or lets in."""
    for file in access.files:
        mode = os.stat(file).st_mode & _OTHERS
        secret = mode and b"PRIVATE KEY" in file.read_bytes()
        if secret or mode & 0o002:
            verb = "change" if mode & 0o002 else "read"
            yield Finding(_NAME, Verdict.DEGRADED, f"everybody may {verb} {file}", f"chmod o-rwx {file}")


def _said(account: Account) -> Iterator[tuple[str, str]]:
    yield "TLS", account.tls
    yield "asks for", account.asks
    yield "reads", account.reads
    yield "changes something on loopback", account.local
    yield "changes something from other machines", account.remote
