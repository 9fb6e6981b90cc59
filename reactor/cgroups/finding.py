"""The cgroups of one run: found by its first process, else by where engines put them, and proved by its id.

The kernel's word on a process decides where it can be had. Without it, only directories count that belong to
whoever owns the tree: others may call theirs what they like. What a name means is said in ``paths``.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reactor.cgroups.mounts import UNIFIED, Mount, Trees
from reactor.cgroups.paths import below, candidates, home_in, parse_membership
from reactor.cgroups.surveying import owner_of_tree
from reactor.core.container import ContainerId, Run

PROC = Path("/proc")
_LONGEST = 64 * 1024
_TREES = {"pids": ("pids",), "memory": ("memory",), "cpu": ("cpuacct", UNIFIED), "freezer": ("freezer",)}
"""Which tree each part is in. On version 2 every cgroup tells processor time, with that controller or not."""


@dataclass(frozen=True, slots=True)
class Place:
    """One directory of a container. ``identity`` is device and inode: the next run has the same path.

    It is ``inside`` the tree that is mounted at ``top``. A container has several, most with the same inside:
    apart they are one text for all, and whole they would be half of what is kept of a container.
    """

    top: str
    inside: str
    version: int
    identity: tuple[int, int]

    @property
    def path(self) -> str:
        """The whole path of it."""
        return self.top + self.inside


@dataclass(frozen=True, slots=True)
class Home:
    """The cgroups of a run: ``pids``, ``memory``, ``cpu``, ``freezer`` and ``unified``, as far as they exist.

    It was the run's when it was found only if the engine still names this run *afterwards*: a look that is
    older may speak of the run before, whose directory had the same path.
    """

    run: Run
    places: Mapping[str, Place] = field(hash=False)
    by: str = "pid"

    def parent(self, controller: str) -> str:
        """The directory in which that of the container lies; empty if there is none."""
        place = self.places.get(controller)
        return os.path.dirname(place.path) if place else ""


@dataclass(frozen=True, slots=True)
class NotFound:
    """Why a run has no cgroups here that are proved to be its own."""

    why: str


def find(
    trees: Trees,
    run: Run,
    pid: int = 0,
    *,
    parent: str = "",
    surveyed: Mapping[ContainerId, str] | None = None,
    proc: Path = PROC,
) -> Home | NotFound:
    """The cgroups of a run. ``pid`` is its first process, ``parent`` its ``--cgroup-parent``, by the engine.

    ``surveyed`` is what a survey of the trees found: for engines that put containers elsewhere.
    """
    membership = _read(proc / str(pid) / "cgroup") if pid > 0 else ""
    places = _by_membership(trees, run.id, membership, parent)
    if _counts(places):
        return Home(run, places)
    likely = dict.fromkeys((*candidates(run.id, parent), *filter(None, [(surveyed or {}).get(run.id)])))
    places = _by_layout(trees, likely)
    if _counts(places):
        return Home(run, places, "layout")
    return NotFound(_why(trees, pid, membership))


def _by_membership(trees: Trees, container: ContainerId, text: str, parent: str) -> dict[str, Place]:
    lines = parse_membership(text)
    found, known = dict[str, Place](), dict[str, str]()
    for part, mount in _parts(trees):
        for line in lines:
            if line.unified if mount.version == 2 else line.controllers & mount.controllers:
                home = _proved(mount, line.path, container, parent)
                place = _place(mount, known.setdefault(home, home)) if home is not None else None
                if place is not None:
                    found[part] = place
    return found


def _proved(mount: Mount, path: str, container: ContainerId, parent: str) -> str | None:
    inside = below(mount.root, path)
    return home_in(inside, container, parent) if inside is not None else None


def _by_layout(trees: Trees, paths: Iterable[str]) -> dict[str, Place]:
    """Where one candidate is there, and no other."""
    owned = [(part, mount, owner_of_tree(mount)) for part, mount in _parts(trees)]
    found = [places for path in paths if _counts(places := _there(owned, path))]
    return found[0] if len(found) == 1 else {}


def _there(owned: Iterable[tuple[str, Mount, int]], path: str) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for part, mount, owner in owned:
        # Those of PIDs and of memory come first: without either, the others are of no use.
        if part not in {"pids", "memory"} and not found:
            break
        place = _place(mount, path, owner)
        if place is not None:
            found[part] = place
    return found


def _parts(trees: Trees) -> Iterator[tuple[str, Mount]]:
    for part, controllers in _TREES.items():
        mount = next((found for each in controllers if (found := trees.of(each)) is not None), None)
        if mount is not None:
            yield part, mount
    if trees.unified is not None:
        yield UNIFIED, trees.unified


def _place(mount: Mount, path: str, owner: int | None = None) -> Place | None:
    """This directory, if it is there and, where that is asked, belongs to the tree's owner."""
    top = mount.point.rstrip("/")
    try:
        seen = os.stat(top + path, follow_symlinks=False)
    except OSError:
        return None
    if owner is not None and seen.st_uid != owner:
        return None
    return Place(sys.intern(top), path, mount.version, (seen.st_dev, seen.st_ino))


def _counts(places: Mapping[str, Place]) -> bool:
    return "pids" in places or "memory" in places


def _why(trees: Trees, pid: int, membership: str) -> str:
    if trees.of("pids") is None and trees.of("memory") is None:
        return "no tree of cgroups with PIDs or memory is mounted here"
    if pid <= 0:
        return "the engine names no process of it, and it is not where engines put containers"
    if not membership:
        return f"process {pid} cannot be seen from here, and it is not where engines put containers"
    return f"the cgroup of process {pid} does not bear its id, and it is not where engines put containers"


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_LONGEST)
    except OSError:
        return ""
