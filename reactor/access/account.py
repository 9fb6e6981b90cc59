"""What a web configuration amounts to, in words: how one speaks here, who reads, and who changes something.

It is for people who check a file before they trust it; ``doors`` decides by the file itself.
"""

import ssl
from dataclasses import dataclass

from reactor.access.terms import Access

ANYBODY = "whoever can connect"
NOT_ENABLED = "nobody: orders are not enabled"
_NEVER = "nobody, orders enabled or not"
_VERSIONS = {ssl.TLSVersion.TLSv1_2: "1.2", ssl.TLSVersion.TLSv1_3: "1.3"}


@dataclass(frozen=True, slots=True)
class Account:
    """Who may do what. ``local`` is who changes something on loopback, ``remote`` who does from elsewhere."""

    tls: str
    asks: str
    reads: str
    local: str
    remote: str


def account_of(access: Access, *, orders: bool) -> Account:
    """The file in words, where orders are enabled or are not."""
    who = _who(access)
    return Account(
        tls=_tls(access.context),
        asks=_asks(access),
        reads=who,
        local=who if orders else NOT_ENABLED,
        remote=_remote(access, who, orders=orders),
    )


def _tls(context: ssl.SSLContext | None) -> str:
    if context is None:
        return "none: what is said can be read and changed on its way"
    ends = dict.fromkeys(_VERSIONS[each] for each in (context.minimum_version, context.maximum_version))
    return " to ".join(ends)


def _asks(access: Access) -> str:
    given = access.context is not None and access.context.verify_mode is ssl.CERT_OPTIONAL
    asked = []
    if access.certificates:
        asked.append("a certificate of our authority")
    if access.users:
        asked.append(f"a password ({len(access.users)} user{'' if len(access.users) == 1 else 's'})")
    remark = "; a certificate is looked at if there is one, and lets nobody in" if given else ""
    return (" and ".join(asked) or "nothing") + remark


def _who(access: Access) -> str:
    if access.certificates:
        return "who has both" if access.users else "who has a certificate of our authority"
    return "who has a password" if access.users else ANYBODY


def _remote(access: Access, who: str, *, orders: bool) -> str:
    if not access.secured or not access.authenticated:
        lacks = "TLS" if not access.secured else "a password or a certificate"
        return f"{_NEVER}: {lacks} is not asked for"
    return who if orders else NOT_ENABLED
