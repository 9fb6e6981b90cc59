"""Where a slip may lie: on a file system in memory that outlives this process, its container included.

Only finding that place belongs here. A container has file systems in memory of its own, which end with it;
what an intent is put on must still be there when the monitor has been killed and begins anew.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PLACES = (Path("/dev/shm"), Path("/run/reactor"))  # noqa: S108 - A folder of our own is made there.
"""``/run/reactor`` is second: who runs services may empty it whenever one of them ends."""
PROC = Path("/proc")
_IN_MEMORY = frozenset({"tmpfs", "ramfs"})
_FIRST_PROCESSES = "pid:[4026531836]"
_FIRST_MOUNTS = frozenset({"mnt:[4026531832]", "mnt:[4026531840]", "mnt:[4026531841]"})
"""The kernel's own numbers for the host's namespaces; that of its mounts depends on the kernel's age."""


@dataclass(frozen=True, slots=True)
class _Mount:
    """Where it is mounted, what of its file system, and of which type that is."""

    point: Path
    root: str
    kind: str


def slip_folder(places: Sequence[Path] = PLACES, proc: Path = PROC) -> Path | None:
    """The first of these places that will do; None where there is none."""
    mounts = _mounts(proc)
    return next((place for place in places if _will_do(place, mounts, proc)), None)


def slips_below(folder: Path) -> Path:
    """Where the slips of this user are below such a place."""
    return folder / f"reactor-{os.geteuid()}"


def _will_do(place: Path, mounts: Sequence[_Mount], proc: Path) -> bool:
    # Of what is mounted one over the other, the last one is seen.
    around = [mount for mount in mounts if place.is_relative_to(mount.point)]
    mount = max(reversed(around), key=lambda each: len(each.point.parts), default=None)
    if mount is None or mount.kind not in _IN_MEMORY or not os.access(place, os.W_OK | os.X_OK):
        return False
    # A folder out of a file system is mounted here by somebody who has the whole of it elsewhere.
    return mount.root != "/" or _is_host(proc) or _has_host(place, proc)


def _is_host(proc: Path) -> bool:
    """Whether we see the mounts that the host's first process sees."""
    return _link(proc / "self/ns/mnt") in _FIRST_MOUNTS


def _has_host(place: Path, proc: Path) -> bool:
    """Whether the host's first process has the same file system there."""
    if _link(proc / "self/ns/pid") != _FIRST_PROCESSES:
        return False
    try:
        return os.stat(f"{proc}/1/root{place}").st_dev == os.stat(place).st_dev
    except OSError:
        return False


def _link(path: Path) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _mounts(proc: Path) -> list[_Mount]:
    try:
        lines = (proc / "self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        before, _, behind = line.partition(" - ")
        fields, kind = before.split(), behind.split()
        if len(fields) >= 5 and kind:
            # Blanks in a path are escaped; no place of ours has any.
            found.append(_Mount(Path(fields[4]), fields[3], kind[0]))
    return found
