"""Trials of what we are allowed: to see trees and processes, to signal, to be put before others.

Like those of ``trials``, each says yes or no with its reason, and raises OSError where it is refused.
"""

import os
import signal
from contextlib import suppress
from typing import Final

from reactor.cgroups.abilities import Ability, no, yes
from reactor.cgroups.forks import ForkBell
from reactor.cgroups.ground import Ground, read
from reactor.cgroups.mounts import Mount, Trees
from reactor.cgroups.surveying import survey

_INITIAL_PIDS: Final = "pid:[4026531836]"
"""The kernel's own number for the first of all process namespaces."""
_KILL_BIT: Final = 5
_FORKS: Final = 8
WHOLE_TREE: Final = "mount the host's /sys/fs/cgroup (reading is enough)"


def can_read(trees: Trees) -> Ability:
    """Whether the cgroups of containers can be seen from here, and not only our own."""
    mounts = [mount for each in ("pids", "memory") if (mount := trees.of(each)) is not None]
    if not mounts:
        return no("no tree of cgroups with PIDs or memory is mounted", WHOLE_TREE)
    if all(_is_whole(mount) for mount in mounts):
        return yes(f"the whole tree is at {mounts[0].point}")
    if found := survey(trees):
        return yes(f"a part of the tree is at {mounts[0].point}, with containers: {len(found)}")
    return no(f"only a part of the tree is at {mounts[0].point}, without a container", WHOLE_TREE)


def pidfd(ground: Ground) -> Ability:
    """Whether a process can be held and signalled by a descriptor, also one of another user."""
    file = os.pidfd_open(ground.pid)
    try:
        signal.pidfd_send_signal(file, 0)
    finally:
        os.close(file)
    if not can_kill():
        return no("signals to processes of others are not allowed", "CAP_KILL")
    return yes("our own process was held and signalled")


def can_kill() -> bool:
    """Whether we may signal processes of others."""
    return _has_capability(_KILL_BIT)


def host_pids() -> Ability:
    """Whether we see the processes of the whole host, and under the numbers that its engine tells."""
    if os.readlink("/proc/self/ns/pid") == _INITIAL_PIDS:
        return yes("we are in the host's process namespace")
    return no("we are in a process namespace of our own", "run with --pid=host")


def priority(ground: Ground) -> Ability:
    """Whether a process may be put before others."""
    os.setpriority(os.PRIO_PROCESS, ground.pid, -20)
    return yes("our own process was raised to -20")


def realtime(ground: Ground) -> Ability:
    """Whether a process may be put before all that are not real-time themselves."""
    os.sched_setscheduler(ground.pid, os.SCHED_FIFO, os.sched_param(1))
    os.sched_setscheduler(ground.pid, os.SCHED_OTHER, os.sched_param(0))
    return yes("our own process was made a real-time one")


def kernel_log() -> Ability:
    """Whether the kernel's messages can be read; nothing is taken away from other readers by that."""
    file = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        # A first message that was overwritten meanwhile, or none at all, is as good as one.
        with suppress(BlockingIOError, BrokenPipeError):
            os.read(file, 8192)
    finally:
        os.close(file)
    return yes("/dev/kmsg was read")


def fork_events() -> Ability:
    """Whether the kernel tells of forks: some are made, of threads of our own."""
    bell = ForkBell(_FORKS)
    try:
        if not bell.works():
            return no(f"of {_FORKS} forks none was told of")
        return yes("forks were told of" + (", and moves between cgroups are" if bell.hears_moves else ""))
    finally:
        bell.close()


def _is_whole(mount: Mount) -> bool:
    """The root of a whole tree has one file that no other cgroup has, or lacks one that every other has."""
    if mount.version == 1:
        return os.path.exists(f"{mount.point}/release_agent")
    return os.path.exists(f"{mount.point}/cgroup.procs") and not os.path.exists(f"{mount.point}/cgroup.type")


def _has_capability(bit: int) -> bool:
    lines = read("/proc/self/status").split(b"\n")
    found = next((line for line in lines if line.startswith(b"CapEff:")), b"CapEff: 0")
    return bool(int(found.split()[1], 16) >> bit & 1)
