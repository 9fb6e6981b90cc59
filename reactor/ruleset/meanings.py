"""What each name in a condition is, in words for people: where its value comes from, when it is unknown.

The table of the language (``core.language.fields``) says which names there are. ``reference`` makes a page of
both, and a test holds that none is left out. What functions, triggers and actions do is in ``wording``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name in a condition is, where its value comes from, and when that is unknown."""

    what: str
    source: str
    unknown: str


NAMES: Mapping[str, Meaning] = MappingProxyType(
    {
        "pids": Meaning("processes and threads, as `docker stats` shows them", "readings", "no fresh sample"),
        "pids_limit": Meaning(
            "the limit on processes and threads", "readings", "no fresh sample, or no limit"
        ),
        "memory": Meaning(
            "the working set: memory without page cache that can be dropped, as `docker stats` shows it",
            "readings",
            "no fresh sample",
        ),
        "memory_limit": Meaning("the limit on memory", "readings", "no fresh sample, or no limit"),
        "cpu": Meaning(
            "processor cores in use between the last two samples: `1.5` is one and a half",
            "readings",
            "fewer than two samples, or the last is not fresh",
        ),
        "age": Meaning(
            "time since this run of the container started, time spent paused included",
            "inspect",
            "the start is not known for certain",
        ),
        "total_age": Meaning(
            "`age`, and that of all earlier runs of the container",
            "inspect",
            "any of its runs is not certain: it ran before the monitor saw it, or a run may have been missed",
        ),
        "restarts": Meaning(
            "how often its restart policy restarted it", "inspect", "the engine does not say"
        ),
        "exit_code": Meaning(
            "the code of the end that a rule with `on: die` or `on: oom` is about, and only there",
            "inspect, event",
            "the run goes on, or nobody knows its code",
        ),
        "oom_kills": Meaning(
            "how often the kernel killed for lack of memory in this run: at least, as only what "
            "the monitor was told of counts",
            "event, inspect",
            "never",
        ),
        "health": Meaning("`starting`, `healthy` or `unhealthy`", "inspect", "it has no health check"),
        "ready": Meaning(
            "whether it is through with its start, by its own health check; a condition by itself",
            "inspect",
            "it does not run, or its health cannot be told",
        ),
        "memory_limited": Meaning(
            "whether it was given a limit on memory; a condition by itself",
            "inspect",
            "the engine does not say",
        ),
        "pids_limited": Meaning(
            "whether it was given a limit on processes and threads; a condition by itself",
            "inspect",
            "the engine does not say",
        ),
        "cpu_limited": Meaning(
            "whether it was given a limit on processor time, as a number of cores or as a quota; "
            "a condition by itself",
            "inspect",
            "the engine does not say",
        ),
        "layer_writes": Meaning(
            "bytes in the container's own writable layer, and not in a volume",
            "inspect with the size, each 5 minutes",
            "before the first measure, and when the last one is older than 12.5 minutes",
        ),
        "state": Meaning(
            "`running`, `paused` or `restarting`; a rule with `on` may also meet `exited`", "inspect", "never"
        ),
        "name": Meaning("the container's name, without a slash in front", "inspect", "never"),
        "image": Meaning("the image as it was named at creation", "inspect", "never"),
        "labels": Meaning(
            "the labels it was given; those that came with its image do not count",
            "inspect",
            "never; a label that is missing is",
        ),
        "user": Meaning("the user that was named for it, empty if none was", "inspect", "never"),
        "privileged": Meaning(
            "whether it runs privileged; a condition by itself", "inspect", "the engine does not say"
        ),
        "init": Meaning(
            "whether an init process runs in it; a condition by itself", "inspect", "the engine does not say"
        ),
        "log_driver": Meaning(
            "where its output goes, such as `json-file`", "inspect", "the engine does not say"
        ),
        "ports": Meaning('the ports that it publishes, as a list such as `["8080/tcp"]`', "inspect", "never"),
        "zombies": Meaning(
            "processes of it that have ended and that nobody has reaped",
            "the host's kernel",
            "none of its processes can be seen, or the last look is older than 45 s",
        ),
        "group.pids": Meaning(
            "`pids` of a task's main container and its sidecars together",
            "readings",
            "that of any of them is",
        ),
        "group.memory": Meaning(
            "`memory` of a task's main container and its sidecars together",
            "readings",
            "that of any of them is",
        ),
        "scope.pids": Meaning(
            "`pids` of all containers in scope, also of those that the group's `select` leaves out",
            "readings",
            "never: what is not known counts nothing",
        ),
        "scope.memory": Meaning(
            "`memory` of all containers in scope", "readings", "never: what is not known counts nothing"
        ),
        "owner.pids": Meaning(
            "`pids` of all that are of one owner: of each value of the label `reactor.owner` by itself",
            "readings",
            "never: what is not known counts nothing",
        ),
        "owner.memory": Meaning(
            "`memory` of all that are of one owner", "readings", "never: what is not known counts nothing"
        ),
        "host.memory_available": Meaning(
            "what the kernel of the engine's host could still give to programs: MemAvailable in "
            "`/proc/meminfo`",
            "the host's kernel, each second",
            "the engine is not proved to run on the monitor's own host, or the last answer is as "
            "old as a sample may be",
        ),
    }
)
"""Every name that an expression may use."""
