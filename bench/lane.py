"""How soon the fast lane tells, and what it costs: on cgroups that are made for it, without an engine.

``python -m bench.lane --members 100 --attacks 50 --profile fast`` needs root, a C compiler, and cgroups whose
PIDs and memory can be written; it removes what it made. The attackers stamp each process and each MiB in
shared memory, so that it is known when the bound was passed. A bare loop reads the same counters at 1 kHz
beside it: on a machine that others use, too, only the ratio to that one says much. Each profile is measured
with the kernel telling of forks, and without. What the monitor itself costs is in ``bench.idle``.
"""

import argparse
import ctypes
import json
import mmap
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import trio

from bench.table import table
from reactor.app.settings import LANES
from reactor.cgroups.files import NAME, What
from reactor.cgroups.mounts import Trees, look_for_trees
from reactor.core.container import ContainerId, Run
from reactor.core.facts import Sample
from reactor.core.language.bounds import Bound
from reactor.core.watched import Watched
from reactor.lane.terms import LaneTerms
from reactor.lane.watching import FastLane

MIB = 1 << 20
PROFILES = {profile.value: terms for profile, terms in LANES.items()}
LIMIT, PIDS = 100 * MIB, 200
BREACH = {"pids": PIDS + 1, "memory": 80}
"""The stamp with which the bound is passed for certain."""
BOUNDS = frozenset({Bound("pids", float(PIDS)), Bound("memory", 80.0, relative=True)})
STAMPS, MARKS, VICTIMS = 512, 24, 20
REFERENCE_PERIOD = 0.001
PR_SET_CHILD_SUBREAPER = 36
_SCHEDULED = 2
SETTLED, MEASURED, PATIENCE, LONGEST = 2.0, 5.0, 2.0, 20.0
ATTACKER = r"""
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void touch(char *m, size_t bytes) {
    for (size_t at = 0; at < bytes; at += 4096) m[at] = 1;
}

int main(int count, char **words) { /* KIND STAMPS HOWMANY FILE... */
    int many = atoi(words[3]), file = open(words[2], O_RDWR);
    volatile double *stamp = mmap(0, 512 * 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int at = 4; at < count; at++) {
        int join = open(words[at], O_WRONLY);
        if (join < 0 || write(join, "0", 1) != 1) return 1;
        close(join);
    }
    char *m = mmap(0, (size_t)many << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(m, (size_t)many << 20, MADV_NOHUGEPAGE);
    if (!strcmp(words[1], "pids"))
        for (int at = 1; at < many; at++) {
            pid_t child = fork();
            if (child < 0) break;
            if (!child) { prctl(PR_SET_PDEATHSIG, SIGKILL); for (;;) pause(); }
            stamp[at + 1] = now();
        }
    else if (!strcmp(words[1], "memory"))
        for (int at = 0; at < many; at++) {
            touch(m + ((size_t)at << 20), 1 << 20);
            stamp[at + 1] = now();
        }
    else
        for (;;) {
            touch(m, (size_t)many << 20);
            madvise(m, (size_t)many << 20, MADV_DONTNEED);
            usleep(2000);
        }
    for (;;) pause();
}
"""


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from the breach to the reading, and to the moment at which the monitor has it."""

    kind: str
    attacks: int
    missed: int
    read_p50: float
    read_p99: float
    p50: float
    p99: float
    worst: float
    reference_p50: float


@dataclass(frozen=True, slots=True)
class Cost:
    """Shares of a core and wake-ups a second: the lane's, and the bare loop's in the same seconds."""

    phase: str
    lane: float
    lane_wakes: float
    reference: float
    reference_wakes: float


@dataclass
class Place:
    """The cgroups that were made, and what is needed to attack in one of them."""

    trees: Trees
    work: Path
    runs: list[Run]
    pids: list[int] = field(default_factory=list)
    name: str = field(default_factory=lambda: f"reactor-bench-{os.getpid()}")

    def folder(self, part: str, run: Run | None = None) -> Path:
        mount = self.trees.of(part)
        if mount is None:
            raise SystemExit(f"there is no tree of cgroups with {part}")
        return Path(mount.point) / self.name / (run.id if run is not None else "")

    def file(self, what: What, part: str, run: Run | None = None) -> Path:
        mount = self.trees.of(part)
        return self.folder(part, run) / NAME[mount.version if mount is not None else 0][what]

    def folders(self, run: Run | None = None) -> list[Path]:
        return list(dict.fromkeys(self.folder(part, run) for part in ("pids", "memory", "cpuacct")))

    def make(self) -> None:
        for run in self.runs:
            for folder in self.folders(run):
                folder.mkdir(parents=True)
            self.file(What.PIDS_LIMIT, "pids", run).write_text("256")
            self.file(What.MEMORY_LIMIT, "memory", run).write_text(str(LIMIT))
        for number, run in zip(self.pids or range(1, len(self.runs) + 1), self.runs, strict=True):
            # In place of the kernel's word on a first process: there is none in an idle member.
            process = self.work / "proc" / str(number)
            process.mkdir(parents=True)
            lines = (f"{at}:{part}:/{self.name}/{run.id}\n" for at, part in enumerate(("pids", "memory"), 1))
            (process / "cgroup").write_text(f"{''.join(lines)}3:cpuacct:/{self.name}/{run.id}\n")

    def remove(self) -> None:
        for run in (*self.runs, None):
            for folder in self.folders(run):
                _remove(folder)

    def put(self, run: Run, pid: int) -> None:
        """Have this process in the cgroups of this run."""
        for folder in self.folders(run):
            (folder / "cgroup.procs").write_text(str(pid))

    def empty(self) -> None:
        """End whoever is in there, and wait for it."""
        for run in self.runs:
            procs = self.folder("pids", run) / "cgroup.procs"
            while text := procs.read_text().split():
                for pid in map(int, text):
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                    with suppress(ChildProcessError):
                        os.waitpid(pid, 0)
                time.sleep(0.001)

    def attack(self, kind: str, run: Run, many: int) -> subprocess.Popen[bytes]:
        files = [str(folder / "cgroup.procs") for folder in self.folders(run)]
        return subprocess.Popen([self.work / "attacker", kind, self.work / "stamps", str(many), *files])

    def end(self, attacker: subprocess.Popen[bytes], run: Run) -> None:
        """Its children end with it, and are ours from then on: they count until somebody waits for them."""
        children = (self.folder("pids", run) / "cgroup.procs").read_text().split()
        attacker.kill()
        attacker.wait()
        for child in map(int, children):
            with suppress(ChildProcessError, ProcessLookupError):
                if child != attacker.pid:
                    os.kill(child, signal.SIGKILL)
                    os.waitpid(child, 0)


class Usage:
    """Processor time and wake-ups of a process, since this was made."""

    def __init__(self, pid: int) -> None:
        self._pid, self._began = pid, time.monotonic()
        self._wakes: dict[str, int] = {}
        self._at = self._now()

    def rates(self) -> tuple[float, float]:
        """Share of a core, and wake-ups a second."""
        took = time.monotonic() - self._began
        seconds, wakes = (new - old for new, old in zip(self._now(), self._at, strict=True))
        return seconds / took, wakes / took

    def _now(self) -> tuple[float, float]:
        # The clock of all its threads, those that are over among them.
        seconds = time.clock_gettime((~self._pid << 3) | _SCHEDULED)
        for task in Path(f"/proc/{self._pid}/task").iterdir():
            lines = (task / "status").read_text().split("\n")
            waits = next(line for line in lines if line.startswith("voluntary"))
            self._wakes[task.name] = int(waits.split()[1])
        return seconds, float(sum(self._wakes.values()))


@dataclass
class Bench:
    """One lane over one place, attacked."""

    place: Place
    lane: FastLane = field(init=False)
    profile: str = "normal"
    forks: bool = True
    seen: list[tuple[float, Sample]] = field(default_factory=list)
    reference: int = 0
    stamps: mmap.mmap = field(init=False)
    marks: mmap.mmap = field(init=False)

    async def measure(self, attacks: int) -> tuple[list[Cost], list[Latency]]:
        async def confirm(_: Run) -> bool:
            return True

        proc = self.place.work / "proc"
        feed = self._feed
        self.lane = FastLane(self.place.trees, feed, lambda _: None, confirm, self._terms(), proc=proc)
        wanted = (Watched(run, number, BOUNDS, 5.0) for number, run in enumerate(self.place.runs, 1))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.lane.run)
            self.lane.want(frozenset(wanted))
            with trio.fail_after(60 + len(self.place.runs) / 20):
                while self.lane.statistics().here < len(self.place.runs):  # noqa: ASYNC110 - it tells nobody
                    await trio.sleep(0.1)
                await trio.sleep(SETTLED + 0.015 * len(self.place.runs))
            costs = [await self._cost("idle")]
            costs[0] = replace(costs[0], phase=f"idle: {self._way()}")
            told = [await self._attacks(kind, attacks, kind) for kind in BREACH]
            with self._stirred():
                costs.append(await self._cost("memory moves"))
                told += [await self._attacks(kind, attacks, f"{kind}, memory moves") for kind in BREACH]
            nursery.cancel_scope.cancel()
        return costs, told

    def _terms(self) -> LaneTerms:
        return replace(PROFILES[self.profile], forks=self.forks)

    def _way(self) -> str:
        """How it learned of PIDs in the end, which is the kernel's to say as well."""
        beat = self.lane.statistics().beat
        if beat is None or not beat.forks:
            return "tripwire"
        return f"fork bell, {beat.fork_rings} rings, {beat.missed} missed"

    async def _cost(self, phase: str) -> Cost:
        lane, reference = Usage(self.lane.statistics().pid), Usage(self.reference)
        await trio.sleep(MEASURED)
        return Cost(phase, *lane.rates(), *reference.rates())

    async def _attacks(self, kind: str, attacks: int, name: str) -> Latency:
        read, told, bare, missed = [], [], [], 0
        for _ in range(attacks):
            await trio.sleep(random.uniform(0.1, 0.2))  # noqa: S311 - the phase of an attack is no secret
            number = random.randrange(1, min(VICTIMS, len(self.place.runs)))  # noqa: S311 - nor is who is attacked
            breach, seen, reference = await self._attack(kind, number)
            if seen is None or not breach:
                missed += 1
                continue
            read.append((seen[0] - breach) * 1e3)
            told.append((seen[1] - breach) * 1e3)
            if reference:
                bare.append((reference - breach) * 1e3)
        ours = (*_quantiles(read)[:2], *_quantiles(told))
        return Latency(name, attacks, missed, *ours, reference_p50=_quantiles(bare)[0])

    async def _attack(self, kind: str, number: int) -> tuple[float, tuple[float, float] | None, float]:
        victim = self.place.runs[number]
        self.stamps[:] = bytes(STAMPS * 8)
        self.marks[:] = struct.pack("ddq", 0, 0, number)
        self.seen.clear()
        attacker = self.place.attack(kind, victim, 256 if kind == "pids" else 95)
        try:
            until = time.monotonic() + LONGEST
            breach, seen = 0.0, None
            while not (seen and breach) and time.monotonic() < until:
                await trio.sleep(0.002)
                breach = struct.unpack_from("d", self.stamps, 8 * BREACH[kind])[0]
                # On a busy machine an attack takes its time, and no one is late who waits for it.
                until = breach + PATIENCE if breach else until
                seen = seen or self._told(kind, victim)
            await trio.sleep(0.02)
        finally:
            self.place.end(attacker, victim)
        return breach, seen, struct.unpack_from("d", self.marks, 8 * (kind == "memory"))[0]

    def _told(self, kind: str, victim: Run) -> tuple[float, float] | None:
        offset = trio.current_time() - time.monotonic()
        for at, sample in self.seen:
            over = (sample.pids or 0) > PIDS if kind == "pids" else (sample.memory or 0) > 0.8 * LIMIT
            if sample.run == victim and over:
                return sample.at - offset, at
        return None

    def _feed(self, sample: Sample) -> None:
        self.seen.append((time.monotonic(), sample))

    @contextmanager
    def _stirred(self) -> Iterator[None]:
        """One member uses 16 MiB and gives them back, all the time."""
        victim = self.place.runs[0]
        stirrer = self.place.attack("stir", victim, 16)
        try:
            yield
        finally:
            self.place.end(stirrer, victim)


def watch_bare(marks: str, *files: str) -> None:
    """The bare loop: two reads each millisecond, of the victim, and the first moment above a bound."""
    opened = [os.open(file, os.O_RDONLY) for file in files]
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, -20)
    with mmap.mmap(os.open(marks, os.O_RDWR), MARKS) as shared:
        while True:
            time.sleep(REFERENCE_PERIOD)
            victim = struct.unpack_from("q", shared, 16)[0]
            for at, bound in enumerate((PIDS, 80 * MIB)):
                over = int(os.pread(opened[2 * victim + at], 32, 0)) > bound
                if over and not struct.unpack_from("d", shared, 8 * at)[0]:
                    struct.pack_into("d", shared, 8 * at, time.monotonic())


def main(arguments: Sequence[str]) -> int:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.lane", description=__doc__)
    parser.add_argument("--members", type=int, default=100, help="cgroups that are watched")
    parser.add_argument("--attacks", type=int, default=30, help="of each kind, quiet and while memory moves")
    parser.add_argument("--profile", choices=[*PROFILES, "both"], default="both")
    parser.add_argument(
        "--way",
        choices=["bell", "tripwire", "both"],
        default="both",
        help="whether the kernel tells of forks",
    )
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    profiles = list(PROFILES) if asked.profile == "both" else [asked.profile]
    ways = ["bell", "tripwire"] if asked.way == "both" else [asked.way]
    found = {
        f"{profile}, {way}": _measured(asked.members, asked.attacks, profile, forks=way == "bell")
        for profile in profiles
        for way in ways
    }
    if asked.json:
        print(json.dumps({"members": asked.members, "profiles": {k: _plain(*v) for k, v in found.items()}}))
        return 0
    for profile, (costs, told) in found.items():
        print(f"\n{profile}, {asked.members:,} members")
        print(*table([_COST_HEAD, *map(_cost_row, costs)]), sep="\n")
        print(*table([_TOLD_HEAD, *map(_told_row, told)]), sep="\n")
    return 0


_COST_HEAD = ["", "lane, % of a core", "wakes/s", "bare loop, %", "wakes/s", "µs a wake: lane, bare"]
_TOLD_HEAD = ["ms", "read p50", "p99", "told p50", "p99", "max", "bare loop p50", "ratio read", "missed"]


def _cost_row(cost: Cost) -> list[str]:
    each = f"{_per(cost.lane, cost.lane_wakes):.1f}, {_per(cost.reference, cost.reference_wakes):.1f}"
    numbers = (100 * cost.lane, cost.lane_wakes, 100 * cost.reference, cost.reference_wakes)
    return [cost.phase, *(f"{each:.2f}" if each < 10 else f"{each:.0f}" for each in numbers), each]


def _told_row(told: Latency) -> list[str]:
    ours, bare = (told.read_p50, told.read_p99, told.p50, told.p99, told.worst), told.reference_p50
    numbers = (*ours, bare, told.read_p50 / (bare or 1))
    return [told.kind, *(f"{each:.2f}" for each in numbers), f"{told.missed} of {told.attacks}"]


def _per(share: float, wakes: float) -> float:
    return 1e6 * share / wakes if wakes else 0.0


def _plain(costs: list[Cost], told: list[Latency]) -> dict[str, object]:
    def fields(record: Cost | Latency) -> dict[str, object]:
        return {name: getattr(record, name) for name in record.__slots__}

    return {"costs": [fields(each) for each in costs], "told": [fields(each) for each in told]}


def _measured(members: int, attacks: int, profile: str, *, forks: bool) -> tuple[list[Cost], list[Latency]]:
    runs = [Run(ContainerId(f"{n:064x}"), "2026-01-01T00:00:00Z") for n in range(1, members + 1)]
    # Whoever loses his parent becomes our child.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="reactor-bench-lane-")))
        place = Place(look_for_trees(), work, runs)
        _compile(work)
        stack.callback(place.remove)
        place.make()
        bench = Bench(place, profile=profile, forks=forks)
        bench.stamps = _shared(stack, work / "stamps", STAMPS * 8)
        bench.marks = _shared(stack, work / "marks", MARKS)
        bench.reference = stack.enter_context(_bare_loop(place)).pid
        return trio.run(bench.measure, attacks)


def _compile(work: Path) -> None:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise SystemExit("the attackers are written in C, and there is no compiler here")
    (work / "attacker.c").write_text(ATTACKER)
    subprocess.run([compiler, "-O1", "-w", "-o", work / "attacker", work / "attacker.c"], check=True)


@contextmanager
def _bare_loop(place: Place) -> Iterator[subprocess.Popen[bytes]]:
    victims = place.runs[:VICTIMS]
    parts = ((What.PIDS, "pids"), (What.MEMORY, "memory"))
    files = [place.work / "marks", *(place.file(*part, run) for run in victims for part in parts)]
    code = "import sys; from bench.lane import watch_bare; watch_bare(*sys.argv[1:])"
    process = subprocess.Popen([sys.executable, "-c", code, *map(str, files)])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _shared(stack: ExitStack, path: Path, size: int) -> mmap.mmap:
    path.write_bytes(bytes(size))
    file = os.open(path, os.O_RDWR)
    stack.callback(os.close, file)
    return stack.enter_context(mmap.mmap(file, size))


def _quantiles(values: list[float]) -> tuple[float, float, float]:
    if not values:
        return 0.0, 0.0, 0.0
    ordered = sorted(values)
    last = len(ordered) - 1
    return ordered[len(ordered) // 2], ordered[min(last, len(ordered) * 99 // 100)], ordered[last]


def _remove(folder: Path) -> None:
    """Right after the last process is gone, the kernel may still say that it is busy."""
    for _ in range(1000):
        with suppress(FileNotFoundError, OSError):
            folder.rmdir()
        if not folder.is_dir():
            return
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
