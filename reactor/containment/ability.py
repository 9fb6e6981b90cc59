"""Whether runs can be ended directly here at all, as far as that can be told before there is one.

Nothing is written for it. For each run it is found out anew when it is held, and when it is ended.
"""

import os

from reactor.cgroups.abilities import Ability, no, yes
from reactor.cgroups.mounts import Trees
from reactor.cgroups.rights import can_kill, host_pids

READ_WRITE = "mount the host's /sys/fs/cgroup so that it can be written to"


def contain_ability(trees: Trees) -> Ability:
    """Whether it is possible, by what, and what would have to be granted if not."""
    seen = host_pids()
    if not seen.works:
        return no(f"whose a process is cannot be proved: {seen.why}", seen.grant)
    unified = trees.unified
    if unified is not None and not unified.read_only and os.access(f"{unified.point}/cgroup.procs", os.W_OK):
        return yes(f"by cgroup.kill, at {unified.point}")
    if can_kill():
        return yes("by the first process of a container; those with a restart policy are left to the engine")
    return no(
        "cgroups cannot be written to, and processes of others not be signalled", f"{READ_WRITE}, or CAP_KILL"
    )
