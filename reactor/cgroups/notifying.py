"""What the kernel tells by itself of a cgroup's memory: hung up here, waited for by others.

Version 1 rings an eventfd whenever usage passes a number, in either direction, and once when the cgroup is
removed. Version 2 has a file that tells of the limit, and of nothing below it. Which numbers, and what a ring
leads to, is not for here. Nothing of this changes how the container fares.
"""

import os
from collections.abc import Iterable

from reactor.cgroups.descriptors import GONE, CgroupGone
from reactor.cgroups.finding import Place

_PAGE = os.sysconf("SC_PAGE_SIZE")
_DIRECTORY = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_CLOEXEC


def hang(place: Place, numbers: Iterable[int]) -> int:
    """A descriptor that rings when usage comes to a number or falls below it, or on version 2 at the limit.

    On version 1 each number blocks for about 12 ms, in which the kernel waits for all processors: not for a
    loop. A number that usage is above already rings only on the way back: read once afterwards. Raises
    CgroupGone, or OSError where that is not to be had.
    """
    folder = _opened(place)
    try:
        seen = os.fstat(folder)
        if (seen.st_dev, seen.st_ino) != place.identity:
            raise CgroupGone
        return _events(folder) if place.version == 2 else _threshold(folder, numbers)
    except OSError as trouble:
        if trouble.errno in GONE and not os.path.isdir(place.path):
            raise CgroupGone from None
        raise
    finally:
        os.close(folder)


def _opened(place: Place) -> int:
    try:
        return os.open(place.path, _DIRECTORY)
    except FileNotFoundError:
        raise CgroupGone from None


def _threshold(folder: int, numbers: Iterable[int]) -> int:
    control = os.open("cgroup.event_control", os.O_WRONLY | os.O_CLOEXEC, dir_fd=folder)
    try:
        usage = os.open("memory.usage_in_bytes", _READ, dir_fd=folder)
        try:
            return _rung_by(control, usage, numbers)
        finally:
            os.close(usage)
    finally:
        os.close(control)


def _rung_by(control: int, usage: int, numbers: Iterable[int]) -> int:
    event = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
    try:
        for number in numbers:
            # Usage is in whole pages, and the kernel rounds down what is none: that would be too soon.
            os.write(control, b"%d %d %d" % (event, usage, -(-number // _PAGE) * _PAGE))
    except OSError:
        os.close(event)
        raise
    return event


def _events(folder: int) -> int:
    file = os.open("memory.events", _READ, dir_fd=folder)
    try:
        # Only what was read once tells of a change.
        os.pread(file, 1024, 0)
    except OSError:
        os.close(file)
        raise
    return file
