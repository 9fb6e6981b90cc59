"""What the operating system refused, in a sentence: what was refused, why, and what to do about it.

``[Errno 13] Permission denied`` helps nobody who has not seen it before. The remedy that goes with a
command, such as a flag, is that command's own part.
"""

import errno
from collections.abc import Mapping
from types import MappingProxyType

_WHY: Mapping[int, str] = MappingProxyType(
    {
        errno.EACCES: "permission is lacking: let this user write there",
        errno.EPERM: "permission is lacking: let this user write there",
        errno.ENOENT: "there is no such file or folder",
        errno.ENOTDIR: "a part of this path is no folder",
        errno.EEXIST: "something else is there already",
        errno.EISDIR: "this is a folder",
        errno.EROFS: "this file system can only be read",
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the quota of this user is used up",
        errno.ENAMETOOLONG: "this name is too long",
        errno.ELOOP: "this is a link, or leads through too many of them",
        errno.EMFILE: "this process has too many files open",
        errno.EIO: "the disk has an error",
    }
)


def in_words(error: BaseException) -> str:
    """An error as a sentence; of one that has its own words, those."""
    if not isinstance(error, OSError) or error.errno is None:
        return str(error) or type(error).__name__
    why = _WHY.get(error.errno) or (error.strerror or type(error).__name__).lower()
    where = error.filename if isinstance(error.filename, str) else ""
    return f"{where}: {why}" if where else why
