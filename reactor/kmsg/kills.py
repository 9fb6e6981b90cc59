"""What the kernel writes about an OOM kill: two lines, of which the first is missing as a rule.

``oom-kill:…`` names the memory cgroup; the kernel writes at most ten of those in five seconds, for all
containers together. ``… Killed process N (…)`` comes for each kill, and names the process only. Both hold
strangers' words: the names of programs and of cgroups that somebody made within a container. What they can
forge is not looked at: a line counts from its very beginning, a cgroup by the first name in its path that
bears an id.
"""

import re
from dataclasses import dataclass

from reactor.cgroups.paths import bears_id, owner_of
from reactor.core.container import ContainerId

_KILLED = re.compile(
    r"(Memory cgroup out of memory|Out of memory(?: \(oom_kill_allocating_task\))?): "
    r"Killed process (\d{1,10}) \("
)
_OOM = re.compile(r"oom-kill:constraint=CONSTRAINT_([A-Z_]{1,20}),nodemask=[^,]*,")
_TAIL = re.compile(r",pid=(\d{1,10}),uid=\d{1,10}$")
_LIMIT, _TASK, _HOST = ",oom_memcg=/", ",task_memcg=/", ",global_oom,task_memcg=/"
_PROGRAM = ",task="


@dataclass(frozen=True, slots=True)
class Killed:
    """A process was killed. ``host`` tells that the whole host was short of memory."""

    pid: int
    host: bool


@dataclass(frozen=True, slots=True)
class Named:
    """Whose process is about to be killed; None if it is no container's."""

    pid: int
    whose: ContainerId | None


def parse_kill(text: str) -> Killed | Named | None:
    """What a line of the log says of an OOM kill; None if it is about something else, or torn."""
    killed = _KILLED.match(text)
    if killed is not None:
        return Killed(int(killed[2]), host=killed[1].startswith("Out"))
    return _named(text) if _OOM.match(text) else None


def container_in(path: str) -> ContainerId | None:
    """The container whose cgroup this is, or in which it is: the first name with an id in it says whose."""
    for part in path.split("/"):
        # Behind the last name of a path comes what the program is called.
        name = part.partition(_PROGRAM)[0]
        if bears_id(name):
            return owner_of(name)
    return None


def _named(text: str) -> Named | None:
    tail = _TAIL.search(text)
    if tail is None:
        return None
    path = _path_in(text)
    return None if path is None else Named(int(tail[1]), container_in(path))


def _path_in(text: str) -> str | None:
    """The cgroup of the task, and what stands behind it.

    No name before the first mark has a slash in it, so that mark is the kernel's.
    """
    marks = [at for at in (text.find(_LIMIT), text.find(_HOST)) if at >= 0]
    if not marks:
        return None
    rest = text[min(marks) :]
    return rest.removeprefix(_HOST) if rest.startswith(_HOST) else _of_two(rest.removeprefix(_LIMIT))


def _of_two(both: str) -> str | None:
    """Of the cgroup whose limit was reached, and that of the task in it or below it, the second.

    What lies below a container's was named by whoever is in there, also so that it looks like the mark
    between the two. That is where the second begins with the first; and all places where that may be agree
    in the container's own name.
    """
    at = both.find(_TASK)
    while at >= 0:
        limit, task = both[:at], both[at + len(_TASK) :]
        if not limit or task.startswith((f"{limit}/", limit + _PROGRAM)):
            return task
        at = both.find(_TASK, at + 1)
    return None
