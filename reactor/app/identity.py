"""Who we are: the container that we run in, if we do, so that we never act on ourselves.

The kernel's own tables are read, never a label or a host name: those are strangers' words. What follows where
they do not say it, or not for certain, is in ``hosted``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reactor.core.container import ContainerId

_ID = "[0-9a-f]{64}"
_CGROUP = re.compile(rf"[/-]({_ID})(?=\.scope(?:/|$)|/|$)")
_FILES = ("hostname", "hosts", "resolv.conf")
_BEHIND = re.compile(rf"/(?:containers/({_ID})|overlay-containers/({_ID})/userdata)/(?:{'|'.join(_FILES)})$")
_MARKS = (".dockerenv", "run/.containerenv")


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The container that we run in. ``around`` are those in which it runs itself.

    ``sure`` is False if only files told it that a container shares with whoever joins its network.
    """

    own: ContainerId | None
    sure: bool = True
    around: frozenset[ContainerId] = frozenset()


def whereabouts(mountinfo: str, cgroup: str) -> Whereabouts:
    """What the texts of /proc/self/mountinfo and /proc/self/cgroup say."""
    chains = [[ContainerId(each) for each in _CGROUP.findall(line)] for line in cgroup.splitlines()]
    chain = max(chains, key=len, default=[])
    if chain:
        return Whereabouts(chain[-1], around=frozenset(chain[:-1]))
    # In a cgroup namespace of our own, the usual thing on version 2, all paths end at our container.
    return Whereabouts(next(_behind_our_files(mountinfo), None), sure=False)


def _behind_our_files(mountinfo: str) -> Iterator[ContainerId]:
    """The containers whose files engines have mounted in /etc here.

    What is mounted elsewhere is no sign: a host sees the mounts of all its containers.
    """
    for line in mountinfo.splitlines():
        fields = line.split(" ")
        root, point = (*fields, "", "", "", "", "")[3:5]
        folder, _, name = point.rpartition("/")
        found = _BEHIND.search(root) if folder == "/etc" and name in _FILES else None
        if found is not None:
            yield ContainerId(found[1] or found[2])


def find_whereabouts(proc: Path = Path("/proc/self")) -> Whereabouts:
    """Where we are, as far as the kernel says."""
    return whereabouts(_read(proc / "mountinfo"), _read(proc / "cgroup"))


def find_own_container(proc: Path = Path("/proc/self")) -> ContainerId | None:
    """Our container's id, or None outside of one."""
    return find_whereabouts(proc).own


def in_container(root: Path = Path("/")) -> bool:
    """Whether some engine has made the file system that we see."""
    return any((root / mark).exists() for mark in _MARKS)


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
