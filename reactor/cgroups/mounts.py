"""Which trees of cgroups there are, and where: read from the text of ``mountinfo``.

A host has one tree (version 2), one for each set of controllers (version 1), or both. Only the text is judged
here; what lies in a tree is for ``finding``.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

MOUNTINFO = Path("/proc/self/mountinfo")
UNIFIED = "unified"
"""The key of the tree of version 2, beside the names of controllers."""
_CONTROLLERS = frozenset(
    {
        "blkio", "cpu", "cpuacct", "cpuset", "devices", "freezer", "hugetlb", "memory", "misc", "net_cls",
        "net_prio", "perf_event", "pids", "rdma",
    }
)  # fmt: skip
_ESCAPED = re.compile(r"\\([0-7]{3})")
_LONGEST = 4 * 1024 * 1024


class Layout(StrEnum):
    """How a host keeps its cgroups. Hybrid is version 1 with a tree of version 2 beside it."""

    V1 = "v1"
    V2 = "v2"
    HYBRID = "hybrid"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Mount:
    """One tree, or a part of one, as it is mounted at ``point``.

    ``root`` is the directory of the tree that is seen there: another one than ``/`` inside a container that
    has only its own part, and ``/..`` where the tree begins above the cgroup namespace of whoever looks.
    ``device`` tells trees apart. ``name`` is that of a named hierarchy, which has no controllers.
    """

    point: str
    root: str
    version: int
    device: str = ""
    controllers: frozenset[str] = frozenset()
    name: str = ""
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Trees:
    """The best view of each tree, by controller; that of version 2 is also there as ``unified``."""

    by_controller: Mapping[str, Mount] = field(default_factory=dict, hash=False)

    def of(self, controller: str) -> Mount | None:
        """Where this controller's tree is."""
        return self.by_controller.get(controller)

    @property
    def unified(self) -> Mount | None:
        """The tree of version 2, with or without controllers."""
        return self.by_controller.get(UNIFIED)

    @property
    def layout(self) -> Layout:
        """Which of the ways it is; named hierarchies alone are no way to read anything."""
        versions = {mount.version for mount in self.by_controller.values()}
        if versions == {1, 2}:
            return Layout.HYBRID
        return Layout.V1 if versions == {1} else Layout.V2 if versions else Layout.NONE


def parse_mounts(text: str) -> tuple[Mount, ...]:
    """Every mounted tree of cgroups, in the order of the text. What is mounted over is left out."""
    found: dict[str, Mount] = {}
    for line in text.splitlines():
        point, mount = _parsed(line)
        if point:
            # Whatever is mounted at the same point, or above it, hides what was there.
            found = {key: old for key, old in found.items() if key != point and not _above(point, key)}
        if mount is not None:
            found[point] = mount
    return tuple(found.values())


def choose(mounts: Sequence[Mount], unified_controllers: Iterable[str] = ()) -> Trees:
    """Take for each controller the view that shows most. ``unified_controllers`` are those of version 2."""
    chosen: dict[str, Mount] = {}
    for mount in sorted(mounts, key=_shows):
        for controller in mount.controllers if mount.version == 1 else (UNIFIED,):
            chosen.setdefault(controller, mount)
    unified = chosen.get(UNIFIED)
    if unified is not None:
        chosen |= {each: unified for each in unified_controllers if each not in chosen}
    return Trees(chosen)


def look_for_trees(mountinfo: Path = MOUNTINFO) -> Trees:
    """The trees that this process sees. None can be read is no trees."""
    mounts = parse_mounts(_read(mountinfo))
    unified = choose(mounts).unified
    named = _read(Path(unified.point) / "cgroup.controllers").split() if unified else ()
    return choose(mounts, named)


def _parsed(line: str) -> tuple[str, Mount | None]:
    """The point of any mount, and the mount if it is one of cgroups."""
    left, dash, right = line.partition(" - ")
    here, there = left.split(" "), right.split(" ")
    if not dash or len(here) < 6 or len(there) < 3:
        return "", None
    point, root = _plain(here[4]), _plain(here[3])
    kind, options = there[0], there[-1].split(",")
    if kind not in {"cgroup", "cgroup2"}:
        return point, None
    return point, Mount(
        point,
        root,
        2 if kind == "cgroup2" else 1,
        here[2],
        frozenset(options) & _CONTROLLERS if kind == "cgroup" else frozenset(),
        next((each.removeprefix("name=") for each in options if each.startswith("name=")), ""),
        # Both count: what is mounted for one container, and the tree itself.
        "ro" in here[5].split(",") or "ro" in options,
    )


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 8)), text)


def _above(point: str, other: str) -> bool:
    return other.startswith(point.rstrip("/") + "/")


def _shows(mount: Mount) -> tuple[int, int, bool]:
    """The less, the more is shown: a tree from above our namespace, then from its root, then from below."""
    parts = [each for each in mount.root.split("/") if each]
    ups = parts.count("..")
    return -ups, len(parts) - ups, mount.read_only


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_LONGEST)
    except OSError:
        return ""
