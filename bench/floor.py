"""``python -m bench.floor``: what an end takes the kernel alone, by a program in C that does nothing else.

Nobody can be faster: what the monitor takes from its verdict to the last process gone is held against this.
The cgroups are made here, and removed. As root, with a tree of version 2 and a C compiler.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.figures import spread
from bench.race.kinds import MEMORY_LIMIT, MEMORY_SHARE, PIDS_THRESHOLD, NoCompiler, compiled
from bench.table import Row, duration, table
from tools.engine_cgroups import cgroup_roots

PROGRAM: Final = "floor"
SHAPES: Final = {
    "PIDs": (PIDS_THRESHOLD + 5, 0),
    "memory": (1, (MEMORY_LIMIT * MEMORY_SHARE // 100 >> 20) + 4),
}
"""Processes and MiB, as those have that are ended for what breaks a rule, by the time of their end."""
TWO: Final = "two processes"
NANO, WITHIN, PRIORITY = 1e-9, 30.0, -20


@dataclass(frozen=True, slots=True)
class Floor:
    """One end: of which shape, how long the order took, and when nobody was left, both since it began."""

    shape: str
    ordered: float
    gone: float


def once(program: Path, shape: str, processes: int, mebibytes: int) -> Floor | None:
    """End one; None where there is no tree of version 2, or the kernel has no ``cgroup.kill``."""
    with _cgroups() as folders:
        if not (folders and (folders[0] / "cgroup.kill").exists()):
            return None
        done = subprocess.run(
            ("nice", "-n", str(PRIORITY), program, str(processes), str(mebibytes), *map(str, folders)),
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )
        if done.returncode != 0:
            return None
        ordered, gone = (int(word) * NANO for word in done.stdout.split())
        return Floor(shape, ordered, gone)


@contextmanager
def _cgroups() -> Iterator[list[Path]]:
    """One of each kind that matters; that of version 2 comes first."""
    roots = cgroup_roots()
    folders = [
        roots[each] / f"reactor-floor-{os.getpid()}"
        for each in ("unified", "pids", "memory")
        if each in roots
    ]
    if "unified" not in roots:
        folders = []
    try:
        for folder in folders:
            folder.mkdir()
        yield folders
    finally:
        for folder in folders:
            _remove(folder)


def _remove(folder: Path) -> None:
    deadline = time.monotonic() + WITHIN
    while folder.exists() and time.monotonic() < deadline:
        with suppress(OSError):
            folder.rmdir()
            return
        time.sleep(0.01)


def main() -> int:
    """Measure, and show it."""
    parser = argparse.ArgumentParser(prog="python -m bench.floor", description=__doc__)
    parser.add_argument("--rounds", type=int, default=25, help="how many of each shape")
    rounds = parser.parse_args().rounds
    try:
        with tempfile.TemporaryDirectory() as folder:
            (program,) = compiled(Path(folder), (PROGRAM,))
            print(*table([*_rows(program, rounds)]), sep="\n")
    except NoCompiler as trouble:
        print(f"bench: {trouble}", file=sys.stderr)
        return 2
    return 0


def _rows(program: Path, rounds: int) -> Iterator[Row]:
    yield "processes, MiB", "n", "ordered p50 / p99", "last one gone p50 / p99"
    for name, (processes, mebibytes) in (SHAPES | {TWO: (2, 0)}).items():
        found = [floor for _ in range(rounds) if (floor := once(program, name, processes, mebibytes))]
        parts = [spread(each.ordered for each in found), spread(each.gone for each in found)]
        told = [f"{duration(part.p50)} / {duration(part.p99)}" if part else "-" for part in parts]
        yield f"{processes}, {mebibytes}", str(len(found)), *told


if __name__ == "__main__":
    sys.exit(main())
