"""One walk through a tree: every container's cgroup, for engines that put them where nobody expects them.

A walk never looks below a container, and counts only what belongs to the tree's owner. Whether something is
the cgroup of one certain run is for ``finding`` to say.
"""

import os
from collections.abc import Iterator, Mapping

from reactor.cgroups.mounts import Mount, Trees
from reactor.cgroups.paths import bears_id, owner_of
from reactor.core.container import ContainerId

MOST_DIRECTORIES = 50_000
MOST_DEPTH = 8


def survey(trees: Trees, most: int = MOST_DIRECTORIES) -> Mapping[ContainerId, str]:
    """All that look like containers in the tree of PIDs or memory: by id, where below it they are.

    Nobody looks below a container. An id that is there twice belongs to nobody, and where there are more
    directories than ``most``, nobody is told: one of the others might be the second. It is one walk for all.
    """
    mount = trees.of("pids") or trees.of("memory")
    found: dict[ContainerId, str] = {}
    twice: set[ContainerId] = set()
    for number, (container, path) in enumerate(_walk(mount) if mount else ()):
        if number >= most:
            return {}
        if container is not None:
            if container in found:
                twice.add(container)
            found[container] = path
    return {container: path for container, path in found.items() if container not in twice}


def owner_of_tree(mount: Mount) -> int:
    """Whose a tree is, by user; -1 if that cannot be told."""
    try:
        return os.stat(mount.point).st_uid
    except OSError:
        return -1


def _walk(mount: Mount) -> Iterator[tuple[ContainerId | None, str]]:
    """Every directory that is not below a container's, with the container whose it is, if it is one's."""
    waiting, owner = [("", 0)], owner_of_tree(mount)
    while waiting:
        path, depth = waiting.pop()
        for name in _directories(mount.point + path, owner):
            container = owner_of(name)
            yield container, f"{path}/{name}"
            if container is None and depth < MOST_DEPTH and not bears_id(name):
                waiting.append((f"{path}/{name}", depth + 1))


def _directories(path: str, owner: int) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return [
                entry.name
                for entry in entries
                if entry.is_dir(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_uid == owner
            ]
    except OSError:
        return []
