"""A notice to the victim: a file in a folder that its container has mounted.

The folder belongs to a stranger. Nothing in it is followed or trusted: the file is made under a new name
and then moved over the old one, within the folder that was opened, which lies below the operator's root.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reactor.act.means import Notices
from reactor.core.container import Container

NAME = "notice.json"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FRESH = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class NoNotice(Exception):
    """The notice could not be given; the text says why."""


def folder_of(container: Container, notices: Notices) -> Path:
    """Where this container can be told something. Raises NoNotice."""
    if notices.root is None:
        raise NoNotice("no folder for notices is configured")
    if not notices.here:
        # A folder of the same path is here perhaps, and another container's.
        raise NoNotice("its engine is not known to be on this host, and so are its folders")
    source = container.binds.get(notices.inside)
    if source is None:
        raise NoNotice(f"the container has nothing mounted at {notices.inside}")
    return Path(source)


def write_notice(folder: Path, root: Path, told: Mapping[str, Any], token: str) -> None:
    """Write a notice; blocks, and belongs into a thread. ``token`` names the new file. Raises NoNotice."""
    try:
        opened = os.open(folder, _FOLDER)
    except OSError as error:
        raise NoNotice(f"its folder cannot be opened: {error.strerror}") from None
    try:
        # What was opened counts, not what the path said before.
        where = Path(os.readlink(f"/proc/self/fd/{opened}"))
        if not where.is_relative_to(root.resolve()):
            raise NoNotice("its folder lies outside of the configured root")
        _put(opened, json.dumps(told).encode() + b"\n", f".notice-{token}")
    except OSError as error:
        raise NoNotice(f"it cannot be written: {error.strerror}") from None
    finally:
        os.close(opened)


def _put(folder: int, body: bytes, fresh: str) -> None:
    file = os.open(fresh, _FRESH, 0o644, dir_fd=folder)
    try:
        with os.fdopen(file, "wb") as opened:
            opened.write(body)
        os.rename(fresh, NAME, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        os.unlink(fresh, dir_fd=folder)
        raise
