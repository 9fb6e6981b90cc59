"""Whose a path is: pure logic over the names that engines give to the cgroups of containers.

A container is only ever told by its full id, and by the outermost one of a path: whatever lies below a
container's cgroup was named by whoever is in that container. Nothing is read here.
"""

import re
from dataclasses import dataclass

from reactor.core.container import ContainerId

_FULL = re.compile(r"[0-9a-f]{64}")
_ANY_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
USUAL_PARENTS = ("docker", "system.slice", "machine.slice", "libpod_parent")
"""Where Docker and Podman put containers that name no parent, with either driver."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of ``/proc/PID/cgroup``. Without controllers and a name it is that of version 2."""

    controllers: frozenset[str]
    path: str
    name: str = ""

    @property
    def unified(self) -> bool:
        """Whether it speaks of the tree of version 2."""
        return not self.controllers and not self.name


def parse_membership(text: str) -> tuple[Line, ...]:
    """The lines of ``/proc/PID/cgroup``. A path may hold colons; a line that is none is left out."""
    found = []
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        named, colon, path = rest.partition(":")
        if colon and number.isdigit() and path.startswith("/"):
            parts = frozenset(each for each in named.split(",") if each and not each.startswith("name="))
            found.append(Line(parts, path, named.removeprefix("name=") if named.startswith("name=") else ""))
    return tuple(found)


def is_full(text: str) -> bool:
    """Whether this is a full id, and nothing that means one."""
    return _FULL.fullmatch(text) is not None


def names_of(container: ContainerId) -> tuple[str, ...]:
    """What engines call the cgroup of a container: by cgroupfs and by systemd, Docker and Podman.

    Podman's runtime can put the processes one level below it, in ``container``. The process beside Podman's
    containers has a cgroup with the same id, ``libpod-conmon-``: that is not it.
    """
    return (
        container,
        f"docker-{container}.scope",
        f"libpod-{container}.scope",
        f"libpod-{container}",
        f"libpod-payload-{container}",
    )


def owner_of(name: str) -> ContainerId | None:
    """The container whose cgroup has this name, if it is one of the known forms."""
    found = _ANY_ID.search(name)
    container = ContainerId(found[0]) if found else None
    return container if container is not None and name in names_of(container) else None


def home_in(path: str, container: ContainerId, parent: str = "") -> str | None:
    """The part of a path that is this container's own cgroup; None if the path is not the container's.

    The first name with any id in it has to be the container's: one below another container's cgroup, of
    whatever engine, was named by a stranger. ``parent`` is the container's ``--cgroup-parent`` as the engine
    tells it; ids in that part belong to whoever set it.
    """
    parts = [each for each in path.split("/") if each]
    if ".." in parts or not is_full(container):
        return None
    skipped = _skipped(parts, parent)
    for index in range(skipped, len(parts)):
        if bears_id(parts[index]):
            return "/" + "/".join(parts[: index + 1]) if owner_of(parts[index]) == container else None
    return None


def below(root: str, path: str) -> str | None:
    """A path of a tree as seen from the directory that is mounted; None if it does not lie below it.

    Where either begins above our namespace (``/..``), names are missing, and nobody can tell.
    """
    if ".." in path.split("/") or ".." in root.split("/"):
        return None
    base = root.rstrip("/")
    return path[len(base) :] or "/" if path == base or path.startswith(base + "/") else None


def parents_of(parent: str) -> tuple[str, ...]:
    """Where below a tree a ``--cgroup-parent`` is: as it stands, and a slice with those that it is in."""
    name = parent.strip("/")
    if not name.endswith(".slice") or "/" in name:
        return (name,) if name and ".." not in name.split("/") else ()
    steps = name.removesuffix(".slice").split("-")
    if not all(steps):
        return ()
    return ("/".join("-".join(steps[: number + 1]) + ".slice" for number in range(len(steps))),)


def candidates(container: ContainerId, parent: str = "") -> tuple[str, ...]:
    """Where this container's cgroup can be below a tree, the likeliest first."""
    if not is_full(container):
        return ()
    parents = parents_of(parent) if parent else USUAL_PARENTS
    return tuple(f"/{each}/{name}" for each in parents for name in names_of(container))


def bears_id(name: str) -> bool:
    """Whether there is any id in a name: what lies below was named by a container, or by another engine."""
    return _ANY_ID.search(name) is not None


def _skipped(parts: list[str], parent: str) -> int:
    for each in parents_of(parent):
        given = each.split("/")
        if parts[: len(given)] == given:
            return len(given)
    return 0
