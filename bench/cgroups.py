"""What reading the kernel costs: on cgroups that are made for it, on this machine's own kernel.

``python -m bench.cgroups 100 1000`` prints a table; it needs root, and removes what it made. Nothing is in
these cgroups, which is what most containers are like most of the time. Figures are for people: no promise
hangs on them.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.table import table
from reactor.cgroups.descriptors import Budget, allowed_now
from reactor.cgroups.files import NAME, What
from reactor.cgroups.finding import Home, find
from reactor.cgroups.mounts import Trees, look_for_trees
from reactor.cgroups.reading import PLAIN, SAMPLED, Reader
from reactor.cgroups.samples import sample_of
from reactor.cgroups.surveying import survey
from reactor.cgroups.tripwire import Tripwire, parents
from reactor.core.container import ContainerId, Run

BATCHES = 15
PEAKS = (What.PIDS_PEAK, What.MEMORY_PEAK)


def main(arguments: Sequence[str]) -> int:
    """Measure for each number of containers."""
    trees = look_for_trees()
    rows: list[list[str]] = []
    counts = [int(each) for each in arguments] or [100, 1000]
    for count in counts:
        found = dict(_measured(trees, count))
        rows = rows or [[name] for name in found]
        for row, seconds in zip(rows, found.values(), strict=True):
            row.append(f"{seconds * 1e6:.2f} µs")
    head = ["for one container, processor time", *(f"{count:,} of them" for count in counts)]
    print(f"cgroups {trees.layout}, {allowed_now():,} descriptors may be kept")
    print(*table([head, *rows]), sep="\n")
    return 0


def _measured(trees: Trees, count: int) -> Iterator[tuple[str, float]]:
    runs = [Run(ContainerId(f"{n:064x}"), "2026-01-01T00:00:00Z") for n in range(1, count + 1)]
    with _made(trees, runs), ExitStack() as stack:
        yield "one survey of all", _each(lambda: survey(trees), count, 3)
        yield "found by the survey", _each(lambda: [_found(trees, run) for run in runs], count, 3)
        homes = [_found(trees, run) for run in runs]
        hot, cold = Reader(Budget(allowed_now())), Reader(Budget(0))
        warm = Reader(Budget(30 * count), tuple(What))
        for reader in (hot, cold, warm):
            stack.callback(reader.close)
        began = time.process_time()
        for home in homes:
            hot.add(home)
        yield "opened, two files", (time.process_time() - began) / count
        for home in homes:
            cold.add(home)
            warm.add(home)
            hot.watch(home.run, pids_over=200)
            cold.watch(home.run, pids_over=200)
        files = [_kept(home) for home in homes]
        for file in (file for pair in files for file in pair):
            stack.callback(os.close, file)
        yield "two reads and nothing else", _each(lambda: _reads(files), count)
        yield "swept, files kept", _each(hot.sweep.sweep, count)
        yield "swept, files opened for it", _each(cold.sweep.sweep, count)
        yield "both peaks, files kept", _each(lambda: _read(warm, runs, PEAKS), count)
        yield "without memory.stat, files kept", _each(lambda: _read(warm, runs, PLAIN), count)
        yield "as a sample, files kept", _each(lambda: _samples(warm, runs), count)
        yield "as a sample, two files kept", _each(lambda: _samples(hot, runs), count)
        wire = Tripwire(parents(homes))
        stack.callback(wire.close)
        yield "the tripwire, for all together", _each(wire.look, 1, 1000)


def _kept(home: Home) -> tuple[int, int]:
    names = {"pids": NAME[home.places["pids"].version][What.PIDS]}
    names["memory"] = NAME[home.places["memory"].version][What.MEMORY]
    pids, memory = (os.open(f"{home.places[each].path}/{name}", os.O_RDONLY) for each, name in names.items())
    return pids, memory


def _reads(files: Sequence[tuple[int, int]]) -> None:
    pread = os.pread
    for pids, memory in files:
        pread(pids, 32, 0)
        pread(memory, 32, 0)


def _read(reader: Reader, runs: Sequence[Run], wanted: Sequence[What]) -> None:
    for run in runs:
        reader.read(run, 1.0, wanted)


def _samples(reader: Reader, runs: Sequence[Run]) -> None:
    for run in runs:
        found = reader.read(run, 1.0, SAMPLED)
        if found is not None:
            sample_of(found)


def _found(trees: Trees, run: Run) -> Home:
    home = find(trees, run, parent=_name())
    if not isinstance(home, Home):
        raise SystemExit(home.why)
    return home


def _each(work: Callable[[], object], count: int, times: int = 10) -> float:
    """Processor time for one, as the median of some batches."""
    batches = []
    for _ in range(BATCHES):
        began = time.process_time()
        for _ in range(times):
            work()
        batches.append((time.process_time() - began) / times / count)
    return statistics.median(batches)


def _name() -> str:
    return f"reactor-bench-{os.getpid()}"


@contextmanager
def _made(trees: Trees, runs: Sequence[Run]) -> Iterator[None]:
    points = {mount.point for each in ("pids", "memory", "cpuacct") if (mount := trees.of(each)) is not None}
    try:
        for point in sorted(points):
            for run in runs:
                (Path(point) / _name() / run.id).mkdir(parents=True)
        yield
    finally:
        for point in points:
            for run in runs:
                _remove(Path(point) / _name() / run.id)
            _remove(Path(point) / _name())


def _remove(folder: Path) -> None:
    if folder.is_dir():
        folder.rmdir()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
