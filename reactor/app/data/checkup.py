"""What the doctor says of the root of data folders. Nothing is made there."""

import os
from collections.abc import Iterator
from pathlib import Path

from reactor.app.patient import Finding, Patient, degraded, failed, ok
from reactor.core.language.units import say_bytes
from reactor.data.errors import DataRefused
from reactor.data.mounts import Mounts
from reactor.data.root import Root, fault_of

LEAST_ROOM = 1024 * 1024 * 1024
"""Bytes that are soon used up by a database."""
_NAME = "data"
_PASSING = {"tmpfs": "with the next start of this host", "overlay": "with the container that it is in"}
_REMEDY = "give the user of the monitor the right to write there, or name another folder: docs/data.md"


def data_folders(patient: Patient) -> Iterator[Finding]:
    """Whether data folders can be made, where that is, and whether they would stay."""
    path = patient.settings.data
    if path is None:
        yield ok(_NAME, "no root is named: templates can have no data folders")
        return
    try:
        place = _place(path)
    except DataRefused as refused:
        yield failed(_NAME, str(refused), _REMEDY)
        return
    if place is None or not os.access(place, os.W_OK | os.X_OK):
        yield failed(_NAME, f"{path} cannot be written", _REMEDY)
        return
    yield from _found(path, place)
    if patient.engine is not None and not patient.engine.local:
        yield degraded(
            _NAME, f"the engine is not on this host, and {path} is: it binds folders of its own host"
        )


def _place(path: Path) -> Path | None:
    """What is there: the root, or where it would be made."""
    if path.exists() or fault_of(path):
        Root.open(path, make=False).close()
        return path
    return path.parent if path.parent.is_dir() else None


def _found(path: Path, place: Path) -> Iterator[Finding]:
    kind = Mounts.read().kind(place)
    about = os.statvfs(place)
    room = about.f_bavail * about.f_frsize
    made = "" if place == path else ", and will be made"
    where = f"it is on {kind or 'an unknown file system'}, with {say_bytes(room)} left"
    said = f"{path} can be written{made}; {where}"
    if kind in _PASSING:
        yield degraded(_NAME, f"{said}: what is there is gone {_PASSING[kind]}", "name a folder on a disk")
    elif room < LEAST_ROOM:
        yield degraded(_NAME, said, "make room on that disk, see: reactor data prune --older-than 30d")
    else:
        yield ok(_NAME, said)
