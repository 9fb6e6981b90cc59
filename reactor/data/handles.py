"""Folders as descriptors: opened below one another without following a link, and moved without replacing.

A path is a word that may mean something else a moment later; a descriptor stays the folder that it was. Who
may have which folder is decided in ``preparing`` and ``binding``.
"""

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

PLACE = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
"""To go on from: asks for no right to read, and has neither a pipe nor a device notice."""
READ = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
"""To list it, or to change its owner and mode."""
_NOREPLACE = 1

Identity = tuple[int, int]
"""Device and inode."""


def identity(place: int) -> Identity:
    """Which folder it is, whatever its name."""
    found = os.fstat(place)
    return found.st_dev, found.st_ino


@contextmanager
def opened(name: str, flags: int, below: int) -> Iterator[int]:
    """This folder, open for a while."""
    place = os.open(name, flags, dir_fd=below)
    try:
        yield place
    finally:
        os.close(place)


def move_new(name: str, below: int, new_name: str, new_below: int) -> None:
    """Rename, unless something has the new name already: an empty folder, too, may be somebody's by now.

    A plain rename puts a folder in the place of an empty one, and whoever had that one mounted would keep
    a folder that no path leads to.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    words = (below, os.fsencode(name), new_below, os.fsencode(new_name), _NOREPLACE)
    if libc.renameat2(*words) != 0:
        error = ctypes.get_errno()
        known = "this file system cannot rename without replacing" if error == errno.EINVAL else ""
        raise OSError(error, known or os.strerror(error), name)
