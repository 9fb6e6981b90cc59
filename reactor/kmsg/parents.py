"""The directories in which engines make the cgroups of containers, and what the kernel tells of them.

Only where to watch belongs here: the usual directories, those that are made at the top of the tree, and those
in which an engine was seen to put a container. Who is in a new cgroup is looked at in ``births``.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from os import scandir, stat
from os.path import isdir
from typing import Self

from reactor.cgroups.mounts import Mount
from reactor.cgroups.paths import USUAL_PARENTS, bears_id, owner_of
from reactor.cgroups.surveying import owner_of_tree
from reactor.core.container import ContainerId
from reactor.kernel.inotify import Change, Inotify, Told

MOST = 256
"""Directories that are watched; those that are gone make room for others."""


@dataclass(frozen=True, slots=True)
class Cgroup:
    """That of a container was made, or removed. ``inode`` tells two of one path apart; 0 if it is gone."""

    id: ContainerId
    path: str
    inode: int = 0

    @property
    def made(self) -> bool:
        """Whether it is there."""
        return self.inode != 0


class Parents:
    """What is made in them and removed. To be closed by whoever opened it."""

    def __init__(self, mount: Mount, inotify: Inotify) -> None:
        self._top, self._owner = mount.point.rstrip("/"), owner_of_tree(mount)
        self._inotify = inotify
        self._paths: dict[int, str] = {}

    @classmethod
    def open(cls, mount: Mount) -> Self:
        """Watch the top of this tree, and the usual directories in it. Raises OSError."""
        parents = cls(mount, Inotify.open())
        try:
            parents._watch(parents._top)
        except OSError:
            parents.close()
            raise
        for each in USUAL_PARENTS:
            parents.follow(f"{parents._top}/{each}")
        return parents

    @property
    def file(self) -> int:
        """What can be waited for."""
        return self._inotify.file

    def close(self) -> None:
        """Watch no more."""
        self._inotify.close()

    def follow(self, path: str) -> bool:
        """Watch this directory, too; False if that is so already, or cannot be."""
        if len(self._paths) >= MOST:
            self._make_room()
        with suppress(OSError):
            return len(self._paths) < MOST and self._watch(path)
        return False

    def changes(self) -> Iterator[Cgroup | None]:
        """What was made and removed since they were asked for last; None tells of more. Raises OSError."""
        for told in self._inotify.changes():
            path = self._paths.get(told.watch)
            if told.what is Change.LOST:
                yield None
            elif path is not None:
                yield from self._said(told, path)

    def _watch(self, path: str) -> bool:
        number = self._inotify.watch(path)
        if number in self._paths:
            return False
        # One of the same path is gone, and was not told of.
        self._paths = {key: each for key, each in self._paths.items() if each != path} | {number: path}
        return True

    def _make_room(self) -> None:
        for number, path in [*self._paths.items()]:
            if not isdir(path):
                self._inotify.forget(number)
                del self._paths[number]

    def _said(self, told: Told, parent: str) -> Iterator[Cgroup]:
        container = owner_of(told.name)
        if told.what is Change.GONE:
            del self._paths[told.watch]
        elif told.what is Change.REMOVED and container is not None:
            yield Cgroup(container, f"{parent}/{told.name}")
        elif told.what is Change.MADE and container is not None:
            yield from self._made(container, f"{parent}/{told.name}")
        elif told.what is Change.MADE and parent == self._top and not bears_id(told.name):
            # What is below a name with an id was named by whoever is in there.
            yield from self._in_new(f"{parent}/{told.name}")

    def _in_new(self, parent: str) -> Iterator[Cgroup]:
        """An engine makes the directory of its containers with the first of them: that is there by now."""
        with suppress(OSError), scandir(parent) as entries:
            for entry in entries if self.follow(parent) else ():
                container = owner_of(entry.name)
                if container is not None:
                    yield from self._made(container, entry.path)

    def _made(self, container: ContainerId, path: str) -> Iterator[Cgroup]:
        """Unless it belongs to somebody who may not make containers: its name says nothing then."""
        with suppress(OSError):
            found = stat(path, follow_symlinks=False)
            if found.st_uid == self._owner:
                yield Cgroup(container, path, found.st_ino)
