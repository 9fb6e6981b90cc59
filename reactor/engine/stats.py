"""The frames of a stats stream, made into samples or into "no data".

The engine answers for a container without a process, and for one whose network it cannot read,
with a well-formed frame of zeros. That is no data, never a reading of nothing.
"""

import msgspec
import trio

from reactor.core.container import Run
from reactor.core.facts import Sample
from reactor.core.ports import StreamEnded
from reactor.engine.limits import NO_LIMIT, limit
from reactor.engine.streaming import StreamLines, parse_line, refuse_object
from reactor.engine.times import seconds
from reactor.http.lines import Lines

LONGEST = 1024 * 1024
NANO = 1e-9


class MemoryDetailBody(msgspec.Struct):
    """Memory by what it is used for, in the words of cgroup v1 (of the whole subtree: ``total_``) and v2."""

    total_inactive_file: int | None = None
    inactive_file: int | None = None
    total_active_file: int | None = None
    active_file: int | None = None
    total_active_anon: int | None = None
    active_anon: int | None = None
    total_inactive_anon: int | None = None
    inactive_anon: int | None = None
    total_unevictable: int | None = None
    unevictable: int | None = None


class MemoryBody(msgspec.Struct):
    """Memory in bytes. Podman has no detail, so that its usage may be page cache as well."""

    usage: int | None = None
    limit: int | None = None
    stats: MemoryDetailBody | None = None


class PidsBody(msgspec.Struct):
    """Tasks, threads included."""

    current: int | None = None
    limit: int | None = None


class CpuUsageBody(msgspec.Struct):
    """CPU time in nanoseconds."""

    total_usage: int | None = None


class CpuBody(msgspec.Struct):
    """CPU."""

    cpu_usage: CpuUsageBody | None = None


class FrameBody(msgspec.Struct):
    """One frame; with a message instead, an error in its place."""

    read: str = ""
    pids_stats: PidsBody | None = None
    memory_stats: MemoryBody | None = None
    cpu_stats: CpuBody | None = None
    message: str = ""


class StatsStream:
    """The readings of one run, None for a frame without data; the iteration raises StreamEnded, always."""

    def __init__(self, lines: Lines, run: Run, host_memory: int) -> None:
        self._lines = StreamLines(lines, "stats")
        self._run = run
        self._host_memory = host_memory
        self._began = seconds(run.started_at)
        self._cpu = 0.0
        self._memory: int | None = None

    def __aiter__(self) -> "StatsStream":
        return self

    async def __anext__(self) -> Sample | None:
        line = await self._lines.next()
        sample = self.sample(parse_line(line, FrameBody, "stats"), trio.current_time())
        if sample is not None and sample.cpu is not None:
            self._check_run(sample.cpu)
        return sample

    def sample(self, frame: FrameBody, at: float) -> Sample | None:
        """The sample that a frame holds, if it does."""
        if not frame.read:
            refuse_object(frame.message, "stats")
        read = seconds(frame.read)
        memory, pids = frame.memory_stats or MemoryBody(), frame.pids_stats or PidsBody()
        if read is None or (positive(memory.usage) is None and positive(pids.current) is None):
            return None
        if self._began is not None and read < self._began:
            return None
        return Sample(
            at,
            self._run,
            pids=positive(pids.current),
            pids_limit=limit(pids.limit),
            memory=positive(self._settled(memory)),
            memory_limit=self._memory_limit(memory.limit),
            cpu=_cpu_seconds(frame.cpu_stats),
        )

    def _memory_limit(self, given: int | None) -> int | None:
        # Without a limit, the engine gives the memory of the whole host.
        found = limit(given)
        return None if found is not None and 0 < self._host_memory <= found else found

    def _settled(self, memory: MemoryBody) -> int | None:
        # An engine reads the detail first and usage some time later. Page cache that came in between looks
        # like memory in use, once; what really is in use is still there in the next frame.
        found, before = working_set(memory), self._memory
        if found is None:
            return None
        self._memory, sure = found, accounted(memory)
        if sure is None or found - sure <= max(_SMALL, found // 10):
            return found
        return None if before is None else min(found, max(sure, before))

    def _check_run(self, cpu: float) -> None:
        # The engine's stream belongs to the container and goes on through a restart of it, and CPU
        # time never runs backwards within one run.
        if cpu < self._cpu:
            raise StreamEnded("the stats stream went on with another run of the container")
        self._cpu = cpu


def positive(number: int | None) -> int | None:
    """The number, if it can be a reading. Whatever runs uses some, so a zero stands for a missing controller;
    a number near the end of 64 bits is a difference that went below zero.
    """
    return number if number is not None and 0 < number < NO_LIMIT else None


def working_set(memory: MemoryBody) -> int | None:
    """Memory as ``docker stats`` shows it: without the page cache that nobody has used lately.

    With one difference: more cache than usage is of two moments, and says nothing; ``docker stats`` takes all
    of it as used then.
    """
    if memory.usage is None or memory.stats is None:
        # Page cache may fill all that there is, and does no harm: nobody can be ended for that.
        return None
    cache = _of(memory.stats, "inactive_file")
    if cache is None:
        return memory.usage
    return memory.usage - cache if 0 <= cache <= memory.usage else None


def accounted(memory: MemoryBody) -> int | None:
    """What the detail, which is of one moment, accounts for as being in use.

    The kernel's own memory is in none of these parts.
    """
    if memory.stats is None:
        return None
    parts = [_of(memory.stats, part) for part in _IN_USE]
    return None if None in parts else sum(each or 0 for each in parts)


_IN_USE = ("active_anon", "inactive_anon", "active_file", "unevictable")
_SMALL = 8 * 1024 * 1024


def _of(detail: MemoryDetailBody, part: str) -> int | None:
    total: int | None = getattr(detail, f"total_{part}")
    own: int | None = getattr(detail, part)
    return own if total is None else total


def _cpu_seconds(cpu: CpuBody | None) -> float | None:
    usage = positive(cpu.cpu_usage.total_usage if cpu and cpu.cpu_usage else None)
    return None if usage is None else usage * NANO
