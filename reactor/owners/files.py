"""What a heartbeat file looks like, below a folder of the operator's and nowhere else.

The name comes from a stranger's label. No link is followed, nothing is opened but folders on the way, as
mere places (``O_PATH``), and the file itself is never opened: a pipe or a device can neither block us nor
notice. What a look means is in ``heartbeats``. All of it may wait for a disk, and belongs into a thread.
"""

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

Folder = tuple[int, int]
"""Device and inode."""
Beat = tuple[int, int, int, int]
"""Device, inode, moment of the last change, size: whoever writes to it, or replaces it, changes that."""

REMOTE = frozenset({"9p", "afs", "ceph", "cifs", "nfs", "nfs4", "smb3", "smbfs"})
"""File systems that may tell of a file as it was a minute ago. So may those in user space."""
MOUNTS = Path("/proc/self/mountinfo")

_PLACE = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
_BELOW = _PLACE | os.O_NOFOLLOW


@dataclass(frozen=True, slots=True)
class Mark:
    """What one look saw. ``beat`` is None if the folder lacks the file; ``why`` is why nothing was seen."""

    folder: Folder = (0, 0)
    beat: Beat | None = None
    why: str = ""


def look_at(root: Path, names: Iterable[str], mounts: Path = MOUNTS) -> Mapping[str, Mark]:
    """One look at each of these files."""
    try:
        remote = remote_devices(mounts)
        base = os.open(root, _PLACE)
    except OSError as error:
        why = f"the folder of heartbeats cannot be entered: {error.strerror}"
        return {name: Mark(why=why) for name in names}
    try:
        return {name: _believed(_mark(base, name), remote) for name in names}
    finally:
        os.close(base)


def remote_devices(mounts: Path = MOUNTS) -> frozenset[int]:
    """The devices of mounted file systems whose word on a file may be old."""
    found = set()
    for line in mounts.read_text(errors="replace").splitlines():
        fields, _, more = line.partition(" - ")
        kind = more.partition(" ")[0]
        if kind in REMOTE or kind == "fuse" or kind.startswith("fuse."):
            major, _, minor = fields.split(" ", 3)[2].partition(":")
            found.add(os.makedev(int(major), int(minor)))
    return frozenset(found)


def _believed(mark: Mark, remote: frozenset[int]) -> Mark:
    if mark.folder[0] not in remote:
        return mark
    return Mark(why="its file lies on a file system whose word may be old, such as one of the network")


def _mark(base: int, name: str) -> Mark:
    *folders, last = name.split("/")
    place = os.dup(base)
    try:
        for folder in folders:
            inner = os.open(folder, _BELOW, dir_fd=place)
            os.close(place)
            place = inner
        return _seen(place, last)
    except OSError as error:
        return Mark(why=f"the folder of its file cannot be entered: {error.strerror}")
    except ValueError:
        # Half a surrogate in a label, for instance, is no name of any file.
        return Mark(why="no file can have this name")
    finally:
        os.close(place)


def _seen(place: int, name: str) -> Mark:
    inside = os.fstat(place)
    folder = inside.st_dev, inside.st_ino
    try:
        found = os.stat(name, dir_fd=place, follow_symlinks=False)
    except FileNotFoundError:
        return Mark(folder)
    if not stat.S_ISREG(found.st_mode):
        return Mark(why="what has the name of its file is no regular file")
    return Mark(folder, (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size))
