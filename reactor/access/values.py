"""What may stand behind a key of a web configuration: what it means, or what is wrong and how to mend it.

Only single values are checked here; what keys mean together is checked in ``reading``.
"""

import re
import ssl
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationInfo

from reactor.core.language.problems import did_you_mean
from reactor.ruleset.values import checked_text, wrong

# The last character of the salt carries two bits only: the library refuses what has others.
HASH = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")
CHEAPEST, DEAREST = 4, 14
"""Costs of bcrypt. One check of the dearest takes more than a second, and each attempt costs one."""
_MAKE_ONE = "make one with: htpasswd -nBC 10 NAME"
_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_WEAK = frozenset({"TLS10", "TLS11"})
CERTIFICATES = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
_UNVERIFIED = frozenset({"RequestClientCert", "RequireAnyClientCert"})
_SUITES = {
    f"TLS_ECDHE_{key}_WITH_{go}": f"ECDHE-{key}-{openssl}"
    for key in ("ECDSA", "RSA")
    for go, openssl in (
        ("AES_128_GCM_SHA256", "AES128-GCM-SHA256"),
        ("AES_256_GCM_SHA384", "AES256-GCM-SHA384"),
        ("CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305"),
        ("CHACHA20_POLY1305", "CHACHA20-POLY1305"),
    )
}
_HEADERS: Mapping[str, tuple[str, ...]] = {
    "Content-Security-Policy": (),
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
}
"""The headers that may be set, each with the only values it may have, if these are few."""


def file(value: Any, info: ValidationInfo) -> str:
    """The path of a file."""
    found = checked_text(value, str(info.field_name))
    if not found or not found.isprintable():
        raise wrong(f"'{info.field_name}' is the path of a file, from the folder of this one")
    return found


def certificates(value: Any, _info: ValidationInfo) -> ssl.VerifyMode:
    """What is asked of clients."""
    found = checked_text(value, "client_auth_type")
    if found in _UNVERIFIED:
        raise wrong(f"'{found}' takes certificates that nobody signed: write RequireAndVerifyClientCert")
    if found not in CERTIFICATES:
        raise wrong(f"there is no 'client_auth_type' called '{found}': {did_you_mean(found, CERTIFICATES)}")
    return CERTIFICATES[found]


def version(value: Any, info: ValidationInfo) -> ssl.TLSVersion:
    """A version of TLS."""
    found = checked_text(value, str(info.field_name))
    if found in _WEAK:
        raise wrong(f"'{info.field_name}': {found} is broken and not spoken here: write TLS12 or TLS13")
    if found not in _VERSIONS:
        raise wrong(f"'{info.field_name}' is TLS12 or TLS13")
    return _VERSIONS[found]


def suites(value: Any, _info: ValidationInfo) -> tuple[str, ...]:
    """Cipher suites of TLS 1.2, in the names that OpenSSL has for them."""
    if not isinstance(value, list) or not value:
        raise wrong("'cipher_suites' is a list of names, or is left out for all that are good")
    return tuple(_suite(each, index) for index, each in enumerate(value))


def _suite(name: Any, index: int) -> str:
    if isinstance(name, str) and name in _SUITES:
        return _SUITES[name]
    if isinstance(name, str) and name.startswith("TLS_") and "_WITH_" not in name:
        raise wrong(f"'{name}' belongs to TLS 1.3, where all are on: leave it out", [index])
    raise wrong(f"this suite is not spoken here: {did_you_mean(str(name), _SUITES)}", [index])


def users(value: Any, _info: ValidationInfo) -> dict[str, bytes]:
    """Names, and what bcrypt made of their passwords."""
    if not isinstance(value, dict):
        raise wrong("'basic_auth_users' is a map: to each name what bcrypt makes of the password")
    return {_user(name): _hashed(name, each) for name, each in value.items()}


def _user(name: str) -> str:
    if not name or ":" in name or not name.isprintable():
        raise wrong("a name is not empty, is printable and has no colon, which ends it in basic auth", [name])
    return name


def _hashed(name: str, value: Any) -> bytes:
    found = HASH.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        # What stands there may be the password itself, so it is not shown.
        raise wrong(f"this is not what bcrypt makes of a password: {_MAKE_ONE}", [name])
    if not CHEAPEST <= int(found[1]) <= DEAREST:
        raise wrong(
            f"a cost of {int(found[1])} is not from {CHEAPEST} to {DEAREST}, and whoever tries a password "
            f"makes us pay it: {_MAKE_ONE}",
            [name],
        )
    return str(value).encode()


def headers(value: Any, _info: ValidationInfo) -> tuple[tuple[str, str], ...]:
    """Headers for every answer."""
    if not isinstance(value, dict):
        raise wrong("'headers' is a map: to each header its value")
    return tuple((name, _header(name, each)) for name, each in value.items())


def _header(name: str, value: Any) -> str:
    if name not in _HEADERS:
        raise wrong(f"the header '{name}' cannot be set: {did_you_mean(name, _HEADERS)}", [name])
    if not isinstance(value, str) or not value or not (value.isascii() and value.isprintable()):
        raise wrong(f"the value of '{name}' is printable ASCII text on one line", [name])
    if _HEADERS[name] and value.lower() not in _HEADERS[name]:
        raise wrong(f"the value of '{name}' is {' or '.join(_HEADERS[name])}", [name])
    return value


def http2(value: Any, _info: ValidationInfo) -> bool:
    """HTTP/2, which is not spoken here."""
    if value is not False:
        raise wrong("HTTP/2 is not spoken here: write 'http2: false', or leave it out")
    return False
