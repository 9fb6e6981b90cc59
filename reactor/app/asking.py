"""Asking a running monitor, by its control socket or by https: which one, and what it says.

Only the asking belongs here. What is asked, and how the answer is shown, is each command's own part.
"""

import argparse
import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import trio

from reactor.app.complaint import FOUND, Complaint
from reactor.app.finding import where
from reactor.app.reaching import PASSWORD_FILE, USER, Way, way_to, with_flags
from reactor.core.language.printing import tame
from reactor.http.client import Client
from reactor.http.errors import HttpError, NobodyListens

WITHIN = 30.0
"""Seconds for an answer: a reload reads files."""
_OK, _UNKNOWN, _MISSING = 200, 401, 404
_LONGEST = 500


def ask(options: argparse.Namespace, method: str, path: str, **query: str) -> Mapping[str, Any]:
    """What the monitor answers that the options name. Raises Complaint where there is none, or it refuses."""
    way = find_way(options, os.environ)
    target = f"{path}?{urlencode(query)}" if query else path
    try:
        answer = trio.run(_ask, way, method, target)
    except NobodyListens:
        raise Complaint(f"reactor: no monitor listens at {way.named}: is it running?") from None
    except HttpError as error:
        raise Complaint(f"reactor: {way.named}: {error}") from None
    if answer.status == _UNKNOWN:
        raise Complaint(
            f"reactor: {way.named} asks for a name and a password: {USER}, {PASSWORD_FILE}", code=FOUND
        )
    if answer.status == _MISSING and way.prefix and not answer.body.startswith(b"{"):
        raise Complaint(
            f"reactor: nobody answers below {way.prefix} at {way.named}: is this an engine's name?"
        )
    told = _told(answer.body)
    if answer.status != _OK:
        raise Complaint(*_lines(told, answer.status), code=FOUND)
    return told


def find_way(options: argparse.Namespace, environ: Mapping[str, str]) -> Way:
    """The way to the monitor that is meant, by flags and environment."""
    found = where(options.control, getattr(options, "engine", ""), environ)
    return way_to(found.named, with_flags(options, environ), found.below)


async def _ask(way: Way, method: str, target: str) -> Any:
    return await Client(way.address).request(method, way.prefix + target, within=WITHIN, headers=way.headers)


def _told(body: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise Complaint("reactor: what listens there does not answer like a monitor")
    return told


def _lines(told: Mapping[str, Any], status: int) -> list[str]:
    lines = told.get("errors") or [told.get("error") or f"the monitor refuses ({status})"]
    return [tame(str(line), _LONGEST) for line in lines]
