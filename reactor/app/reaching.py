"""How a monitor is reached by whoever asks it: by its control socket, or by https with what it asks for.

What is shown there comes from flags, the environment and files. A password never stands on a command line,
where every user of the machine can read it, nor in an address, which ends in logs.
"""

import argparse
import base64
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from reactor.app.complaint import Complaint
from reactor.http.address import LONGEST_PATH, Address

USER, PASSWORD, PASSWORD_FILE = "REACTOR_USER", "REACTOR_PASSWORD", "REACTOR_PASSWORD_FILE"
CA, CERT, KEY = "REACTOR_CA_FILE", "REACTOR_CERT_FILE", "REACTOR_KEY_FILE"
_PORTS = {"http": 80, "https": 443}
SUCH_AS = "such as https://monitor.example.org:9710"


@dataclass(frozen=True, slots=True)
class Way:
    """Where a monitor is asked, and what is shown there. ``named`` is what it is called in messages.

    ``prefix`` stands before the path of each request: that of one of several engines, or of a proxy.
    """

    named: str
    address: Address
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    prefix: str = ""


def way_to(named: str, environ: Mapping[str, str] = os.environ, below: str = "") -> Way:
    """The way to the monitor at a path or an address, or to what is ``below`` it there. Raises Complaint."""
    if "://" not in named:
        return _by_socket(Path(named), below)
    parts = urlsplit(named)
    if parts.username or parts.password:
        raise Complaint(
            "reactor: a password does not belong in an address, where others can read it",
            f"Write {USER}=NAME, and the password to a file: {PASSWORD_FILE}=FILE",
        )
    try:
        port = parts.port or _PORTS[parts.scheme]
    except (KeyError, ValueError):
        raise Complaint(f"reactor: this is no address of a monitor: {SUCH_AS}") from None
    if not parts.hostname or parts.query or parts.fragment or not _is_prefix(parts.path):
        raise Complaint(f"reactor: this is no address of a monitor: {SUCH_AS}")
    tls = _tls(environ) if parts.scheme == "https" else None
    shown = _shown(environ)
    if shown and tls is None and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise Complaint("reactor: a password is not sent without TLS: write https://")
    # What changes something is taken as JSON only, which a page of somebody else's cannot send.
    return Way(
        named,
        Address.tcp(parts.hostname, port, tls),
        MappingProxyType({"Content-Type": "application/json", **shown}),
        parts.path.rstrip("/") + below,
    )


def _is_prefix(path: str) -> bool:
    """Whether this can stand before the paths of a monitor: names with single slashes between."""
    names = path.strip("/").split("/")
    plain = re.fullmatch(r"(/[A-Za-z0-9._~%!$&'()*+,;=:@-]+)*/?", path) is not None
    return plain and not {".", ".."} & set(names)


def _by_socket(socket: Path, below: str) -> Way:
    if (size := len(os.fsencode(socket))) > LONGEST_PATH:
        raise Complaint(
            f"reactor: the path of a socket has at most {LONGEST_PATH} bytes, this one has {size}: {socket}",
            "Give the monitor a shorter one: reactor run --control PATH",
        )
    return Way(str(socket), Address.unix(str(socket)), prefix=below)


def _tls(environ: Mapping[str, str]) -> ssl.SSLContext:
    authority, certificate, key = (environ.get(name, "") for name in (CA, CERT, KEY))
    try:
        context = ssl.create_default_context(cafile=authority or None)
    except OSError:
        raise Complaint(f"reactor: {CA} is no file with certificates of authorities: {authority}") from None
    # Newer Pythons insist on extensions that the certificates of most private authorities lack.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if certificate:
        try:
            context.load_cert_chain(certificate, key or None, password="")
        except OSError:
            raise Complaint(
                f"reactor: {CERT} and {KEY} are no certificate with its key: {certificate} {key}"
            ) from None
    return context


def _shown(environ: Mapping[str, str]) -> dict[str, str]:
    user = environ.get(USER, "")
    if not user:
        return {}
    pair = f"{user}:{_password(environ)}".encode("utf-8", "surrogateescape")
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def _password(environ: Mapping[str, str]) -> str:
    file = environ.get(PASSWORD_FILE, "")
    if not file:
        if PASSWORD not in environ:
            raise Complaint(
                f"reactor: {USER} is set, and no password: name a file with it in {PASSWORD_FILE}"
            )
        return environ[PASSWORD]
    try:
        return Path(file).read_text(errors="surrogateescape").split("\n", 1)[0].rstrip("\r")
    except OSError as error:
        raise Complaint(f"reactor: {PASSWORD_FILE} cannot be read: {error.strerror}: {file}") from None


FLAGS = (
    ("--user", USER, "NAME", "the name for the monitor's password, which stands in --password-file"),
    ("--password-file", PASSWORD_FILE, "FILE", f"a file whose first line is the password; or ${PASSWORD}"),
    ("--ca-file", CA, "FILE", "whose certificates are believed, in the place of the system's"),
    ("--cert-file", CERT, "FILE", "our own certificate"),
    ("--key-file", KEY, "FILE", "and its key"),
)
"""Each flag of a command that asks over https, with the variable that stands for it."""


def add_engine(to: Any) -> None:
    """The flag for one of several engines, on a parser."""
    to.add_argument(
        "--engine",
        metavar="NAME",
        default="",
        help="of several monitors the one that watches this engine: among the sockets that are found, or "
        "below an address",
    )


def add_credentials(to: Any) -> None:
    """The flags for one of several engines, and for a monitor that is asked over https, on a parser."""
    add_engine(to)
    group = to.add_argument_group("for a monitor at an https:// address")
    for flag, variable, metavar, text in FLAGS:
        group.add_argument(flag, dest=variable, metavar=metavar, default="", help=f"{text} (${variable})")


def with_flags(options: argparse.Namespace, environ: Mapping[str, str]) -> Mapping[str, str]:
    """The environment with the flags over it."""
    given = {variable: getattr(options, variable, "") for _, variable, _, _ in FLAGS}
    return {**environ, **{variable: value for variable, value in given.items() if value}}
