"""A host as somebody wrote it. It may hold a password, which does not belong there: it is never shown."""

from dataclasses import dataclass

from reactor.engine.tls import TlsFiles


@dataclass(frozen=True, slots=True)
class Written:
    """A host, who wrote it, and the TLS files that go with it."""

    host: str
    source: str
    tls: TlsFiles | None = None
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{without_password(self.host)!r} (from {self.source})"

    __repr__ = __str__


def may_hold_password(line: str) -> bool:
    """Whether a line of a file may have a password in an address; it is not quoted then."""
    return ":" in line.rpartition("@")[0]


def without_password(host: str) -> str:
    """The same for people: with ``***`` in the place of a password, wherever that may begin and end."""
    before, at, after = host.rpartition("@")
    scheme, slashes, user = before.partition("://")
    if not slashes or ":" in scheme:
        scheme, slashes, user = "", "", before
    name, colon, _ = user.partition(":")
    is_path = scheme == "unix" and user.startswith("/")
    return f"{scheme}{slashes}{name}:***@{after}" if at and colon and not is_path else host
