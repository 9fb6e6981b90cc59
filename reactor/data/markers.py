"""Whose a task's folder is: a small file for each, where no container can write.

The name of a folder is what is left of a task's id in a path; the id itself is kept in the marker. A marker
is believed only if its id leads to that very folder. That a marker was touched tells when the folder was
wanted last.
"""

import json
import os
import stat
import time
from dataclasses import dataclass

from reactor.core.recipes import plain_name
from reactor.data.errors import DataRefused, Why, trouble
from reactor.data.naming import LONGEST_TASK
from reactor.data.root import MARKERS, OWN, Root

_LARGEST = 16 * LONGEST_TASK
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


@dataclass(frozen=True, slots=True)
class Marker:
    """The task's id, when its folder was made (None if we found it there), and when it was wanted last."""

    task: str
    made: float | None
    wanted: float


def mark(root: Root, task: str, *, made: bool) -> None:
    """Keep whose the folder is; ``made`` tells that it is about to be made. Else a marker is only touched."""
    name = plain_name(task)
    refuse_other(root, name, task)
    if not made and read_marker(root, name) is not None:
        with root.folder(OWN, MARKERS) as place:
            os.utime(_file(name), dir_fd=place, follow_symlinks=False)
        return
    text = json.dumps({"version": 1, "task": task, "made": time.time() if made else None})
    with root.folder(OWN, MARKERS) as place, trouble(f"the marker of {name} cannot be written"):
        _write(place, _file(name), text.encode())


def refuse_other(root: Root, name: str, task: str) -> None:
    """Raise DataRefused where the folder of this name is known to be another task's.

    The name has only a part of a digest in it, and whoever chooses ids can find two that share a name.
    """
    found = read_marker(root, name)
    if found is not None and found.task != task:
        raise DataRefused(
            Why.BIND, f"{root.path}/tasks/{name} belongs to another task, whose id leads to the same name"
        )


def unmark(root: Root, name: str) -> None:
    """Forget whose it was."""
    with root.folder(OWN, MARKERS) as place:
        try:
            os.unlink(_file(name), dir_fd=place)
        except FileNotFoundError:
            return


def read_marker(root: Root, name: str) -> Marker | None:
    """Whose this folder is; None where nobody can tell."""
    try:
        with root.folder(OWN, MARKERS, make=False) as place:
            file = os.open(_file(name), _READ, dir_fd=place)
    except OSError:
        return None
    try:
        about = os.fstat(file)
        content = os.read(file, _LARGEST) if stat.S_ISREG(about.st_mode) else b""
        return _marker(content, name, about.st_mtime)
    except OSError:
        return None
    finally:
        os.close(file)


def _marker(content: bytes, name: str, wanted: float) -> Marker | None:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("task"), str):
        return None
    made = found.get("made")
    moment = float(made) if isinstance(made, int | float) and not isinstance(made, bool) else None
    task = found["task"]
    return Marker(task, moment, wanted) if plain_name(task) == name else None


def _write(place: int, name: str, content: bytes) -> None:
    """Whole or not at all, and on the disk before the folder is there."""
    half = f"{name}.half"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.open(half, flags, 0o600, dir_fd=place)
    try:
        os.write(file, content)
        os.fsync(file)
    finally:
        os.close(file)
    os.rename(half, name, src_dir_fd=place, dst_dir_fd=place)


def _file(name: str) -> str:
    return f"{name}.json"
