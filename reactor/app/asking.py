"""Asking a running monitor by its control socket: which one, and what it says.

Only the asking belongs here. What is asked, and how the answer is shown, is each command's own part.
"""

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import trio

from reactor.app.complaint import FOUND, Complaint
from reactor.app.places import control_folder
from reactor.core.language.printing import tame
from reactor.http.address import LONGEST_PATH, Address
from reactor.http.client import Client
from reactor.http.errors import HttpError, NobodyListens

WITHIN = 30.0
"""Seconds for an answer: a reload reads files."""
ENVIRONMENT = "REACTOR_CONTROL"
_OK = 200
_LONGEST = 500


def ask(control: Path | None, method: str, path: str, **query: str) -> Mapping[str, Any]:
    """What the monitor answers. Raises Complaint where there is none, or where it refuses."""
    socket = find_control(control, os.environ)
    if (size := len(os.fsencode(socket))) > LONGEST_PATH:
        raise Complaint(
            f"reactor: the path of a socket has at most {LONGEST_PATH} bytes, this one has {size}: {socket}",
            "Give the monitor a shorter one: reactor run --control PATH",
        )
    target = f"{path}?{urlencode(query)}" if query else path
    try:
        answer = trio.run(_ask, socket, method, target)
    except NobodyListens:
        raise Complaint(f"reactor: no monitor listens at {socket}: is it running?") from None
    except HttpError as error:
        raise Complaint(f"reactor: {socket}: {error}") from None
    told = _told(answer.body)
    if answer.status != _OK:
        raise Complaint(*_lines(told, answer.status), code=FOUND)
    return told


def find_control(named: Path | None, environ: Mapping[str, str]) -> Path:
    """The socket that is meant: the one that was named, else the only one there is."""
    if named is not None:
        return named
    if environ.get(ENVIRONMENT):
        return Path(environ[ENVIRONMENT])
    folder = control_folder(environ)
    try:
        found = sorted(path for path in folder.glob("*.sock") if stat.S_ISSOCK(path.lstat().st_mode))
    except OSError:
        found = []
    if len(found) == 1:
        return found[0]
    if not found:
        raise Complaint(
            f"reactor: no running monitor is found: there is no control socket in {folder}",
            "Start one with: reactor run; or name its socket with --control",
        )
    raise Complaint(
        f"reactor: there are {len(found)} control sockets in {folder}: name one with --control",
        *(f"  {path}" for path in found),
    )


async def _ask(socket: Path, method: str, target: str) -> Any:
    client = Client(Address.unix(str(socket)))
    return await client.request(method, target, within=WITHIN)


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
