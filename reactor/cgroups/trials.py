"""Trials of what cgroups can do: tell of things, and end processes.

Each says yes or no with its reason, and raises OSError where it is refused. They are carried out on the
probe's own ground (``ground``), and wait for nothing longer than it says there.
"""

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from reactor.cgroups.abilities import Ability, no, yes
from reactor.cgroups.ground import PATIENCE, Ground, read, readable, write
from reactor.cgroups.mounts import Mount, Trees
from reactor.cgroups.parsing import keyed, number
from reactor.cgroups.rights import WHOLE_TREE

_MIB: Final = 1024 * 1024
READ_WRITE: Final = "mount the host's /sys/fs/cgroup writable, and run as root"


def can_write(ground: Ground, trees: Trees) -> Ability:
    """Whether a cgroup can be made, and a process put into it."""
    mount = trees.of("pids") or trees.of("memory")
    if mount is None:
        return no("there is no tree of cgroups", WHOLE_TREE)
    if mount.read_only:
        return no(f"{mount.point} is mounted read-only", READ_WRITE)
    ground.folder(mount)
    return yes(f"a cgroup was made in {mount.point}, and removed")


def pids_events(ground: Ground, trees: Trees) -> Ability:
    """Whether the kernel tells of a fork that the limit refused."""
    folder = _with(ground, trees.of("pids"), "pids.events")
    if isinstance(folder, Ability):
        return folder
    write(f"{folder}/pids.max", "1")
    try:
        with _notified(f"{folder}/pids.events") as notified:
            before = keyed(read(f"{folder}/pids.events"), b"max")
            ground.tell("fork")
            heard = notified()
            counted = keyed(read(f"{folder}/pids.events"), b"max") != before
    finally:
        write(f"{folder}/pids.max", "max")
    if heard:
        return yes("a refused fork was told of")
    return no("a refused fork was counted, and not told of" if counted else "no fork was refused")


def memory_events(ground: Ground, trees: Trees) -> Ability:
    """Whether the kernel of version 2 tells of memory above a mark."""
    mount = trees.of("memory")
    if mount is not None and mount.version == 1:
        return no("memory is accounted by version 1 here, which has thresholds instead")
    folder = _with(ground, mount, "memory.events")
    if isinstance(folder, Ability):
        return folder
    used = number(read(f"{folder}/memory.current")) or 0
    write(f"{folder}/memory.high", str(used + _MIB))
    try:
        with _notified(f"{folder}/memory.events") as notified:
            ground.tell(f"grow {8 * _MIB}")
            heard = notified()
    finally:
        write(f"{folder}/memory.high", "max")
    return Ability(
        heard, "memory above a mark was told of" if heard else "memory above a mark was not told of"
    )


def memory_threshold(ground: Ground, trees: Trees) -> Ability:
    """Whether the kernel of version 1 tells when usage passes a number."""
    mount = trees.of("memory")
    if mount is not None and mount.version == 2:
        return no("memory is accounted by version 2 here, which has events instead")
    folder = _with(ground, mount, "cgroup.event_control")
    if isinstance(folder, Ability):
        return folder
    used = number(read(f"{folder}/memory.usage_in_bytes")) or 0
    event = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
    usage = os.open(f"{folder}/memory.usage_in_bytes", os.O_RDONLY | os.O_CLOEXEC)
    try:
        write(f"{folder}/cgroup.event_control", f"{event} {usage} {used + 4 * _MIB}")
        ground.tell(f"grow {16 * _MIB}")
        heard = readable(event, PATIENCE)
    finally:
        os.close(usage)
        os.close(event)
    return yes("usage above a number was told of") if heard else no("usage above a number was not told of")


def endings(ground: Ground, trees: Trees) -> tuple[Ability, Ability]:
    """The last trials, in which the process ends: its cgroup's own kill, and the event that it is empty."""
    mount = trees.unified
    if mount is None:
        missing = no("there is no tree of version 2", "a kernel with cgroup2 mounted")
        return missing, missing
    folder = ground.folder(mount)
    with _notified(f"{folder}/cgroup.events") as notified:
        kill = _kill(ground, folder)
        ground.end()
        heard = notified() and keyed(read(f"{folder}/cgroup.events"), b"populated") == 0
    told = yes("the last end was told of") if heard else no("the last process's end was not told of")
    return kill, told


def _kill(ground: Ground, folder: str) -> Ability:
    try:
        write(f"{folder}/cgroup.kill", "1")
    except FileNotFoundError:
        return no("this kernel has no cgroup.kill", "Linux 5.14 or newer")
    ended = ground.ended()
    return yes("it ended our own process") if ended else no("it did not end our own process in time")


def _with(ground: Ground, mount: Mount | None, name: str) -> str | Ability:
    """Our own cgroup in a tree if it has this file, else why not."""
    if mount is None:
        return no("its controller is in no tree that is mounted", WHOLE_TREE)
    folder = ground.folder(mount)
    if os.path.exists(f"{folder}/{name}"):
        return folder
    return no(f"a new cgroup in {mount.point} has no {name}: the controller is not handed down")


@contextmanager
def _notified(path: str) -> Iterator["_Notified"]:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    events = select.epoll()
    try:
        # Only what is read once can tell of a change; and registering may tell of what was before.
        os.read(file, 4096)
        events.register(file, select.EPOLLPRI | select.EPOLLERR | select.EPOLLET)
        events.poll(0)
        yield _Notified(events)
    finally:
        events.close()
        os.close(file)


class _Notified:
    def __init__(self, events: select.epoll) -> None:
        self._events = events

    def __call__(self) -> bool:
        return bool(self._events.poll(PATIENCE))
