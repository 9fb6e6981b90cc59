"""Who we are: the container that we run in, if we do, so that we never act on ourselves.

The kernel's own tables are read, never a label or a host name: those are strangers' words.
"""

import re
from pathlib import Path

from reactor.core.container import ContainerId

_ID = "[0-9a-f]{64}"
_MOUNTED = re.compile(rf"/containers/({_ID})/(?:hostname|hosts|resolv\.conf|mounts)")
_CGROUP = re.compile(rf"[/-]({_ID})(?:\.scope)?$", re.MULTILINE)


def own_container(mountinfo: str, cgroup: str) -> ContainerId | None:
    """Our container's id from the texts of /proc/self/mountinfo and /proc/self/cgroup, or None."""
    match = _CGROUP.search(cgroup) or _MOUNTED.search(mountinfo)
    return ContainerId(match[1]) if match else None


def find_own_container(proc: Path = Path("/proc/self")) -> ContainerId | None:
    """Our container's id, or None outside of one."""
    return own_container(_read(proc / "mountinfo"), _read(proc / "cgroup"))


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
