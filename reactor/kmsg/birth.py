"""One cgroup that was made just now: who was seen in it, and whether a kill was meant for one of them.

When it is looked at is for ``births``.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from math import inf

from reactor.kmsg.parents import Cgroup

STALE = 2.0
"""Seconds since somebody was seen in it last, for which that says whom a kill was meant for: the number of a
process that is gone is another's soon, where many begin."""
_LONGEST = 2048
_FILES = ("cgroup.procs", "container/cgroup.procs")
"""Podman's runtime can put the processes one level below."""


@dataclass(slots=True, eq=False)
class Birth:
    """One cgroup that was made: whose, which look is the next, and whether it was removed.

    ``pids`` are those who were seen in it last, with the moment when each of them was seen first.
    """

    cgroup: Cgroup
    at: float
    looks: int = 0
    pids: dict[int, float] = field(default_factory=dict)
    seen_at: float = -inf
    gone: bool = False

    def is_meant(self, pid: int, at: float) -> bool:
        """Whether a kill of this number then was in here, and not of whoever has or had it elsewhere.

        It was seen here before, and not long before; and it is here still, or nobody is.
        """
        if not self.pids.get(pid, inf) <= at <= self.seen_at + STALE:
            return False
        there = [] if self.gone else pids_in(self.cgroup.path)
        return pid in there or not there


def pids_in(path: str) -> list[int]:
    """The first of those who are in it; who cannot be seen from here has the number 0, and is left out."""
    for name in _FILES:
        with suppress(OSError), open(f"{path}/{name}", "rb", buffering=0) as file:
            found = [int(each) for each in file.read(_LONGEST).split(b"\n")[:-1] if each != b"0"]
            if found:
                return found
    return []
