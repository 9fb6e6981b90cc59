"""What is said when a data folder cannot be had: a few words for programs, and a sentence for people."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum


class Why(StrEnum):
    """What kind of trouble it is."""

    ROOT = "root"  # the root itself cannot be used
    PATH = "path"  # a name that no folder of ours can have
    BIND = "bind"  # it does not lie where it may, or something lies in its way
    DENIED = "denied"  # the rights are lacking, or the file system is read-only
    FULL = "full"  # no room, no inodes, or a quota
    BUSY = "busy"  # somebody else holds the root, or it took too long
    BROKEN = "broken"  # anything else that the system says


class DataRefused(Exception):
    """It was not done; ``why`` is the kind of trouble, the text a sentence with the place in it."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why = why


_KINDS = {
    errno.EACCES: Why.DENIED,
    errno.EPERM: Why.DENIED,
    errno.EROFS: Why.DENIED,
    errno.ENOSPC: Why.FULL,
    errno.EDQUOT: Why.FULL,
    errno.ELOOP: Why.BIND,
    errno.ENOTDIR: Why.BIND,
    errno.EXDEV: Why.BIND,
    errno.ENOENT: Why.BIND,
    errno.ENAMETOOLONG: Why.PATH,
    errno.EILSEQ: Why.PATH,
}


def refused(error: OSError, what: str) -> DataRefused:
    """What an error of the system means; ``what`` is what was to be done, with its place."""
    why = _KINDS.get(error.errno or 0, Why.BROKEN)
    return DataRefused(why, f"{what}: {error.strerror or error}")


@contextmanager
def trouble(what: str) -> Iterator[None]:
    """Errors of the system inside are told as what they mean."""
    try:
        yield
    except OSError as error:
        raise refused(error, what) from error
