"""The directories in which engines make the cgroups of containers, and what the kernel tells of them.

Only where to watch belongs here: the usual directories, those that are made at the top of the tree, and those
in which an engine was seen to put a container. Who is in a new cgroup is looked at in ``births``.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from os import scandir, stat
from typing import Self

from reactor.cgroups.mounts import Mount
from reactor.cgroups.paths import USUAL_PARENTS, owner_of
from reactor.cgroups.surveying import owner_of_tree
from reactor.core.container import ContainerId
from reactor.kernel.inotify import Change, Inotify, Told

MOST = 256
"""Directories that are watched."""


@dataclass(frozen=True, slots=True)
class Cgroup:
    """That of a container was made, or removed."""

    id: ContainerId
    path: str
    made: bool


class Parents:
    """What is made in them and removed. To be closed by whoever opened it."""

    def __init__(self, mount: Mount, told: Inotify) -> None:
        self._top, self._owner = mount.point.rstrip("/"), owner_of_tree(mount)
        self._told = told
        self._paths: dict[int, str] = {}

    @classmethod
    def open(cls, mount: Mount) -> Self:
        """Watch the top of this tree, and the usual directories in it. Raises OSError."""
        parents = cls(mount, Inotify.open())
        for path in ("", *(f"/{each}" for each in USUAL_PARENTS)):
            parents.follow(parents._top + path)
        return parents

    @property
    def file(self) -> int:
        """What can be waited for."""
        return self._told.file

    def close(self) -> None:
        """Watch no more."""
        self._told.close()

    def follow(self, path: str) -> bool:
        """Watch this directory, too; False if that is so already, or cannot be."""
        if len(self._paths) < MOST:
            with suppress(OSError):
                number = self._told.watch(path)
                is_new = number not in self._paths
                self._paths[number] = path
                return is_new
        return False

    def changes(self) -> Iterator[Cgroup]:
        """What was made and removed since they were asked for last. Raises OSError."""
        for told in self._told.changes():
            path = self._paths.get(told.watch)
            if path is not None:
                yield from self._said(told, path)

    def _said(self, told: Told, parent: str) -> Iterator[Cgroup]:
        container = owner_of(told.name)
        if told.what is Change.GONE:
            del self._paths[told.watch]
        elif told.what is Change.REMOVED and container is not None:
            yield Cgroup(container, f"{parent}/{told.name}", made=False)
        elif told.what is Change.MADE and container is not None:
            yield from self._made(container, f"{parent}/{told.name}")
        elif told.what is Change.MADE and parent == self._top and self.follow(f"{parent}/{told.name}"):
            yield from self._in_new(f"{parent}/{told.name}")

    def _in_new(self, parent: str) -> Iterator[Cgroup]:
        """An engine makes the directory of its containers with the first of them: that is there by now."""
        with suppress(OSError), scandir(parent) as entries:
            for entry in entries:
                container = owner_of(entry.name)
                if container is not None:
                    yield from self._made(container, entry.path)

    def _made(self, container: ContainerId, path: str) -> Iterator[Cgroup]:
        """Unless it belongs to somebody who may not make containers: its name says nothing then."""
        with suppress(OSError):
            if stat(path, follow_symlinks=False).st_uid == self._owner:
                yield Cgroup(container, path, made=True)
