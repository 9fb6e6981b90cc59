"""Whether what is held is the first process of the run that the engine spoke of, by the kernel alone.

Only that proof is here. It spares a second question to the engine, which takes long just when a container
storms from its first moment; whoever cannot be proved like this has that question asked for him.
"""

import select
from pathlib import Path

from reactor.cgroups.beginnings import TICK, began
from reactor.containment.handles import Handle


def was_there(handle: Handle, pid: int, asked: float | None, proc: Path) -> bool:
    """Whether the process that is held has had this number since before the engine was ``asked`` whose it is.

    It began before that question, and lives still: so the number was its own while the engine answered, and
    while its cgroup was looked for, and nobody else can have been meant.
    """
    if asked is None or handle.init < 0:
        return False
    since = began(proc, pid)
    # What was read by the number is of the process that is held only if that one lived still, afterwards.
    return since is not None and since + TICK <= asked and not is_over(handle.init)


def is_over(init: int) -> bool:
    """Whether the process that this is a descriptor of has ended."""
    ended = select.poll()
    ended.register(init, select.POLLIN)
    return bool(ended.poll(0))
