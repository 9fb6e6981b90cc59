"""Asking the API of a monitor over HTTP: where it is, who asks, and what cannot be had, in one sentence.

Only the asking is here. Nothing that is answered is trusted: it is JSON of a bounded size, or a complaint.
"""

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from reactor.app.complaint import Complaint
from reactor.app.finding import ENVIRONMENT, below
from reactor.app.reaching import CA, CERT, KEY, PASSWORD_FILE, USER, way_to, with_flags
from reactor.core.language.printing import tame
from reactor.http.client import Client
from reactor.http.errors import HttpError, NobodyListens

WITHIN = 10.0
LARGEST = 16 * 1024 * 1024
_OK, _UNAUTHORIZED, _FORBIDDEN, _MISSING = 200, 401, 403, 404
USUAL = "http://127.0.0.1:9710"
_SUCH_AS = f"write it as {USUAL}"
_CERTIFICATES = (
    f"Name its authority by --ca-file FILE ({CA}), or show a certificate of your own by --cert-file and "
    f"--key-file ({CERT}, {KEY})"
)

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
        found = (await self._ask("decisions?before=now&limit=100")).get("decisions")
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
        except HttpError as error:
            # A server that wants a certificate often only ends the connection.
            remedies = [_CERTIFICATES] if "certificate" in str(error) else []
            raise Complaint(f"reactor: {self.url}: {error}", *remedies) from None
        return self._read(answer.status, answer.body)

    def _read(self, status: int, body: bytes) -> Told:
        if status in {_UNAUTHORIZED, _FORBIDDEN}:
            raise Complaint(
                f"reactor: {self.url} wants to know who asks: --user NAME --password-file FILE ({USER}, "
                f"{PASSWORD_FILE}), or a certificate: --cert-file, --key-file"
            )
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


def source_of(options: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> Source:
    """The monitor that is meant, and what is shown there, by flags and environment. Raises Complaint."""
    named = options.url or _address(environ) or USUAL
    try:
        parts = urlsplit(named)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"}:
        raise Complaint(f"reactor: {tame(named, 200)!r} is no address: {_SUCH_AS}")
    # What is in front of the monitor may give it a path of its own.
    way = way_to(named, with_flags(options, environ), below(options.engine))
    client = Client(way.address, largest=LARGEST)
    return Source(f"{parts.scheme}://{way.address.authority}{way.prefix}", client, way.prefix, way.headers)


def _address(environ: Mapping[str, str]) -> str:
    """Where orders go by TCP there is the page, too; on a control socket there is none."""
    named = environ.get(ENVIRONMENT, "")
    return named if "://" in named else ""
