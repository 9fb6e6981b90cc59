"""What a set of processes uses, as the kernel counts it: CPU time, wake-ups, memory.

CPU time is the scheduler's own count in nanoseconds, thread by thread: ticks of 10 ms are too coarse for
who uses a hundredth of that in a second. A thread that ends takes its numbers along. Only reading ``/proc``
is here.
"""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.processes import name_in

ENGINE = ("dockerd", "containerd")


@dataclass(frozen=True, slots=True)
class Used:
    """``cpu`` in seconds, ``wakeups`` as voluntary context switches, both since the process began."""

    cpu: float
    wakeups: int


def used(pids: Iterable[int]) -> dict[int, Used]:
    """By process; those that are gone are not in it."""
    found = {}
    for pid in pids:
        with suppress(OSError):
            found[pid] = _used(pid)
    return found


def since(before: Mapping[int, Used], after: Mapping[int, Used]) -> Used:
    """What all of them together used in between; who came later counts from its beginning."""
    nothing = Used(0.0, 0)
    cpu = sum(now.cpu - before.get(pid, nothing).cpu for pid, now in after.items())
    wakeups = sum(now.wakeups - before.get(pid, nothing).wakeups for pid, now in after.items())
    return Used(cpu, wakeups)


def memory(pids: Iterable[int]) -> tuple[int, int]:
    """Proportional and resident set of all of them together, in bytes."""
    pss = rss = 0
    for pid in pids:
        with suppress(OSError):
            fields = _fields(Path(f"/proc/{pid}/smaps_rollup").read_text())
            pss, rss = pss + fields.get("Pss", 0) * 1024, rss + fields.get("Rss", 0) * 1024
    return pss, rss


def with_children(pid: int) -> list[int]:
    """A process and all that came of it and still have it as an ancestor."""
    parents = {each: parent for each in _pids() if (parent := _parent(each)) is not None}
    found = [pid]
    for one in found:
        found += [each for each, parent in parents.items() if parent == one]
    return found


def of_engine(pids: Iterable[int]) -> list[int]:
    """Those that are the daemon, containerd or a shim."""
    return [pid for pid in pids if (name := _name(pid)) in ENGINE or name.startswith("containerd-shim")]


def _used(pid: int) -> Used:
    cpu, wakeups = 0, 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            cpu += int((task / "schedstat").read_text().split()[0])
            wakeups += _fields((task / "status").read_text())["voluntary_ctxt_switches"]
    return Used(cpu * 1e-9, wakeups)


def _fields(text: str) -> dict[str, int]:
    """The lines of the form ``name: number`` and what may follow."""
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line)
    return {name: int(words[0]) for name, rest in pairs if (words := rest.split()) and words[0].isdigit()}


def _pids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def _parent(pid: int) -> int | None:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return None


def _name(pid: int) -> str:
    with suppress(OSError):
        return name_in(Path(f"/proc/{pid}/stat").read_text())
    return ""
