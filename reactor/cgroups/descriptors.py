"""Files of cgroups, kept open as far as there are descriptors for it, and read by ``pread``.

A file that is kept costs 0.7 microseconds a read, one that is opened for it ten times as much. It is ENODEV
that tells that the cgroup of a kept file is gone; a path that is opened again may be that of the next run, so
directory or file are known by their inode. What is in the files is for ``parsing``.
"""

import errno
import os
import resource
from collections.abc import Iterable
from contextlib import suppress

from reactor.cgroups.files import CONTROLLER, HOT, NAME, SIZE, What
from reactor.cgroups.finding import Home, Place

MOST = 12_000
"""Descriptors kept at most: the hard limit is often 20,000, and connections need some as well."""
GONE = frozenset({errno.ENODEV, errno.ENOENT})
"""What the kernel says when a cgroup is not there any more."""
_READ = os.O_RDONLY | os.O_CLOEXEC
_DIRECTORY = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


class CgroupGone(Exception):
    """The cgroup is not there any more: the run is over. That is no reading of nothing."""


def allowed(soft: int, most: int = MOST) -> int:
    """How many descriptors may be kept where a process may have so many: never more than six in ten."""
    return most if soft == resource.RLIM_INFINITY else max(0, min(most, soft * 6 // 10))


def allowed_now(most: int = MOST) -> int:
    """The same, by the limit that this process has now."""
    return allowed(resource.getrlimit(resource.RLIMIT_NOFILE)[0], most)


class Budget:
    """How many descriptors are kept. Two in three are for what every sweep reads, one in six for the rest.

    And as many are for bells: a descriptor each, by which the kernel tells of a run.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._hot = self._others = self.bells = 0

    @property
    def used(self) -> int:
        """Kept now."""
        return self._hot + self._others + self.bells

    def take(self, what: What) -> bool:
        """Whether one more may be kept; it counts from now on."""
        if what in HOT:
            free = self._hot < self._most - 2 * (self._most // 6)
            self._hot += free
        else:
            free = self._others < self._most // 6
            self._others += free
        return free

    def give(self, what: What) -> None:
        """One was closed."""
        if what in HOT:
            self._hot -= 1
        else:
            self._others -= 1

    def take_bell(self) -> bool:
        """The same for a bell."""
        free = self.bells < self._most // 6
        self.bells += free
        return free

    def give_bell(self) -> None:
        """One was taken down."""
        self.bells -= 1


class Drawer:
    """The files of one run. Reading raises CgroupGone once the cgroup is gone."""

    def __init__(self, home: Home, budget: Budget) -> None:
        self.home = home
        self._budget = budget
        # By position in What: a descriptor and an inode for each, -1 for none.
        self.files = self._kept = [-1] * len(What)
        self._inodes = [-1] * len(What)
        self._absent = [part not in home.places for part in CONTROLLER]

    def kept(self, what: What) -> int:
        """The descriptor that is kept for this, -1 if none is."""
        return self._kept[what]

    def read(self, what: What) -> bytes | None:
        """What the kernel writes there now; None if there is no such file, or it cannot be read."""
        file = self._kept[what]
        try:
            if file >= 0:
                return os.pread(file, SIZE[what], 0)
            return None if self._absent[what] else self._read_anew(what)
        except OSError as trouble:
            if trouble.errno in GONE:
                raise CgroupGone from None
            return None

    def keep(self, wanted: Iterable[What] = HOT) -> None:
        """Keep these open from now on, as far as there is room."""
        for what in wanted:
            if self._kept[what] < 0 and not self._absent[what] and self._budget.take(what):
                self._keep(what)

    def close(self, wanted: Iterable[What] = tuple(What)) -> None:
        """Close what is kept; it can still be read."""
        for what in wanted:
            file, self._kept[what] = self._kept[what], -1
            if file >= 0:
                os.close(file)
                self._budget.give(what)

    def _keep(self, what: What) -> None:
        try:
            self._kept[what] = self._opened(what)
        except OSError as trouble:
            self._budget.give(what)
            if trouble.errno in GONE:
                raise CgroupGone from None
        except CgroupGone:
            self._budget.give(what)
            raise

    def _read_anew(self, what: What) -> bytes:
        file = self._opened(what)
        try:
            return os.pread(file, SIZE[what], 0)
        finally:
            os.close(file)

    def _opened(self, what: What) -> int:
        place = self.home.places[CONTROLLER[what]]
        inode = self._inodes[what]
        if inode < 0:
            return self._opened_first(place, what)
        file = os.open(f"{place.path}/{NAME[place.version][what]}", _READ)
        if os.fstat(file).st_ino != inode:
            os.close(file)
            raise CgroupGone
        return file

    def _opened_first(self, place: Place, what: What) -> int:
        folder = os.open(place.path, _DIRECTORY)
        try:
            seen = os.fstat(folder)
            if (seen.st_dev, seen.st_ino) != place.identity:
                raise CgroupGone
            file = os.open(NAME[place.version][what], _READ, dir_fd=folder)
        except FileNotFoundError:
            # Older kernels lack some of them. A directory that is being removed has none at all.
            if not _still_there(place):
                raise CgroupGone from None
            self._absent[what] = True
            raise OSError(errno.EOPNOTSUPP, "this kernel has no such file") from None
        finally:
            os.close(folder)
        self._inodes[what] = os.fstat(file).st_ino
        return file


def _still_there(place: Place) -> bool:
    with suppress(OSError):
        seen = os.stat(place.path)
        return (seen.st_dev, seen.st_ino) == place.identity
    return False
