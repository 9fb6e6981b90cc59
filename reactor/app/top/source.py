"""Asking the API of a monitor over HTTP: where it is, who asks, and what cannot be had, in one sentence.

Only the asking is here. Nothing that is answered is trusted: it is JSON of a bounded size, or a complaint.
"""

import argparse
import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from reactor.app.complaint import Complaint
from reactor.core.language.printing import tame
from reactor.http.address import Address
from reactor.http.client import Client
from reactor.http.errors import BadCertificate, HttpError, NobodyListens

WITHIN = 10.0
LARGEST = 16 * 1024 * 1024
_OK, _UNAUTHORIZED, _FORBIDDEN, _MISSING = 200, 401, 403, 404
_SUCH_AS = "write it as http://127.0.0.1:9710"

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that one frame shows."""

    status: Told
    containers: Told
    decisions: list[Told]


@dataclass(frozen=True, slots=True)
class Source:
    """A monitor's API: ``prefix`` is the path below which it is."""

    url: str
    client: Client
    prefix: str
    headers: Mapping[str, str] = field(repr=False)

    async def look(self, query: Mapping[str, str]) -> Look:
        """Ask for all that a frame shows. Raises Complaint."""
        status = await self._ask("status")
        containers = await self._ask(f"containers?{urlencode(query)}")
        found = (await self._ask("decisions?before=now&limit=40")).get("decisions")
        decisions: list[Told] = (
            [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
        )
        return Look(status, containers, decisions[::-1])

    async def _ask(self, path: str) -> Told:
        target = f"{self.prefix}/api/v1/{path}"
        try:
            answer = await self.client.request("GET", target, within=WITHIN, headers=self.headers)
        except NobodyListens:
            raise Complaint(
                f"reactor: no monitor answers at {self.url}: is it running, with --listen?"
            ) from None
        except BadCertificate as error:
            raise Complaint(f"reactor: {self.url}: {error}; name its authority with --ca FILE") from None
        except HttpError as error:
            raise Complaint(f"reactor: {self.url}: {error}") from None
        return self._read(answer.status, answer.body)

    def _read(self, status: int, body: bytes) -> Told:
        if status in {_UNAUTHORIZED, _FORBIDDEN}:
            raise Complaint(f"reactor: {self.url} wants to know who asks: --user NAME --password-file FILE")
        try:
            told = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            told = None
        if status == _OK and isinstance(told, dict):
            return told
        said = told.get("error") if isinstance(told, dict) else None
        if said is None and status in {_OK, _MISSING}:
            raise Complaint(f"reactor: what listens at {self.url} is no monitor with a status page")
        why = tame(str(said or f"it answers {status}"), 300)
        raise Complaint(f"reactor: {self.url}: {why}")


def source_of(options: argparse.Namespace) -> Source:
    """The monitor that is meant. Raises Complaint."""
    try:
        parts = urlsplit(options.url)
        port = parts.port
    except ValueError:
        raise Complaint(f"reactor: {tame(options.url, 200)!r} is no address: {_SUCH_AS}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Complaint(f"reactor: {tame(options.url, 200)!r} is no address: {_SUCH_AS}")
    tls = _trusted(options.ca) if parts.scheme == "https" else None
    address = Address.tcp(parts.hostname, port or (443 if tls else 80), tls)
    shown = f"{parts.scheme}://{address.authority}"
    client = Client(address, largest=LARGEST)
    return Source(shown, client, parts.path.rstrip("/"), _headers(options))


def _trusted(authority: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(authority) if authority is not None else None)
    except (OSError, ssl.SSLError) as error:
        why = error.strerror or "it is no certificate"
        raise Complaint(f"reactor: --ca {authority}: {why}") from None


def _headers(options: argparse.Namespace) -> Mapping[str, str]:
    if not options.user:
        return {}
    password = ""
    if options.password_file is not None:
        try:
            password = options.password_file.read_text().partition("\n")[0]
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is no text"
            raise Complaint(f"reactor: --password-file {options.password_file}: {why}") from None
    basic = base64.b64encode(f"{options.user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {basic}"}
